using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>How a future ended that did not end well: of which task, and with which error.</summary>
internal readonly record struct SimNodeEnd(SimNode Node, TaskError Error);

/// <summary>Who is to blame: I9, I10. No future ends badly without something that explains it.</summary>
internal sealed class BlameInvariants(World world)
{
    private readonly List<WorkerRemoved> _removed = [];
    private readonly Dictionary<TaskKey, int> _deaths = [];
    private readonly HashSet<(WorkerId Worker, TaskKey Key)> _longRunning = [];

    public void Happened(object happened)
    {
        if (happened is not WorkerRemoved removed)
        {
            return;
        }

        _removed.Add(removed);
        Watch.Require(
            "I10",
            removed.IsExpected == NannyInvariants.IsAnnounced(removed.Reason)
            || (removed is { IsExpected: true, Reason: CloseReason.SchedulerLost } && world.FindNext(removed.Worker.Id, isLetIn: false) is not null),
            $"the end of {removed.Worker.Id} ({removed.Reason}) counts as announced if the table of closing says so, or if it came back");
        foreach (var key in removed.IsExpected ? [] : removed.Processing)
        {
            if (world.Nodes.TryGetValue(key, out var node))
            {
                node.BlameCount++;
            }
        }
    }

    /// <summary>
    /// A death counts once against a task that ran, and against no other: an announced one against none, an unannounced one against as many of those
    /// that were there as the worker had slots, and those that had left theirs.
    /// </summary>
    public void AfterSchedulersTurn()
    {
        if (_removed.Count == 0)
        {
            return;
        }

        var blamed = 0;
        foreach (var key in world.Nodes.Keys)
        {
            var deaths = world.Scheduler.Machine.DeathsOf(key);
            var more = deaths - _deaths.GetValueOrDefault(key);
            _deaths[key] = deaths;
            if (more > 0)
            {
                blamed += more;
                var here = _removed.Count(removed => !removed.IsExpected && removed.Processing.Contains(key));
                Watch.Require("I10", more <= here, $"{key} is blamed for as many unannounced deaths as it saw in this turn, {here}, not {more}");
            }
        }

        var most = 0;
        foreach (var removed in _removed)
        {
            most += removed.IsExpected ? 0 : removed.Worker.Threads + removed.Processing.Count(key => _longRunning.Contains((removed.Worker.Id, key)));
        }

        Watch.Require("I10", blamed <= most, $"no more tasks are blamed than ran, {most}, not {blamed}");
        _removed.Clear();
    }

    /// <summary>A worker says that a task has left its slot.</summary>
    public void LeftSlot(WorkerState worker, TaskKey key) => _longRunning.Add((worker.Id, key));

    /// <summary>One whose name is used again may be an alias, and fail as the first.</summary>
    public bool IsExplained(SimNodeEnd end) =>
        Explains(end.Node, end.Error)
        || (MayBeAlias(end.Node) && world.Nodes.Values.Any(other => other.Options is { Name: not null } && Explains(other, end.Error)));

    public bool WasCancelled(SimNode node) =>
        node.AnyLine(static line => line.WasCancelled) || (MayBeAlias(node) && world.Nodes.Values.Any(static other => other.WasCancelled));

    private static bool MayBeAlias(SimNode node) => node.AnyLine(static line => line.Options is { Name: not null });

    private bool Explains(SimNode node, TaskError error) => error.Kind switch
    {
        TaskErrorKind.Failed => node.AnyLine(static line => line.Work.Failures > (line.Options is { Timeout: null, Retries: var retries } ? retries : 0)),
        TaskErrorKind.KilledWorker => node.AnyLine(line => line.BlameCount > world.Settings.Scheduler.AllowedFailures),

        // Data that was released may be needed once more, to compute again what was lost or had failed.
        TaskErrorKind.LostData => node.AnyLine(static line => line.Work.IsScattered)
            && node.AnyLine(line => line.Excuse is not null || line.WasCancelled || line.HasForeignInput || world.Nodes.Values.Any(static other => other.WasRetried)),
        TaskErrorKind.TimedOut => node.AnyLine(static line => line.Options is { Timeout: not null }),
        TaskErrorKind.KeyConflict => node.AnyLine(static line => line.Options is { Name: not null }),
        TaskErrorKind.UnknownDependency => node.AnyLine(static line => line.HasForeignInput || line.WasCancelled),
        TaskErrorKind.NoValidWorker => world.Settings.Scheduler.NoWorkersTimeout is not null,
        _ => false,
    };
}
