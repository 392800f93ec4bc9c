using Engine.Mutation.Compiling;

namespace Engine.Mutation.Mutants;

/// <summary>All mutants of the gate.</summary>
internal static class AllMutants
{
    /// <summary>A change that no test can notice, because it changes nothing: it has to survive, or the gate can't tell.</summary>
    public static readonly Mutant Planted = new(
        "a change that changes nothing survives",
        "gate",
        new Edit("Engine/Nannies/Machine/CloseTable.cs", "CloseReason.Missing => (NannyAction.CloseTogether, true, 2)", "CloseReason.Missing => (NannyAction.CloseTogether, true, 1 + 1)"));

    /// <exception cref="MutantException">Two have one name.</exception>
    public static IReadOnlyList<Mutant> Of(EngineCompilation engine)
    {
        List<Mutant> mutants = [.. LifecycleMutants.All, .. RetirementMutants.All, .. TaskMutants.All, .. WorkerMutants.All, .. ClusterMutants.All];
        return mutants.GroupBy(static mutant => mutant.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice
            ? throw new MutantException($"Two mutants are called \"{twice.Key}\".")
            : mutants;
    }
}
