using Engine.Mutation.Compiling;

namespace Engine.Mutation.Mutants;

/// <summary>All bugs of the protocol that people have written down.</summary>
internal static class DomainMutants
{
    public static readonly DomainMutant[] All = [.. LifecycleMutants.All, .. RetirementMutants.All, .. TaskMutants.All, .. WorkerMutants.All, .. ClusterMutants.All];

    /// <summary>A change that no test can notice, because it changes nothing: it has to survive, or the gate can't tell.</summary>
    public static readonly DomainMutant Planted = new(
        "a change that changes nothing",
        "gate",
        new Edit("Engine/Nannies/Machine/CloseTable.cs", "CloseReason.Missing => (NannyAction.CloseTogether, true, 2)", "CloseReason.Missing => (NannyAction.CloseTogether, true, 1 + 1)"));
}

/// <summary>A bug of the protocol.</summary>
/// <param name="Name">What is wrong then, in words; no two are called the same.</param>
/// <param name="Rule">The invariant (I1 to I12), the scenario (R1 to R5) or the section of the design that is broken then, or an issue of dask.</param>
/// <param name="Edit">The bug as a change of the code.</param>
internal sealed record DomainMutant(string Name, string Rule, Edit Edit)
{
    /// <exception cref="MutantException">Its place is not there.</exception>
    public Mutant In(EngineSources sources) => new(Name, Rule, Edit.In(sources.TextOf(Edit.File)));
}
