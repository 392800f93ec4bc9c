using VerifyXunit;
using Xunit.Sdk;

namespace Engine.Tests.TestKit;

/// <summary>The shim itself; the first two also show how a snapshot test is written.</summary>
[UsesVerify]
public sealed class VerifierTests
{
    [Fact]
    public async Task An_object_is_written_member_by_member() =>
        await Verifier.Verify(new { Name = "a \"name\"", Count = 2, Missing = (string?)null, Days = new[] { DayOfWeek.Monday }, Inner = new { Empty = Array.Empty<int>() } });

    [Theory]
    [InlineData("one")]
    [InlineData("t/wo")]
    public async Task A_theory_has_a_file_for_each_case(string word) =>
        await Verifier.Verify($"the word is {word}\r\n").UseParameters(word);

    [Fact]
    public void A_missing_file_fails_and_leaves_what_was_received()
    {
        using var folder = new TemporaryFolder();
        var failure = Assert.Throws<FailException>(() => SnapshotFile.Compare(folder.File("T.M"), "a\r\nb", record: false));
        Assert.Contains("has no .verified.txt", failure.Message, StringComparison.Ordinal);
        Assert.Equal("a\nb"u8.ToArray(), File.ReadAllBytes(folder.File("T.M.received.txt")));
    }

    [Fact]
    public void A_difference_fails_and_names_the_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("T.M.verified.txt"), "a\nb");
        var failure = Assert.Throws<FailException>(() => SnapshotFile.Compare(folder.File("T.M"), "a\nc", record: false));
        Assert.Contains("differs at line 2: expected 'b', got 'c'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_match_removes_what_was_received_before()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("T.M.verified.txt"), "a\n");
        File.WriteAllText(folder.File("T.M.received.txt"), "old");
        SnapshotFile.Compare(folder.File("T.M"), "a", record: false);
        Assert.False(File.Exists(folder.File("T.M.received.txt")));
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-tests-");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
