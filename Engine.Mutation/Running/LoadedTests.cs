using System.Reflection;
using System.Runtime.Loader;

namespace Engine.Mutation.Running;

/// <summary>The test assembly with an engine of one's choice under it.</summary>
internal sealed class LoadedTests : AssemblyLoadContext
{
    private readonly string _folder;
    private readonly string _engine;
    private readonly FieldInfo _active;
    private readonly bool[] _entered;

    /// <param name="folder">The output folder of the tests.</param>
    /// <param name="engine">The engine that they are to use.</param>
    public LoadedTests(string folder, string engine)
        : base("tests")
    {
        (_folder, _engine) = (folder, engine);
        Assembly = LoadFromAssemblyPath(Path.Combine(folder, "Engine.Tests.dll"));
        var mutants = LoadFromAssemblyName(new AssemblyName("Engine")).GetType("Engine.MutantSwitch", throwOnError: true)!;
        _active = mutants.GetField("Active")!;
        _entered = (bool[])mutants.GetField("Entered")!.GetValue(null)!;
    }

    public Assembly Assembly { get; }

    /// <summary>Makes the engine have a mutant; 0: none.</summary>
    public void Activate(int mutant) => _active.SetValue(null, mutant);

    /// <summary>The members with mutants that were entered since the last call.</summary>
    public int[] TakeEntered()
    {
        var entered = Enumerable.Range(0, _entered.Length).Where(member => _entered[member]).ToArray();
        Array.Clear(_entered);
        return entered;
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == "Engine")
        {
            return LoadFromAssemblyPath(_engine);
        }

        var path = Path.Combine(_folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
