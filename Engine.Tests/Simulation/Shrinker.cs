using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>
/// Finds the fewest steps of a plan that still break the same invariant, by delta debugging (A. Zeller, R. Hildebrandt, "Simplifying and
/// isolating failure-inducing input", 2002). Steps keep their numbers and so their dice: what is left does what it did before.
/// </summary>
internal static class Shrinker
{
    private static readonly Func<SimSettings, SimSettings>[] s_simpler =
    [
        static settings => settings with { HasPlugins = false },
        static settings => settings with { HasLimits = false },
        static settings => settings with { HasFailures = false },
        static settings => settings with { IsShared = false },
        static settings => settings with { HasRestrictions = false },
        static settings => settings with { TurnDelayMax = TimeSpan.Zero },
        static settings => settings with { Nanny = settings.Nanny with { Lifetime = null } },
        static settings => settings with { Latency = TimeSpan.FromMicroseconds(20) },
    ];

    /// <param name="plan">A plan whose schedule fails.</param>
    /// <param name="invariant">How (<see cref="SimResult.Invariant"/>).</param>
    public static SimPlan Shrink(SimPlan plan, string invariant)
    {
        for (var before = -1; before != plan.Steps.Count;)
        {
            before = plan.Steps.Count;
            for (var size = Math.Max(1, before / 2); size > 0; size /= 2)
            {
                plan = RemoveChunks(plan, invariant, size);
            }
        }

        foreach (var simplify in s_simpler)
        {
            var simpler = plan with { Settings = simplify(plan.Settings) };
            plan = Fails(simpler, invariant) ? simpler : plan;
        }

        return plan;
    }

    private static SimPlan RemoveChunks(SimPlan plan, string invariant, int size)
    {
        for (var start = 0; start < plan.Steps.Count;)
        {
            var smaller = plan with { Steps = [.. plan.Steps.Take(start), .. plan.Steps.Skip(start + size)] };
            if (Fails(smaller, invariant))
            {
                plan = smaller;
            }
            else
            {
                start += size;
            }
        }

        return plan;
    }

    private static bool Fails(SimPlan plan, string invariant) => Simulator.Run(plan).Invariant == invariant;
}
