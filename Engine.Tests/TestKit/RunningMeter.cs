using System.Collections.Concurrent;

namespace Engine.Tests.TestKit;

/// <summary>Counts the functions that run at the same time on each worker.</summary>
internal sealed class RunningMeter
{
    private readonly ConcurrentDictionary<string, Counter> _workers = new(StringComparer.Ordinal);

    /// <summary>The most functions that ever ran at the same time on one worker.</summary>
    public int Highest => _workers.Values.Max(static counter => counter.Highest);

    /// <summary>A function runs on the worker, or has come back to it.</summary>
    public void Enter(TaskContext context)
    {
        var counter = _workers.GetOrAdd(context.WorkerName, static _ => new Counter());
        var running = Interlocked.Increment(ref counter.Running);
        for (var highest = Volatile.Read(ref counter.Highest); running > highest; highest = Volatile.Read(ref counter.Highest))
        {
            Interlocked.CompareExchange(ref counter.Highest, running, highest);
        }

        Thread.SpinWait(500);
    }

    /// <summary>A function is about to end, to wait, or to leave its slot.</summary>
    public void Leave(TaskContext context) => Interlocked.Decrement(ref _workers[context.WorkerName].Running);

    private sealed class Counter
    {
        public int Running;
        public int Highest;
    }
}
