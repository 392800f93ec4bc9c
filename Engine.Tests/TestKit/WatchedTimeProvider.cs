namespace Engine.Tests.TestKit;

/// <summary>A clock that counts the timers that have not been disposed, and tells when one is set.</summary>
internal sealed class WatchedTimeProvider(TimeProvider inner) : TimeProvider
{
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
        Interlocked.Increment(ref _live);
        Tell(dueTime);
        return timer;
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
                Interlocked.Decrement(ref owner._live);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
