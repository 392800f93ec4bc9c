namespace Engine.Tests.TestKit;

/// <summary>One thread that runs tasks in an order that a seed decides.</summary>
internal sealed class SeededThread : IDisposable
{
    private readonly SemaphoreSlim _some = new(0);
    private readonly Thread _thread;
    private volatile bool _isOver;

    public SeededThread(int seed)
    {
        Scheduler = new SeededTaskScheduler(seed, () => _some.Release());
        _thread = new Thread(Run) { IsBackground = true, Name = "seeded" };
        _thread.Start();
    }

    public SeededTaskScheduler Scheduler { get; }

    public bool IsCurrent => Thread.CurrentThread == _thread;

    public void Dispose()
    {
        _isOver = true;
        _some.Release();
        _thread.Join();
        _some.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _some.Wait();
            if (!Scheduler.TryRunNext() && _isOver)
            {
                return;
            }
        }
    }
}
