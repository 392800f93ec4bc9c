using System.Reflection;
using System.Runtime.Loader;

namespace Engine.Mutation.Running;

/// <summary>The test assembly with an engine of one's choice under it, loaded apart from everything else.</summary>
internal sealed class LoadedTests : AssemblyLoadContext
{
    private readonly string _folder;
    private readonly string _engine;

    /// <param name="folder">The output folder of the tests.</param>
    /// <param name="engine">The engine that they are to use.</param>
    public LoadedTests(string folder, string engine)
        : base("tests", isCollectible: true)
    {
        (_folder, _engine) = (folder, engine);
        Assembly = LoadFromAssemblyPath(Path.Combine(folder, "Engine.Tests.dll"));
    }

    public Assembly Assembly { get; }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == "Engine")
        {
            using var image = File.OpenRead(_engine);
            return LoadFromStream(image); // A file that is loaded by its path stays open.
        }

        var path = Path.Combine(_folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
