namespace Engine.Mutation;

/// <summary>Where the gate finds what it needs, and what was written down for it.</summary>
internal sealed class GateFiles
{
    public string Root { get; } = FindRoot();

    /// <summary>The folder with the tests, as they were built.</summary>
    public string Tests => Path.Combine(Root, "artifacts", "bin", "Engine.Tests", "release");

    /// <summary>Which mutants have to be there at which guarded site.</summary>
    public string Guards => Path.Combine(Root, "Engine.Mutation", "guards.txt");

    /// <summary>The folder with the lists of the stock mutants that may survive, and why.</summary>
    public string Accepted => Path.Combine(Root, "Engine.Mutation", "Accepted");

    /// <summary>The scores that were reached.</summary>
    public string Scores => Path.Combine(Root, "Engine.Mutation", "scores.txt");

    /// <summary>Where survivors are listed that count for a score only.</summary>
    public string Survivors => Path.Combine(Root, "artifacts", "mutation", "survivors.txt");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "engine.sln")))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("The gate has to be run from a clone of the repository.");
        }

        return folder;
    }
}
