namespace Engine.Clusters.Machine;

/// <summary>What a round of adaptive scaling comes to: to have at least so many workers, or to do without these; or nothing.</summary>
internal readonly record struct AdaptiveDecision(int GrowTo, IReadOnlyList<string> Remove)
{
    public static readonly AdaptiveDecision Same = new(0, []);
}

/// <summary>The decisions of adaptive scaling, one round after the other. No I/O, no clock: the load comes in, a decision goes out.</summary>
/// <remarks>dask: <c>AdaptiveCore</c> and <c>Scheduler.adaptive_target</c>.</remarks>
internal sealed class AdaptiveStateMachine(AdaptiveOptions options, int threadsPerWorker)
{
    /// <summary>Share of the memory limits above which the cluster is doubled.</summary>
    private const double FullMemory = 0.6;

    /// <summary>For how long a worker whose retirement was refused is left alone.</summary>
    private static readonly TimeSpan s_refusedPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, TimeSpan> _refusedUntil = new(StringComparer.Ordinal);
    private Dictionary<string, int> _suggestions = new(StringComparer.Ordinal);

    /// <summary>How it decides, from the next round on.</summary>
    public AdaptiveOptions Options { get; set; } = options;

    /// <summary>How many workers the load calls for, between minimum and maximum.</summary>
    public int Target(ClusterLoad load)
    {
        var workers = load.Workers.Where(static worker => worker.Status is Status.Running or Status.Paused).ToList();
        var threads = Math.Ceiling((load.OccupancySeconds + load.QueuedSeconds) / Options.TargetDuration.TotalSeconds);
        threads = Math.Min(threads, (double)load.QueuedCount + load.ProcessingCount); // A few long tasks don't need many threads.
        var threadsEach = workers.Count > 0 ? workers.Average(static worker => worker.Threads) : threadsPerWorker;
        var target = Math.Ceiling(threads / threadsEach);
        if (workers.Count == 0 && load.QueuedCount > 0)
        {
            target = Math.Max(target, 1);
        }

        if (workers.TrueForAll(static worker => worker.MemoryLimit is not null)
            && workers.Sum(static worker => (double)worker.HeldBytes) > FullMemory * workers.Sum(static worker => (double)worker.MemoryLimit!.Value))
        {
            target = Math.Max(target, 2.0 * workers.Count);
        }

        return (int)Math.Clamp(target, Options.Minimum, Math.Min(Options.Maximum, ClusterSize.MaxWorkers));
    }

    /// <summary>Decides a round.</summary>
    /// <param name="target">How many workers the load calls for.</param>
    /// <param name="plan">The workers of the plan.</param>
    /// <param name="dispensable">The members that the scheduler can do without, by load and data, in the order in which they should go.</param>
    /// <param name="now">The time.</param>
    public AdaptiveDecision Decide(int target, IReadOnlyList<PlannedWorker> plan, IReadOnlyList<WorkerInfo> dispensable, TimeSpan now)
    {
        if (target > plan.Count)
        {
            _suggestions.Clear();
            return new AdaptiveDecision(target, []);
        }

        ForgetRefusals(plan, now);
        List<string> firm = [];
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (key, names) in Suggest(plan.Count - target, plan, dispensable))
        {
            counts[key] = _suggestions.GetValueOrDefault(key) + 1;
            if (counts[key] >= Options.WaitCount)
            {
                firm.AddRange(names);
            }
        }

        _suggestions = counts; // Those that were not suggested this time begin anew.
        return firm.Count > 0 ? new AdaptiveDecision(0, firm) : AdaptiveDecision.Same;
    }

    /// <summary>A worker was not let go: it is not suggested again for a while.</summary>
    public void OnRefused(string name, TimeSpan now) => _refusedUntil[name] = now + s_refusedPause;

    /// <summary>At most so many workers: those that have not arrived, the latest first, then those that can be done without, by whole groups.</summary>
    private List<(string Key, IReadOnlyList<string> Names)> Suggest(int count, IReadOnlyList<PlannedWorker> plan, IReadOnlyList<WorkerInfo> dispensable)
    {
        List<(string Key, IReadOnlyList<string> Names)> suggested =
            [.. plan.Reverse().Where(static worker => worker.Id == default).Take(count).Select(static worker => (worker.Name, new[] { worker.Name }))];
        var left = count - suggested.Count;
        var members = plan.Where(static worker => worker.Id != default).ToDictionary(static worker => worker.Id, static worker => worker.Name);
        foreach (var group in dispensable.GroupBy(worker => Options.GroupBy is { } groupBy ? $"group {groupBy(worker)}" : worker.Name, StringComparer.Ordinal))
        {
            var names = group.Select(worker => members.GetValueOrDefault(worker.Id)).OfType<string>().Where(name => !_refusedUntil.ContainsKey(name)).ToList();
            if (names.Count < group.Count())
            {
                continue; // Somebody else's, about to leave, or refused lately: the group can't go as a whole.
            }

            if (names.Count > left)
            {
                break;
            }

            suggested.Add((group.Key, names));
            left -= names.Count;
        }

        return suggested;
    }

    private void ForgetRefusals(IReadOnlyList<PlannedWorker> plan, TimeSpan now)
    {
        var names = plan.Select(static worker => worker.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _refusedUntil.Where(entry => entry.Value <= now || !names.Contains(entry.Key)).Select(static entry => entry.Key).ToList())
        {
            _refusedUntil.Remove(name);
        }
    }
}
