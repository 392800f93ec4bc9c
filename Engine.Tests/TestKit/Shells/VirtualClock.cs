namespace Engine.Tests.TestKit.Shells;

/// <summary>A clock that goes from timer to timer, in order; timers that are due at the same time fire as they were set. For one thread.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PriorityQueue<(Timer Timer, long Version), (TimeSpan Due, long Number)> _due = new();
    private readonly HashSet<Timer> _live = [];
    private long _number;

    /// <summary>Time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Timers that nobody has disposed.</summary>
    public int LiveTimerCount => _live.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => s_start + Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        _live.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends when so much of its time has passed.</summary>
    public Task PassAsync(TimeSpan time, CancellationToken cancellationToken = default) => Task.Delay(time, this, cancellationToken);

    /// <summary>Goes on to the next timer, and fires it. False: none is set.</summary>
    public bool TryAdvance()
    {
        while (_due.TryDequeue(out var next, out var at))
        {
            if (next.Timer.Version == next.Version)
            {
                Now = at.Due > Now ? at.Due : Now;
                next.Timer.Fire();
                return true;
            }
        }

        return false;
    }

    private sealed class Timer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>Grows with each change, so that what was set before is known to be old.</summary>
        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (!clock._live.Contains(this))
            {
                return false;
            }

            (_period, Version) = (period, Version + 1);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock._due.Enqueue((this, Version), (clock.Now + dueTime, ++clock._number));
            }

            return true;
        }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            callback(state);
        }

        public void Dispose()
        {
            clock._live.Remove(this);
            Version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
