using Engine.Clusters.Machine;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>What adaptive scaling takes away: no more than it should, nobody on a passing lull, nobody who was refused lately (I8).</summary>
internal sealed class ScalingInvariants(World world)
{
    private static readonly TimeSpan s_refusedPause = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, TimeSpan> _refused = new(StringComparer.Ordinal);
    private Dictionary<string, int> _rounds = new(StringComparer.Ordinal);

    /// <summary>A worker was not let go.</summary>
    public void Refused(string name) => _refused[name] = world.Now;

    public void Decided(AdaptiveDecision decision, int target, IReadOnlyList<PlannedWorker> plan, IReadOnlyList<WorkerInfo> dispensable, AdaptiveOptions options)
    {
        var names = plan.Select(static worker => worker.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _refused.Keys.Where(name => !names.Contains(name)).ToList())
        {
            _refused.Remove(gone);
        }

        // How often in a row each of them could have gone.
        var spare = target >= plan.Count ? [] : plan.Where(worker => worker.Id == default || dispensable.Any(other => other.Id == worker.Id)).Select(static worker => worker.Name);
        _rounds = spare.ToDictionary(static name => name, name => _rounds.GetValueOrDefault(name) + 1, StringComparer.Ordinal);
        Watch.Require("I8", decision.Remove.Count <= Math.Max(0, plan.Count - target), $"no more than {plan.Count - target} of {plan.Count} workers go, not {decision.Remove.Count}");
        foreach (var name in decision.Remove)
        {
            Watch.Require("I8", _rounds.GetValueOrDefault(name) >= options.WaitCount, $"{name} could be done without {options.WaitCount} times in a row, before it goes");
            var isMember = plan.Any(worker => worker.Name == name && worker.Id != default); // Who has not arrived is not asked, so nobody refuses it.
            Watch.Require("I8", !isMember || !_refused.TryGetValue(name, out var time) || time + s_refusedPause <= world.Now, $"{name}, which was refused, is left alone for a while");
        }
    }
}
