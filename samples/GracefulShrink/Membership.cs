using Engine.Plugins;

namespace GracefulShrink;

/// <summary>Counts what happens to the members of the cluster from the beginning of the shrink on.</summary>
internal sealed class Membership : SchedulerPlugin
{
    private readonly Lock _gate = new();
    private readonly List<(Func<bool> Condition, TaskCompletionSource Reached)> _waits = [];
    private bool _shrinks;

    /// <summary>Members that joined although the cluster shrinks.</summary>
    public int ResurrectedCount { get; private set; }

    /// <summary>Heartbeats of workers that had left: they fell into the gap before their machine went.</summary>
    public int MissingCount { get; private set; }

    /// <summary>Workers that wanted to join although their machine is on the ledger of departures.</summary>
    public int RefusedCount { get; private set; }

    /// <summary>From now on nobody is expected to join.</summary>
    public void BeginShrink() => Change(() => _shrinks = true);

    public void OnRefused() => Change(() => RefusedCount++);

    public override void AddWorker(WorkerAdded added) => Change(() => ResurrectedCount += _shrinks ? 1 : 0);

    public override void LogEvent(string topic, object? content)
    {
        if (content is string text && text.Contains(" is missing: ", StringComparison.Ordinal))
        {
            Change(() => MissingCount++);
        }
    }

    /// <summary>Ends when the counts meet a condition.</summary>
    public Task WhenAsync(Func<Membership, bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Change(() => _waits.Add((() => condition(this), reached)));
        return reached.Task;
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            foreach (var (condition, reached) in _waits)
            {
                if (condition())
                {
                    reached.TrySetResult();
                }
            }
        }
    }
}
