using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Engine.Plugins;
using Engine.Scheduling.Machine;

namespace Engine.Diagnostics;

/// <summary>What is measured at schedulers: their tasks and workers, and above all what becomes of workers that leave.</summary>
internal sealed class SchedulerInstruments
{
    private static readonly string[] s_states = Enum.GetNames<SchedulerTaskState>();
    private static readonly string[] s_statuses = Enum.GetNames<Status>();
    private readonly ConcurrentDictionary<SchedulerGauges, bool> _schedulers = [];
    private readonly Counter<long> _joined;
    private readonly Counter<long> _left;
    private readonly Counter<long> _keys;
    private readonly Counter<long> _retirements;

    public SchedulerInstruments(Meter meter)
    {
        meter.CreateObservableUpDownCounter(
            "engine.scheduler.tasks",
            () => Observe(static scheduler => scheduler.Tasks, s_states, Tags.TaskState).Skip(1), // Those that are forgotten are no more.
            "{task}",
            "Tasks that schedulers know.");
        meter.CreateObservableUpDownCounter(
            "engine.scheduler.workers",
            () => Observe(static scheduler => scheduler.Workers, s_statuses, Tags.WorkerStatus),
            "{worker}",
            "Workers that are members.");
        Stimuli = meter.CreateHistogram(
            "engine.scheduler.stimulus.duration", "s", "How long schedulers took for a message, or to settle what was left to decide.", advice: Durations.Buckets);
        _joined = meter.CreateCounter<long>("engine.scheduler.workers.joined", "{worker}", "Workers that have joined.");
        _left = meter.CreateCounter<long>("engine.scheduler.workers.left", "{worker}", "Workers that have left.");
        _keys = meter.CreateCounter<long>("engine.scheduler.departure.keys", "{key}", "Values that only workers had that have left.");
        _retirements = meter.CreateCounter<long>("engine.scheduler.retirements", "{worker}", "Retirements that have ended.");
    }

    public Histogram<double> Stimuli { get; }

    /// <summary>A scheduler runs from now on.</summary>
    public void Add(SchedulerGauges scheduler) => _schedulers.TryAdd(scheduler, true);

    /// <summary>It has ended.</summary>
    public void Remove(SchedulerGauges scheduler) => _schedulers.TryRemove(scheduler, out _);

    public void Joined() => _joined.Add(1);

    public void Left(WorkerRemoved removed)
    {
        var reason = Enum.GetName(removed.Reason);
        _left.Add(1, new KeyValuePair<string, object?>(Tags.CloseReason, reason));
        Count(removed.Moved.Count, "moved");
        Count(removed.Lost.Count, "lost");
        Count(removed.Recomputed.Count, "recomputed");

        void Count(int keys, string fate)
        {
            if (keys > 0)
            {
                _keys.Add(keys, new(Tags.KeyFate, fate), new(Tags.CloseReason, reason));
            }
        }
    }

    public void Retired(RetirementRow row) =>
        _retirements.Add(1, new(Tags.Outcome, Enum.GetName(row.Outcome)), new(Tags.Refusal, Enum.GetName(row.Refusal)));

    private IEnumerable<Measurement<long>> Observe(Func<SchedulerGauges, long[]> counts, string[] names, string tag)
    {
        var schedulers = _schedulers.Keys;
        return schedulers.Count == 0 ? [] : names.Select((name, index) => new Measurement<long>(
            schedulers.Sum(scheduler => Volatile.Read(ref counts(scheduler)[index])), new KeyValuePair<string, object?>(tag, name)));
    }
}

/// <summary>What a scheduler has, as its loop has told last: numbers that may be read from any thread.</summary>
internal sealed class SchedulerGauges
{
    /// <summary>Tasks in each state.</summary>
    public long[] Tasks { get; } = new long[Enum.GetValues<SchedulerTaskState>().Length];

    /// <summary>Workers of each status.</summary>
    public long[] Workers { get; } = new long[Enum.GetValues<Status>().Length];

    public void Tell(ReadOnlySpan<long> tasks)
    {
        for (var state = 0; state < tasks.Length; state++)
        {
            Volatile.Write(ref Tasks[state], tasks[state]);
        }
    }

    public void Tell(Status status, int change) => Volatile.Write(ref Workers[(int)status], Workers[(int)status] + change);
}
