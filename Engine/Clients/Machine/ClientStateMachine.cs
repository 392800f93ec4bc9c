using Engine.Collections;
using Engine.Data;
using Engine.Protocol;

namespace Engine.Clients.Machine;

/// <summary>Told when a task has ended, whatever its end.</summary>
internal interface IFutureWaiter
{
    void Ended(TaskKey key, FutureStatus status);
}

/// <summary>A client's row of a key that it holds a future of.</summary>
internal struct FutureState
{
    private DataValue _content; // The value, or what Detail gives: never both.

    /// <summary>Holds beside the maker's: the key was found by name, or in a dataset.</summary>
    public int FoundHolds;
    public byte StatusPlusOne; // 0: no row.
    public bool HasValue { readonly get; private set; }

    /// <summary>Whether only the other holds are left.</summary>
    public bool IsOwnReleased;

    public readonly DataValue Value => HasValue ? _content : default;

    /// <summary>While pending: a waiter, or a list of them. After a failure: the error.</summary>
    public object? Detail
    {
        readonly get => HasValue ? null : _content.Boxed;
        set => (HasValue, _content) = (false, DataValue.From(value));
    }

    public readonly FutureStatus Status => (FutureStatus)(StatusPlusOne - 1);

    public readonly bool IsEnded => StatusPlusOne > (int)FutureStatus.Pending + 1;

    public void SetValue(in DataValue value) => (HasValue, _content) = (true, value);
}

/// <summary>
/// What a client knows of its futures. Keys are added and given up, notices go in, waiters that are to be told come
/// out. Plain and single-threaded; its client guards it with a lock.
/// </summary>
/// <remarks>dask: <c>FutureState</c> and <c>Client._handle_report</c>.</remarks>
internal sealed class ClientStateMachine
{
    private readonly KeyTable<FutureState> _futures = new();
    private readonly List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> _due = [];

    /// <summary>Futures that have not ended.</summary>
    public long PendingCount { get; private set; }

    /// <summary>Futures that are held.</summary>
    public long Count => _futures.Count;

    /// <summary>A future is held from now on.</summary>
    public void Add(TaskKey key)
    {
        var handle = _futures.EnsureHandle(key);
        ref var future = ref _futures[handle];
        if (future.StatusPlusOne == 0)
        {
            _futures.Occupy(handle);
            future.StatusPlusOne = (byte)FutureStatus.Pending + 1;
            PendingCount++;
        }
    }

    /// <summary>A future is held of a key that the scheduler has counted as this client's; one more, if it is held already.</summary>
    public void AddFound(TaskKey key)
    {
        var handle = _futures.EnsureHandle(key);
        if (_futures[handle].StatusPlusOne == 0)
        {
            Add(key);
            _futures[handle].IsOwnReleased = true;
        }

        ref var future = ref _futures[handle];
        future.FoundHolds++;
        if (future.Status == FutureStatus.Cancelled)
        {
            Reopen(ref future); // It was given up by that; now it is held again.
        }
    }

    /// <summary>A future of a found key is given up. Says whether it was the last.</summary>
    public bool ReleaseFound(TaskKey key)
    {
        var handle = _futures.HandleOf(key);
        if (handle < 0 || _futures[handle].FoundHolds == 0)
        {
            return false;
        }

        ref var future = ref _futures[handle];
        return --future.FoundHolds == 0 && future.IsOwnReleased && Release(key);
    }

    /// <summary>The row of a key, or a row without one.</summary>
    public FutureState Find(TaskKey key)
    {
        var handle = _futures.HandleOf(key);
        return handle < 0 ? default : _futures[handle];
    }

    public bool Holds(TaskKey key) => Find(key).StatusPlusOne != 0;

    /// <summary>
    /// The maker's future is given up. Waiters are told, so nobody waits for what won't come. Says whether it was the
    /// last.
    /// </summary>
    public bool Release(TaskKey key)
    {
        var handle = _futures.HandleOf(key);
        if (handle < 0 || _futures[handle].StatusPlusOne == 0)
        {
            return false;
        }

        ref var future = ref _futures[handle];
        if (future.FoundHolds > 0)
        {
            future.IsOwnReleased = true;
            return false;
        }

        if (!future.IsEnded)
        {
            PendingCount--;
            CollectWaiters(key, ref future, FutureStatus.Released);
        }

        _futures.Vacate(handle);
        return true;
    }

    /// <summary>Has a waiter told of a future's end. False if it has ended, or isn't held.</summary>
    public bool TryAddWaiter(TaskKey key, IFutureWaiter waiter)
    {
        var handle = _futures.HandleOf(key);
        if (handle < 0 || _futures[handle].StatusPlusOne == 0 || _futures[handle].IsEnded)
        {
            return false;
        }

        ref var future = ref _futures[handle];
        switch (future.Detail)
        {
            case null:
                future.Detail = waiter;
                break;
            case List<IFutureWaiter> waiters:
                waiters.Add(waiter);
                break;
            case var first:
                future.Detail = new List<IFutureWaiter> { (IFutureWaiter)first, waiter };
                break;
        }

        return true;
    }

