namespace Engine.Tests.TestKit;

/// <summary>A clock that counts the timers that have not been disposed, and tells when one is set.</summary>
internal sealed class WatchedTimeProvider(TimeProvider inner) : TimeProvider
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _noneLives;
    private int _live;

    /// <summary>Timers that nobody has disposed.</summary>
    public int LiveTimerCount => Volatile.Read(ref _live);

    /// <summary>Called after a timer was set, with the time until it is due.</summary>
    public Action<TimeSpan>? WhenSet { get; set; }

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, inner.CreateTimer(callback, state, dueTime, period));
        lock (_gate)
        {
            _live++;
        }

        Tell(dueTime);
        return timer;
    }

    /// <summary>Ends when all timers have been disposed.</summary>
    public Task WhenNoneLives()
    {
        lock (_gate)
        {
            if (_live == 0)
            {
                return Task.CompletedTask;
            }

            _noneLives ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _noneLives.Task;
        }
    }

    private void Disposed()
    {
        lock (_gate)
        {
            if (--_live == 0)
            {
                _noneLives?.TrySetResult();
                _noneLives = null;
            }
        }
    }

    private void Tell(TimeSpan due)
    {
        if (due != Timeout.InfiniteTimeSpan)
        {
            WhenSet?.Invoke(due);
        }
    }

    private sealed class Timer(WatchedTimeProvider owner, ITimer timer) : ITimer
    {
        private int _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var changed = timer.Change(dueTime, period);
            owner.Tell(dueTime);
            return changed;
        }

        public void Dispose()
        {
            timer.Dispose();
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                owner.Disposed();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
