using System.Diagnostics;
using Engine.Data;
using Engine.Diagnostics;
using Engine.Tasks;
using Engine.Workers.Machine;

namespace Engine.Workers.Execution;

/// <summary>One run of a function that is asynchronous, takes a context, or has a time limit.</summary>
internal sealed class WatchedExecution
{
    private const int Running = 0;
    private const int LeftToItself = 1;
    private const int Ended = 2;

    private readonly TaskExecutor _executor;
    private readonly WorkerTask _task;
    private readonly TaskContext _context;
    private readonly long _start;
    private Activity? _activity;
    private ITimer? _limit;
    private ExecutionResult _result;
    private int _phase;

    public WatchedExecution(TaskExecutor executor, WorkerTask task)
    {
        (_executor, _task) = (executor, task);
        _context = new TaskContext(executor.Host, task) { IsOnLane = true, FunctionScheduler = executor.FunctionScheduler };
        _start = executor.Time.GetTimestamp();
        _result.Task = task;
    }

    /// <summary>Once it has ended: whether it still has its slot.</summary>
    public bool HoldsSlot { get; private set; }

    public ExecutionResult Result => _result;

    /// <summary>Calls the function. On return it has ended, or goes on by itself: <see cref="TryLeave"/> tells.</summary>
    public void Start(TaskWork work, TaskInputs inputs)
    {
        _task.Context = _context;
        _executor.Host.Entered(_context);
        if (_task.IsAbandoned)
        {
            _context.Cancel(_task.AbandonedBy); // Given up before the context was there to be told.
        }

        if (_task.Options is { Timeout: { } limit })
        {
            _limit = _executor.Time.CreateTimer(OnLimit, null, limit, Timeout.InfiniteTimeSpan);
        }

        TaskContext.Current = _context;
        _activity = EngineActivities.HasListeners ? EngineActivities.StartTask(_task, _executor.Host.Self) : null;
        try
        {
            if (work.IsAsync)
            {
                _ = FollowAsync(work.InvokeAsync(inputs, _task.Element, _context));
            }
            else
            {
                Succeed(work.Invoke(inputs, _task.Element, _context));
            }
        }
#pragma warning disable CA1031 // The function is the user's: whatever it throws is the task's result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }
        finally
        {
            TaskContext.Current = null;
            _executor.ReturnToLane(_context);
        }
    }

    /// <summary>Leaves a function that goes on to itself, and its slot with it. False if it has ended: the lane then has its result and slot.</summary>
    public bool TryLeave() => Interlocked.CompareExchange(ref _phase, LeftToItself, Running) == Running;

    private async Task FollowAsync(ValueTask<DataValue> pending)
    {
        try
        {
            Succeed(await pending);
        }
#pragma warning disable CA1031 // The function is the user's: whatever it throws is the task's result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }
    }

    private void Succeed(DataValue value)
    {
        _result.Value = value;
        _result.Done = 1;
        End();
    }

    private void Fail(Exception exception)
    {
        _result.Error = exception;
        End();
    }

    private void End()
    {
        _limit?.Dispose();
        _executor.Host.Left(_context);
        if (_result.Error is { } error)
        {
            EngineActivities.Fail(_activity, error);
        }

        _activity?.Dispose();
        _result.Seconds = (float)_executor.Time.GetElapsedTime(_start).TotalSeconds;
        HoldsSlot = _context.End();
        if (Interlocked.Exchange(ref _phase, Ended) == LeftToItself)
        {
            if (HoldsSlot)
            {
                _executor.ReleaseSlot();
            }

            _executor.AddLate(_result);
        }
    }

    private void OnLimit(object? state) => _executor.Host.TimeLimitReached(_context);
}
