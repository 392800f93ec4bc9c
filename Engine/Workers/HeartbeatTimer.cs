namespace Engine.Workers;

/// <summary>
/// Beats at an interval, on a timer that user code can't starve, and finds out on the way whether the thread pool lets
/// anything through: it leaves a piece of work there at each beat and looks at the next whether it was done.
/// </summary>
internal sealed class HeartbeatTimer : IDisposable
{
    private readonly Action<bool> _beat;
    private readonly ITimer _timer;
    private TimeSpan _interval;
    private int _isProbeWaiting;
    private volatile bool _isDisposed;

    /// <param name="time">A provider whose timers don't need the thread pool.</param>
    /// <param name="interval">Until the first beat, and between beats until another interval is set.</param>
    /// <param name="beat">Called at each beat, with whether the thread pool is stalled. Must not block.</param>
    public HeartbeatTimer(TimeProvider time, TimeSpan interval, Action<bool> beat)
    {
        (_interval, _beat) = (interval, beat);
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
            ThreadPool.UnsafeQueueUserWorkItem(static timer => Volatile.Write(ref timer._isProbeWaiting, 0), this, preferLocal: false);
        }

        _timer.Change(_interval, Timeout.InfiniteTimeSpan); // First, so that whatever the beat does, the next one comes.
        _beat(isStalled);
    }
}
