namespace Engine.Tests.Simulation;

/// <summary>Something that must hold did not.</summary>
/// <param name="invariant">Its id, I1 to I12, or what else was looked at.</param>
/// <param name="what">What should hold, and what was found.</param>
internal sealed class SimFailure(string invariant, string what) : Exception($"{invariant}: {what}")
{
    public string Invariant { get; } = invariant;
}
