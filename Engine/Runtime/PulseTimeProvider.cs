namespace Engine.Runtime;

/// <summary>
/// Timers on a thread of their own. Problem: the system's timers run on the thread pool, and a program that blocks the pool
/// would be taken for dead. Idea: what says that a component lives doesn't need the pool.
/// </summary>
/// <remarks>One thread for the process, started when the first timer is set. Callbacks must be short.</remarks>
internal sealed class PulseTimeProvider : TimeProvider
{
    public static readonly PulseTimeProvider Shared = new();
    private readonly object _gate = new(); // A monitor, because the thread waits on it with a limit.
    private readonly PriorityQueue<(PulseTimer Timer, long Version), long> _due = new();
    private bool _isStarted;

    private PulseTimeProvider()
    {
    }

    /// <summary>The provider for what says that a component lives, where other timers are of the given one.</summary>
    public static TimeProvider For(TimeProvider time) => time == System ? Shared : time;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new PulseTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Schedule(PulseTimer timer, TimeSpan dueTime)
    {
        lock (_gate)
        {
            timer.Version++;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            _due.Enqueue((timer, timer.Version), GetTimestamp() + (long)(dueTime.TotalSeconds * TimestampFrequency));
            if (!_isStarted)
            {
                _isStarted = true;
                new Thread(Run) { IsBackground = true, Name = "engine pulse", Priority = ThreadPriority.AboveNormal }.UnsafeStart();
            }

            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (true)
        {
            TakeDue()?.Fire();
        }
    }

    private PulseTimer? TakeDue()
    {
        lock (_gate)
        {
            if (!_due.TryPeek(out var next, out var at))
            {
                Monitor.Wait(_gate);
                return null;
            }

            if (next.Version != next.Timer.Version)
            {
                _due.Dequeue(); // Set anew, or disposed.
                return null;
            }

            var left = at - GetTimestamp();
            if (left > 0)
            {
                Monitor.Wait(_gate, TimeSpan.FromSeconds(Math.Min(3600, (double)left / TimestampFrequency)) + TimeSpan.FromMilliseconds(1));
                return null;
            }

            _due.Dequeue();
            next.Timer.Version++;
            return next.Timer;
        }
    }

    private sealed class PulseTimer(PulseTimeProvider provider, TimerCallback callback, object? state) : ITimer
    {
        public long Version;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            provider.Schedule(this, dueTime);
            return true;
        }

        public void Fire()
        {
            if (_period != Timeout.InfiniteTimeSpan)
            {
                provider.Schedule(this, _period);
            }

            callback(state);
        }

        public void Dispose() => provider.Schedule(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
