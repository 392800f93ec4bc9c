using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Overloads;

namespace Engine.Tests.Clients;

public sealed class OverloadGeneratorTests
{
    public static TheoryData<string> Paths => [.. OverloadFiles.All.Keys];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_generated_file_is_what_the_generator_writes(string path)
    {
        var written = OverloadFiles.All[path]();
        if (Environment.GetEnvironmentVariable("ENGINE_UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(RepositoryRoot.FullPath(path), written);
        }

        Assert.True(
            written == RepositoryRoot.ReadText(path),
            $"{path} differs from what TestKit/Overloads writes. Change the generator, then run with ENGINE_UPDATE_SNAPSHOTS=1 and review the diff.");
    }
}
