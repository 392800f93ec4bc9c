namespace Engine.Scheduling.Machine;

/// <summary>What a deadline is of.</summary>
internal enum DeadlineKind
{
    Retirement,
    TimeToLive,
    Pause,
    Restart,
    ActiveMemory,
    NannysWord,
    Session,
}

/// <summary>
/// Times at which something is to be looked at. What has been settled before is not taken out: looking once too often
/// is cheaper than finding it.
/// </summary>
internal sealed class DeadlineQueue
{
    private readonly PriorityQueue<(DeadlineKind Kind, long Number), (TimeSpan Time, long Order)> _queue = new();
    private long _order;

    /// <summary>The first of them, or null.</summary>
    public TimeSpan? First => _queue.TryPeek(out _, out var first) ? first.Time : null;

    /// <param name="time">When.</param>
    /// <param name="kind">What is to be looked at.</param>
    /// <param name="number">Which of its kind.</param>
    public void Add(TimeSpan time, DeadlineKind kind, long number) => _queue.Enqueue((kind, number), (time, _order++));

    /// <summary>Takes the next that is due.</summary>
    public bool TryTake(TimeSpan now, out DeadlineKind kind, out long number)
    {
        if (_queue.TryPeek(out var item, out var first) && first.Time <= now)
        {
            _queue.Dequeue();
            (kind, number) = item;
            return true;
        }

        (kind, number) = (default, 0);
        return false;
    }
}
