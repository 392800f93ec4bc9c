using Engine.Plugins;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>How often a row was reached, and by which seed first.</summary>
internal readonly record struct Reached(long Count, ulong Seed);

/// <summary>What schedules have reached: rows of the tables that the engine decides by. Which rows there are is in <see cref="CoverageTable"/>.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<string, Reached> _rows = new(StringComparer.Ordinal);
    private readonly HashSet<Act> _acts = [];

    public IReadOnlyDictionary<string, Reached> Rows => _rows;

    /// <summary>The schedule that runs.</summary>
    public ulong Seed { get; set; }

    public void AtScheduler(ReadOnlySpan<TaskTransition> transitions)
    {
        foreach (ref readonly var transition in transitions)
        {
            Count(CoverageTable.AtScheduler(transition.Start, transition.Finish));
        }
    }

    public void AtWorker(TaskTransition transition) => Count(CoverageTable.AtWorker(transition.Start, transition.Finish));

    /// <summary>A worker or a nanny ends, or has ended.</summary>
    public void Closes(CloseReason reason) => Count(CoverageTable.Of(reason));

    public void Happened(object happened, SchedulerStateMachine machine)
    {
        if (happened is WorkerRemoved removed)
        {
            Closes(removed.Reason);
            if (machine.FindDeparture(removed.Worker.Id) is { } departure) // A short ledger may have forgotten it already.
            {
                Count(CoverageTable.Of(departure.Disposition));
            }
        }
    }

    /// <summary>A worker whose connection broke tried to come back.</summary>
    public void CameBack(Comeback comeback) => Count(CoverageTable.Of(comeback));

    public void Acted(Act act) => _acts.Add(act);

    /// <summary>A schedule is over: what was done in it counts, and each pair of faults.</summary>
    public void EndSchedule()
    {
        foreach (var act in _acts)
        {
            Count(CoverageTable.Of(act));
            foreach (var other in _acts)
            {
                if (act >= Act.KillWorker && other > act)
                {
                    Count(CoverageTable.Of(act, other));
                }
            }
        }

        _acts.Clear();
    }

    public void Add(Coverage other)
    {
        foreach (var (row, more) in other._rows)
        {
            var reached = _rows.TryGetValue(row, out var before) ? before : new Reached(0, more.Seed);
            _rows[row] = new Reached(reached.Count + more.Count, Math.Min(reached.Seed, more.Seed));
        }
    }

    private void Count(string row) =>
        _rows[row] = _rows.TryGetValue(row, out var reached) ? reached with { Count = reached.Count + 1 } : new Reached(1, Seed);
}
