using Engine.Workers.Execution;
using Engine.Workers.Machine;

namespace Engine;

/// <summary>What a running function may ask of the engine: its token, its place, its worker's services, a client for more work.</summary>
/// <remarks>dask: <c>get_worker</c>, <c>get_client</c>, <c>secede</c>. Valid while the function runs.</remarks>
#pragma warning disable CA1001 // A source without a timer owns nothing, and functions may hold its token beyond the run.
public sealed class TaskContext
#pragma warning restore CA1001
{
    private static readonly AsyncLocal<TaskContext?> s_current = new();
    private readonly Lock _gate = new();
    private readonly IExecutionHost _host;
    private CancellationTokenSource? _source;
    private CancellationCause _cause;
    private bool _ended;
    private bool _leftForGood;
    private int _waits;
    private Task? _comingBack; // The slot that was asked for after a wait; flows of one function share it.

    internal TaskContext(IExecutionHost host, WorkerTask task) => (_host, Task, Key, Attempt) = (host, task, task.Key, task.Attempt);

    /// <summary>The context of the function that runs in this flow of control, if it takes one.</summary>
    internal static TaskContext? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>The task.</summary>
    public TaskKey Key { get; }

    /// <summary>Which attempt of the task this is, from 1. Output of two attempts can be told apart by it.</summary>
    public int Attempt { get; }

    /// <summary>The worker that runs the task.</summary>
    public WorkerId Worker => _host.Self.Id;

    /// <summary>The worker's name.</summary>
    public string WorkerName => _host.Self.Name;

    /// <summary>The worker's services, or null if it was given none.</summary>
    public IServiceProvider? Services => _host.Services;

    /// <summary>Variables of the worker's environment, by name, as its nanny's plugins have set them.</summary>
    public IReadOnlyDictionary<string, string> Environment => _host.Environment;

    /// <summary>A client for more work. It is the worker's: tasks on one worker share it.</summary>
    /// <remarks>A task that awaits a future leaves its slot until the future has ended, so that waiting tasks can't block those they wait for.</remarks>
    public Client Client => _host.Client;

    /// <summary>Cancelled when the result is no longer wanted, the time is over, or the worker closes; <see cref="Cause"/> says which.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_gate)
            {
                if (_source is null)
                {
                    _source = new CancellationTokenSource();
                    if (_cause != CancellationCause.None)
                    {
                        _source.Cancel();
                    }
                }

                return _source.Token;
            }
        }
    }

    /// <summary>Why the token was cancelled.</summary>
    public CancellationCause Cause
    {
        get
        {
            lock (_gate)
            {
                return _cause;
            }
        }
    }

    /// <summary>What the worker's machine knows the run by.</summary>
    internal WorkerTask Task { get; }

    /// <summary>Where the callbacks of its token are called; null: on the thread pool.</summary>
    internal TaskScheduler? FunctionScheduler { get; init; }

    /// <summary>Whether the function has yet to return to the lane that called it.</summary>
    internal bool IsOnLane { get; set; }

    /// <summary>Whether the lane counts as outside, because the function left its slot before it returned.</summary>
    internal bool IsLaneOutside { get; set; }

    /// <summary>Whether the slot that the task started in is another's now.</summary>
    internal bool HasLeftSlot { get; private set; }

    /// <summary>Stops this attempt and has the task placed anew.</summary>
    /// <exception cref="RescheduleException">Always: it carries the wish.</exception>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public void Reschedule() => throw new RescheduleException();

    /// <summary>Tells how far the task is: an event of the topic <c>progress</c>.</summary>
    /// <param name="fraction">From 0 to 1.</param>
    public void Report(double fraction) => _host.LogEvent("progress", new TaskProgress(Key, fraction));

    /// <summary>Leaves the slot for good: the task runs on, and the worker starts another beside it.</summary>
    /// <remarks>dask: <c>secede</c>. For functions that wait more than they compute.</remarks>
    public void Secede()
    {
        lock (_gate)
        {
            _leftForGood = true;
        }

        LeaveSlot();
    }

    internal void Cancel(CancellationCause cause)
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            if (_cause != CancellationCause.None || _ended)
            {
                return;
            }

            _cause = cause;
            source = _source;
        }

        // Callbacks are the user's code: not under the lock, and not on the component's thread.
        if (source is not null)
        {
            _ = FunctionScheduler is { } scheduler
                ? System.Threading.Tasks.Task.Factory.StartNew(source.Cancel, CancellationToken.None, TaskCreationOptions.None, scheduler)
                : source.CancelAsync();
        }
    }

    /// <summary>Waits for something beside the slot.</summary>
    internal async Task<T> WaitBesideSlotAsync<T>(Task<T> task)
    {
        BeginWait();
        try
        {
            return await task;
        }
        finally
        {
            await EndWaitAsync();
        }
    }

    /// <summary>The function has returned. Says whether the task holds a slot, which is then the caller's to give back.</summary>
    internal bool End()
    {
        lock (_gate)
        {
            _ended = true;
            return !HasLeftSlot;
        }
    }

    private void BeginWait()
    {
        lock (_gate)
        {
            _waits++;
        }

        LeaveSlot();
    }

    private async Task EndWaitAsync()
    {
        Task comingBack;
        lock (_gate)
        {
            if (--_waits > 0 || _ended || _leftForGood || !HasLeftSlot)
            {
                return;
            }

            comingBack = _comingBack ??= _host.AcquireSlotAsync();
        }

        await comingBack;
        lock (_gate)
        {
            if (_comingBack != comingBack)
            {
                return; // Another flow has dealt with it.
            }

            _comingBack = null;
            if (HasLeftSlot && _waits == 0 && !_ended && !_leftForGood)
            {
                HasLeftSlot = false;
                return;
            }
        }

        _host.ReleaseSlot(); // The function ended without waiting for this, or another flow of it waits again.
    }

    private void LeaveSlot()
    {
        lock (_gate)
        {
            if (HasLeftSlot || _ended)
            {
                return;
            }

            HasLeftSlot = true;
        }

        _host.Secede(this);
    }
}
