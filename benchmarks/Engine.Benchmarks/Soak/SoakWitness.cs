using Engine.Plugins;

namespace Engine.Benchmarks.Soak;

/// <summary>Sees workers come and go, and finds what must not be.</summary>
internal sealed class SoakWitness : SchedulerPlugin
{
    private readonly Lock _gate = new();
    private readonly HashSet<WorkerId> _members = [];
    private readonly HashSet<WorkerId> _past = [];
    private readonly HashSet<NannyId> _retired = [];
    private readonly HashSet<TaskKey> _lost = [];
    private readonly SortedDictionary<CloseReason, int> _reasons = [];
    private readonly List<string> _violations = [];

    public int Joined { get; private set; }

    public int Recomputed { get; private set; }

    public int Moved { get; private set; }

    /// <summary>Tasks that were assigned to workers that left, and were placed again.</summary>
    public int Replaced { get; private set; }

    /// <summary>How many left for which reason.</summary>
    public IReadOnlyDictionary<CloseReason, int> Reasons => _reasons;

    /// <summary>Values that a departure has lost, and said so.</summary>
    public IReadOnlySet<TaskKey> Lost => _lost;

    public IReadOnlyList<string> Violations => _violations;

    public override void AddWorker(WorkerAdded added)
    {
        lock (_gate)
        {
            Joined++;
            Require(_members.Add(added.Worker.Id) && !_past.Contains(added.Worker.Id), $"{added.Worker.Id} joined twice (I4)");
            Require(added.Worker.Nanny is not { } nanny || !_retired.Contains(nanny), $"{added.Worker.Id} has a nanny whose worker was retired (I1)");
        }
    }

    public override void RemoveWorker(WorkerRemoved removed)
    {
        lock (_gate)
        {
            Require(_members.Remove(removed.Worker.Id) && _past.Add(removed.Worker.Id), $"{removed.Worker.Id} left twice, or without having joined (I4)");
            _reasons[removed.Reason] = _reasons.GetValueOrDefault(removed.Reason) + 1;
            _lost.UnionWith(removed.Lost);
            (Recomputed, Moved, Replaced) = (Recomputed + removed.Recomputed.Count, Moved + removed.Moved.Count, Replaced + removed.Processing.Count);
            if (removed.Reason == CloseReason.Retired)
            {
                Require(removed.Lost.Count + removed.Recomputed.Count == 0, $"{removed.Worker.Id} was retired and took {removed.Lost.Count} and {removed.Recomputed.Count} values along (I2, I3)");
                if (removed.Worker.Nanny is { } nanny)
                {
                    _retired.Add(nanny);
                }
            }
        }
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            _violations.Add(otherwise);
        }
    }
}
