using System.Diagnostics.CodeAnalysis;

namespace Engine.Tests.TestKit;

/// <summary>Runs tasks one after the other in an order that a seed decides, on whichever thread asks for the next.</summary>
/// <param name="seed">The same seed and the same tasks give the same order; null: they are run as they came.</param>
/// <param name="queued">Called when a task has been added, by the thread that adds it.</param>
[SuppressMessage("Security", "CA5394", Justification = "The order is to be repeatable, not secret.")]
internal sealed class SeededTaskScheduler(int? seed, Action queued) : TaskScheduler
{
    private readonly Lock _gate = new();
    private readonly List<Task> _waiting = [];
    private readonly Random? _random = seed is { } number ? new Random(number) : null;

    /// <summary>Tasks that it has run.</summary>
    public int RunCount { get; private set; }

    /// <summary>What the order was so far: two runs that differ anywhere have different ones.</summary>
    public ulong OrderHash { get; private set; } = 14695981039346656037;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs one of the tasks that wait. False: none does.</summary>
    public bool TryRunNext()
    {
        Task next;
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return false;
            }

            var place = _random?.Next(_waiting.Count) ?? 0;
            OrderHash = ((OrderHash ^ (uint)_waiting.Count) * 1099511628211) ^ (uint)place;
            next = _waiting[place];
            _waiting.RemoveAt(place);
        }

        RunCount++;
        TryExecuteTask(next);
        return true;
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _waiting.Add(task);
        }

        queued();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _waiting];
        }
    }
}
