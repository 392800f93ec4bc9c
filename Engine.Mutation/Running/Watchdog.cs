namespace Engine.Mutation.Running;

/// <summary>Ends the process when a test doesn't end: after so much processor time, as others may be busy on the machine, or after so long that it must be waiting for something.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private readonly Action<string> _tell;
    private readonly Timer _timer;
    private string? _name;
    private TimeSpan _processorLimit;
    private TimeSpan _processorTime;
    private DateTime _start;

    /// <param name="tell">Called before the process ends, with the name of what didn't.</param>
    public Watchdog(Action<string> tell)
    {
        _tell = tell;
        _timer = new Timer(static watchdog => ((Watchdog)watchdog!).Look(), this, s_interval, s_interval);
    }

    /// <param name="name">What begins.</param>
    /// <param name="processorLimit">How much processor time it may take.</param>
    public void Begin(string name, TimeSpan processorLimit)
    {
        lock (_lock)
        {
            (_name, _processorLimit, _processorTime, _start) = (name, processorLimit, Environment.CpuUsage.TotalTime, DateTime.UtcNow);
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _name = null;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            if (_name is { } name && (Environment.CpuUsage.TotalTime - _processorTime > _processorLimit || DateTime.UtcNow - _start > s_limit))
            {
                _tell(name);
                Environment.Exit(1);
            }
        }
    }
}
