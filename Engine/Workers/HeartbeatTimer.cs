namespace Engine.Workers;

/// <summary>
/// Beats at an interval, on a timer that user code can't starve, and finds out on the way whether the worker's task scheduler,
/// mostly the thread pool, lets anything through: it leaves a piece of work there at each beat and looks at the next whether it was done.
/// </summary>
internal sealed class HeartbeatTimer : IDisposable
{
    private readonly Action<bool> _beat;
    private readonly TaskScheduler _probed;
    private readonly ITimer _timer;
    private TimeSpan _interval;
    private int _isProbeWaiting;
    private volatile bool _isDisposed;

    /// <param name="time">A provider whose timers don't need the thread pool.</param>
    /// <param name="interval">Until the first beat, and between beats until another interval is set.</param>
    /// <param name="beat">Called at each beat, with whether the task scheduler is stalled. Must not block.</param>
    /// <param name="probed">Where the worker's loop runs.</param>
    public HeartbeatTimer(TimeProvider time, TimeSpan interval, Action<bool> beat, TaskScheduler probed)
    {
        (_interval, _beat, _probed) = (interval, beat, probed);
        _timer = time.CreateTimer(static state => ((HeartbeatTimer)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(interval, Timeout.InfiniteTimeSpan); // Not before: it may be due before this thread goes on.
    }

    /// <summary>The time between beats, from the next on.</summary>
    public void SetInterval(TimeSpan interval) => _interval = interval;

    public void Dispose()
    {
        _isDisposed = true;
        _timer.Dispose();
    }

    private void OnDue()
    {
        if (_isDisposed)
        {
            return;
        }

        var isStalled = Interlocked.Exchange(ref _isProbeWaiting, 1) == 1;
        if (!isStalled)
        {
            _ = Task.Factory.StartNew(
                static timer => Volatile.Write(ref ((HeartbeatTimer)timer!)._isProbeWaiting, 0), this, CancellationToken.None, TaskCreationOptions.PreferFairness, _probed);
        }

        _timer.Change(_interval, Timeout.InfiniteTimeSpan); // First, so that whatever the beat does, the next one comes.
        _beat(isStalled);
    }
}
