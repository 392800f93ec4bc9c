using System.Diagnostics.CodeAnalysis;

namespace Engine.Tests.TestKit;

/// <summary>One thread that runs tasks in an order that a seed decides.</summary>
internal sealed class SeededTaskScheduler : TaskScheduler, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Task> _waiting = [];
    private readonly Random _random;
    private readonly SemaphoreSlim _some = new(0);
    private readonly Thread _thread;
    private bool _isOver;

    [SuppressMessage("Security", "CA5394", Justification = "The order is to be repeatable, not secret.")]
    public SeededTaskScheduler(int seed)
    {
        _random = new Random(seed);
        _thread = new Thread(Run) { IsBackground = true, Name = "seeded" };
        _thread.Start();
    }

    /// <summary>Tasks that it has run.</summary>
    public int RunCount { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    public bool IsCurrentThread => Thread.CurrentThread == _thread;

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        _some.Release();
        _thread.Join();
        _some.Dispose();
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _waiting.Add(task);
        }

        _some.Release();
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. _waiting];
        }
    }

    [SuppressMessage("Security", "CA5394", Justification = "The order is to be repeatable, not secret.")]
    private void Run()
    {
        while (true)
        {
            _some.Wait();
            Task next;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    if (_isOver)
                    {
                        return;
                    }

                    continue;
                }

                var place = _random.Next(_waiting.Count);
                next = _waiting[place];
                _waiting.RemoveAt(place);
            }

            RunCount++;
            TryExecuteTask(next);
        }
    }
}
