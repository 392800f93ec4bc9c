using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Tasks;
using Engine.Workers.Machine;

namespace Engine.Workers.Execution;

/// <summary>A thread of a worker that runs functions, one after the other, while it holds a slot.</summary>
internal sealed class Lane(TaskExecutor executor, string name)
{
    private const int GroupMax = 128;
    private const double GroupSecondsLow = 50e-6;
    private const double GroupSecondsHigh = 200e-6;

    private long _groupStart;
    private int _group = 1;
    private int _inGroup;
    private float _pace;
    private bool _holdsSlot;
    private bool _isTraced;
    private WorkerTask? _elements;
    private ExecutionContext _clean = null!; // Set first of all on its thread.

    /// <summary>What it has made, for the worker's loop.</summary>
    public SpscQueue<ExecutionResult> Results { get; } = new();

    /// <summary>The run of elements that it is in, or null.</summary>
    public WorkerTask? Elements => Volatile.Read(ref _elements);

    /// <summary>Starts it, or goes on with one that fell asleep on a task scheduler.</summary>
    /// <remarks>Without the flow of control of whoever happens to start it: that may be a function's.</remarks>
    public void Start()
    {
        if (executor.FunctionScheduler is not { } scheduler)
        {
            new Thread(Run) { IsBackground = true, Name = name }.UnsafeStart();
            return;
        }

        using AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        _ = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.None, scheduler);
    }

    private void Run()
    {
        _clean = ExecutionContext.Capture()!; // Whoever carries it has not suppressed the flow.
        do
        {
            if (!_holdsSlot)
            {
                _holdsSlot = executor.Slots.TryAcquire();
            }

            if (_holdsSlot)
            {
                Work();
            }

            if (_holdsSlot)
            {
                _holdsSlot = false;
                executor.Slots.Release(); // If work came meanwhile, the way to sleep finds it.
            }
        }
        while (executor.Sleep(this));
    }

    private void Work()
    {
        _groupStart = executor.Time.GetTimestamp();
        _inGroup = 0;
        do
        {
            while (MayGoOn() && !executor.IsClosing && executor.Claim(out var index) is { } run)
            {
                var taken = 0;
                _isTraced = EngineActivities.HasListeners; // Asked once a run, not for each task.
                do
                {
                    if (executor.Around is { Length: > 0 } around)
                    {
                        ExecuteWithin(around, run, ref run.Entries[index]);
                    }
                    else
                    {
                        Execute(run, ref run.Entries[index]);
                    }

                    taken++;
                    if (ExecutionContext.Capture() != _clean)
                    {
                        ExecutionContext.Restore(_clean); // What a function set for its flow of control, its culture for example, ends with it.
                    }
                }
                while (MayGoOn() && TaskExecutor.TryClaimIn(run, out index));
                TaskExecutor.MarkRead(run, taken + 1);
            }
        }
        while (TryEndGroup()); // Telling of results may bring the next tasks at once.
    }

    private bool MayGoOn() => _holdsSlot && !executor.Slots.IsAwaited;

    /// <summary>Executes with the hooks of plugins before and after.</summary>
    private void ExecuteWithin(WorkerPlugin[] around, ExecutionRun run, ref RunEntry entry)
    {
        var key = entry.Task.Key; // Once its result is out, the task is the machine's again.
        foreach (var plugin in around)
        {
            try
            {
                plugin.BeforeExecute(key);
            }
#pragma warning disable CA1031 // The hook is the plugin author's: whatever it throws, the function is called.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                executor.Host.PluginFailed(plugin, nameof(WorkerPlugin.BeforeExecute), exception);
            }
        }

        Execute(run, ref entry);
        foreach (var plugin in around)
        {
            try
            {
                plugin.AfterExecute(key);
            }
#pragma warning disable CA1031 // See above.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                executor.Host.PluginFailed(plugin, nameof(WorkerPlugin.AfterExecute), exception);
            }
        }
    }

    private void Execute(ExecutionRun run, ref RunEntry entry)
    {
        var task = entry.Task;
        var count = task.Count; // Once its result is out, the task is the machine's again.
        var work = task.Work!;
        var inputs = new TaskInputs(run.Inputs.AsSpan(entry.InputOffset, entry.InputCount));
        if (task.IsAbandoned && count == 1)
        {
            Results.Enqueue(new ExecutionResult { Task = task });
        }
        else if (work.IsAsync || work.NeedsContext || task.Options is { Timeout: not null })
        {
            ExecuteWatched(task, work, inputs);
            return;
        }
        else if (_isTraced)
        {
            Results.Enqueue(ExecuteTraced(task, work, inputs));
        }
        else if (count > 1)
        {
            Results.Enqueue(ExecuteElements(task, work, inputs));
        }
        else
        {
            Results.Enqueue(ExecuteOne(task, work, inputs));
        }

        _inGroup += count;
        if (_inGroup >= _group)
        {
            EndGroup();
        }
    }

    private ExecutionResult ExecuteTraced(WorkerTask task, TaskWork work, TaskInputs inputs)
    {
        using var activity = EngineActivities.StartTask(task, executor.Host.Self);
        var result = task.Count > 1 ? ExecuteElements(task, work, inputs) : ExecuteOne(task, work, inputs);
        if (result.Error is { } error)
        {
            EngineActivities.Fail(activity, error);
        }

        return result;
    }

    private ExecutionResult ExecuteOne(WorkerTask task, TaskWork work, TaskInputs inputs)
    {
        var result = new ExecutionResult { Task = task };
        try
        {
            result.Value = work.Invoke(inputs, task.Element, null);
            result.Done = 1;
        }
#pragma warning disable CA1031 // The function is the user's: whatever it throws is the task's result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            result.Error = exception;
        }

        // Groups of one are measured exactly, larger ones by the pace of the group before.
        result.Seconds = _group == 1 ? Elapsed() : _pace;
        return result;
    }

    /// <summary>Runs elements until none is left, one throws, or the run is split: then the one that ran is all that is left of it here.</summary>
    private ExecutionResult ExecuteElements(WorkerTask task, TaskWork work, TaskInputs inputs)
    {
        var (count, element) = (task.Count, task.Element); // A split changes them.
        var values = ArrayPool<DataValue>.Shared.Rent(count);
        (task.Values, task.Begun) = (values, 1);
        Volatile.Write(ref _elements, task);
        var result = new ExecutionResult { Task = task };
        var start = executor.Time.GetTimestamp();
        var begun = 1;
        try
        {
            while (begun <= count)
            {
                result.Value = work.Invoke(inputs, element + result.Done, null);
                values[result.Done] = result.Value;
                result.Done++;
                begun = Interlocked.Increment(ref task.Begun);
            }
        }
#pragma warning disable CA1031 // The function is the user's: whatever it throws is the element's result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            result.Error = exception;
            begun = Interlocked.Exchange(ref task.Begun, WorkerTask.NoneLeft);
        }

        Volatile.Write(ref _elements, null);
        var seconds = executor.Time.GetElapsedTime(start).TotalSeconds;
        if (begun >= WorkerTask.Split)
        {
            result.Done = result.Error is null ? 1 : 0;
            result.Seconds = (float)seconds; // The others were so short that they don't count.
            return result;
        }

        (result.Value, result.Values) = (default, values);
        result.Seconds = (float)(seconds / Math.Max(1, result.Done));
        return result;
    }

    /// <summary>Runs a function that may go on after it returned, may leave its slot, or has a time limit.</summary>
    private void ExecuteWatched(WorkerTask task, TaskWork work, TaskInputs inputs)
    {
        TryEndGroup(); // What is done already must not wait for this one.
        var watched = new WatchedExecution(executor, task);
        watched.Start(work, inputs);
        if (watched.TryLeave())
        {
            _holdsSlot = false; // The slot went with the function.
        }
        else
        {
            _holdsSlot = watched.HoldsSlot;
            Results.Enqueue(watched.Result);
            executor.Signal();
        }

        _groupStart = executor.Time.GetTimestamp();
    }

    private bool TryEndGroup()
    {
        if (_inGroup == 0)
        {
            return false;
        }

        EndGroup();
        return true;
    }

    private void EndGroup()
    {
        var elapsed = executor.Time.GetElapsedTime(_groupStart).TotalSeconds;
        _pace = (float)(elapsed / _inGroup);
        if (elapsed > GroupSecondsHigh)
        {
            _group = 1;
        }
        else if (elapsed < GroupSecondsLow)
        {
            _group = Math.Min(_group * 2, GroupMax);
        }

        executor.Signal();
        _groupStart = executor.Time.GetTimestamp(); // What the signal cost is not the tasks' time.
        _inGroup = 0;
    }

    private float Elapsed() => (float)executor.Time.GetElapsedTime(_groupStart).TotalSeconds;
}