    /// <summary>Who waits for a future's end.</summary>
    public int WaiterCount(TaskKey key) => Find(key).Detail switch
    {
        IFutureWaiter => 1,
        List<IFutureWaiter> waiters => waiters.Count,
        _ => 0,
    };

    /// <summary>A waiter has lost interest.</summary>
    public void RemoveWaiter(TaskKey key, IFutureWaiter waiter)
    {
        var handle = _futures.HandleOf(key);
        if (handle < 0 || _futures[handle].IsEnded)
        {
            return;
        }

        ref var future = ref _futures[handle];
        if (ReferenceEquals(future.Detail, waiter))
        {
            future.Detail = null;
        }
        else if (future.Detail is List<IFutureWaiter> waiters)
        {
            waiters.Remove(waiter);
        }
    }

    /// <summary>News from the scheduler. What is said of futures that are no longer held is ignored.</summary>
    public void Apply(KeyNotices notices)
    {
        foreach (ref readonly var notice in notices.Span)
        {
            if (notice.Count == 1)
            {
                Apply(notice.Key, notice, notice.Value);
                continue;
            }

            for (var i = 0; i < notice.Count; i++)
            {
                Apply(TaskKey.FromValue(notice.Key.Value + (ulong)i), notice, notice.Values![i]);
            }
        }
    }

    /// <summary>The scheduler is gone: nothing that is pending will end by itself.</summary>
    public void CancelAll(TaskError error)
    {
        foreach (var handle in _futures.Handles())
        {
            if (_futures[handle] is { StatusPlusOne: > 0, IsEnded: false })
            {
                Apply(_futures.KeyOf(handle), new KeyNotice { Status = FutureStatus.Cancelled, Error = error }, default);
            }
        }
    }

    /// <summary>The waiters that are to be told since the last call.</summary>
    public void TakeDue(List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> due)
    {
        due.AddRange(_due);
        _due.Clear();
    }

    public bool HasDue => _due.Count > 0;

    /// <summary>Waiters that have not been told. Counted when asked: for tests.</summary>
    public int AllWaiterCount => _futures.Handles().Where(handle => !_futures[handle].IsEnded).Sum(handle => _futures[handle].Detail switch
    {
        null => 0,
        List<IFutureWaiter> waiters => waiters.Count,
        _ => 1,
    });

    /// <summary>Counts again and compares.</summary>
    public void Validate()
    {
        long held = 0;
        long pending = 0;
        foreach (var handle in _futures.Handles())
        {
            ref var future = ref _futures[handle];
            held += future.StatusPlusOne > 0 ? 1 : 0;
            pending += future is { StatusPlusOne: > 0, IsEnded: false } ? 1 : 0;
            if (future.IsEnded && future.Detail is not (null or TaskError))
            {
                throw new InvariantViolationException($"{_futures.KeyOf(handle)} has ended and has no waiters");
            }
        }

        if (held != Count || pending != PendingCount)
        {
            throw new InvariantViolationException($"{Count} futures with {PendingCount} pending are counted, {held} with {pending} are there");
        }
    }

    private void Apply(TaskKey key, in KeyNotice notice, in DataValue value)
    {
        var handle = _futures.HandleOf(key);
        if (handle < 0)
        {
            return;
        }

        ref var future = ref _futures[handle];
        if (future.StatusPlusOne == 0)
        {
            return;
        }

        if (notice.Status == FutureStatus.Pending)
        {
            Reopen(ref future);
            return;
        }

        // Told once (I9). But a value that stayed with its workers may still be lost or cancelled.
        var canChange = future is { Status: FutureStatus.Finished, HasValue: false } && notice.Status is (FutureStatus.Lost or FutureStatus.Cancelled);
        // Guard I9: a future ends once.
        if (future.IsEnded && !canChange)
        {
            return;
        }

        PendingCount -= future.IsEnded ? 0 : 1;
        if (future.Detail is not null)
        {
            CollectWaiters(key, ref future, notice.Status);
        }

        future.StatusPlusOne = (byte)(notice.Status + 1);
        if (notice.HasValue)
        {
            future.SetValue(value);
        }
        else
        {
            future.Detail = notice.Error;
        }
    }

    /// <summary>The task runs again: after a retry, or because its value was lost and is computed once more.</summary>
    private void Reopen(ref FutureState future)
    {
        if (future.IsEnded && !future.HasValue)
        {
            future.StatusPlusOne = (byte)FutureStatus.Pending + 1;
            future.Detail = null;
            PendingCount++;
        }
    }

    private void CollectWaiters(TaskKey key, ref FutureState future, FutureStatus status)
    {
        switch (future.Detail)
        {
            case IFutureWaiter waiter:
                _due.Add((waiter, key, status));
                break;
            case List<IFutureWaiter> waiters:
                foreach (var waiter in waiters)
                {
                    _due.Add((waiter, key, status));
                }

                break;
        }

        future.Detail = null;
    }
}
