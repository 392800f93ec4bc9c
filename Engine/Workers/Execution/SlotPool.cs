namespace Engine.Workers.Execution;

/// <summary>The slots of a worker: at most so many functions run at a time, whatever threads they are on (I12).</summary>
/// <remarks>Not a semaphore, because tasks that come back to a slot go before new ones, and because lanes ask without waiting.</remarks>
internal sealed class SlotPool(int slots)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _returning = new();
    private int _free = slots;
    private volatile bool _isAwaited;

    /// <summary>Slots that are free. A hint: it may have changed when it is read.</summary>
    public int Free => Volatile.Read(ref _free);

    /// <summary>Whether a task waits to come back to a slot; lanes then give theirs up between two tasks.</summary>
    public bool IsAwaited => _isAwaited;

    public bool TryAcquire()
    {
        lock (_gate)
        {
            if (_free == 0)
            {
                return false;
            }

            _free--;
            return true;
        }
    }

    /// <summary>Waits for a slot, before all tasks that have not started.</summary>
    public Task AcquireAsync()
    {
        lock (_gate)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _returning.Enqueue(turn);
            _isAwaited = true;
            return turn.Task;
        }
    }

    /// <summary>Gives a slot back. Says whether it is free now; otherwise a returning task has it.</summary>
    public bool Release()
    {
        lock (_gate)
        {
            if (_returning.TryDequeue(out var next))
            {
                _isAwaited = _returning.Count > 0;
                next.SetResult();
                return false;
            }

            _free++;
            return true;
        }
    }
}
