using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Engine.Collections;
using Engine.Data;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Tasks run, and end.</summary>
internal sealed partial class WorkerStateMachine
{
    private readonly MonotoneQueue<WorkerTask> _ready = new();
    private readonly MonotoneQueue<WorkerTask> _constrained = new();
    private readonly Dictionary<string, double> _available = new(settings.Resources, StringComparer.Ordinal);
    private float _pace;

    /// <summary>Elements that the executor has, without those that left their slot.</summary>
    public int ExecutingCount { get; private set; }

    /// <summary>Tasks that could start.</summary>
    public int ReadyCount => _ready.Count + _constrained.Count + _loaded.Count;

    /// <summary>Results of the executor, in the order in which each lane made them.</summary>
    public void OnResult(in ExecutionResult result)
    {
        var task = result.Task;
        if (result.Done > 0)
        {
            _pace = _pace > 0 ? (_pace + result.Seconds) / 2 : result.Seconds;
        }

        LeaveSlot(task);
        ReturnResources(task);
        if (task.Count > 1)
        {
            KeepRun(task, result);
            OfferCut();
        }
        else if (!task.IsAbandoned)
        {
            KeepSingle(task, result);
        }

        Recycle(task);
    }

    /// <summary>Tasks that the executor gave back before they started.</summary>
    public void OnRecalled(IEnumerable<WorkerTask> tasks)
    {
        foreach (var task in tasks)
        {
            LeaveSlot(task);
            ReturnResources(task);
            if (task.IsAbandoned)
            {
                Recycle(task);
            }
            else
            {
                SetReady(task);
            }
        }

        AnswerRecalled();
        _isRecalling = false;
        _pace = Math.Max(_pace, (float)settings.RunSeconds); // They were not as short as was thought: hand out one at a time.
    }

    /// <summary>A run was split behind the element that runs: what ended before it is kept, what was not begun goes back to the queue.</summary>
    /// <param name="task">The run; from now on it is that element only.</param>
    /// <param name="begun">Elements that were begun; the last of them runs.</param>
    public void OnSplit(WorkerTask task, int begun)
    {
        var running = begun - 1;
        KeepElements(task, new ExecutionResult { Task = task, Done = running, Values = task.Values, Seconds = _pace });
        RequeueElements(task, begun);
        ExecutingCount -= task.Count - 1;
        (task.Key, task.Element, task.Order) = (task.KeyAt(running), task.Element + running, task.Order + running);
        (task.Count, task.Values) = (1, null); // The lane may still write to the values, so they don't go back to their pool.
    }

    /// <summary>A running task leaves its slot for good or for a while.</summary>
    public void OnSeceded(WorkerTask task)
    {
        if (task.State == WorkerTaskState.Executing)
        {
            LeaveSlot(task);
            Move(task, WorkerTaskState.LongRunning);
            if (!task.IsAbandoned)
            {
                outbox.Send(new TaskLongRunning(task.Key, task.Attempt));
            }
        }
    }

    /// <summary>A running task has reached its time limit.</summary>
    public void OnTimedOut(WorkerTask task, TaskKey key, int attempt)
    {
        // Guard I7: the time limit of an older attempt changes nothing.
        if (task.Key != key || task.Attempt != attempt || !IsCurrent(task))
        {
            return; // Ended before.
        }

        var limit = task.Options!.Timeout!.Value;
        outbox.Send(new TaskErred(key, attempt, new TaskError(
            TaskErrorKind.TimedOut, key, $"it ran longer than its limit of {limit}. Give it more time, or less to do.")));
        Detach(task);
        Abandon(task, CancellationCause.TimedOut);
    }

    /// <summary>Nothing has ended for a while: what waits behind a long task is taken back, so that it can run elsewhere.</summary>
    /// <param name="seconds">For how long.</param>
    public void OnStalled(double seconds = 0.002)
    {
        if (ExecutingCount > 1)
        {
            outbox.Recall(); // Also if no more than its slots are busy: a lane may keep the elements of a run from the others.
        }

        if (ExecutingCount > settings.Slots || ReadyCount > 0)
        {
            outbox.Send(new WorkerStalled(seconds));
        }
    }

    private void EnsureComputing()
    {
        var most = settings.Slots * (_pace > 0 ? (int)Math.Clamp(settings.RunSeconds / _pace, 1, ExecutionRun.Capacity) : 1);
        ExecutionRun? run = null;
        while (MayStart(most) && TryTakeNext(out var task))
        {
            if (!HasInputs(task))
            {
                continue;
            }

            if (SpilledCount > 0 && HasSpilledInput(task))
            {
                if (TryLoad(task))
                {
                    continue;
                }

                break;
            }

            AddTo(ref run, task);
            Move(task, WorkerTaskState.Executing);
            task.HasLeftSlot = false;
            ExecutingCount += task.Count;
            if (run.IsFull)
            {
                outbox.Execute(run);
                run = null;
            }
        }

        if (run is not null)
        {
            outbox.Execute(run);
        }
    }

    // Guard I12: no more run than there are slots; and nothing starts on a worker that leaves.
    private bool MayStart(int most) => !IsLeaving && ExecutingCount < most;

    /// <summary>The most important task that can start now.</summary>
    private bool TryTakeNext(out WorkerTask task)
    {
        if (_loaded.Count > 0 && TryPeek(_loaded, WorkerTaskState.Ready, out task, out _) && _loaded.TryDequeue(out task))
        {
            StopLoading(task);
            return true;
        }

        if (Status != Status.Running)
        {
            task = null!;
            return false;
        }

        var hasReady = TryPeek(_ready, WorkerTaskState.Ready, out var ready, out var readyOrder);
        var hasConstrained = TryPeek(_constrained, WorkerTaskState.Constrained, out var constrained, out var constrainedOrder)
            && IsAvailable(constrained.Options!);
        if (hasConstrained && (!hasReady || constrainedOrder < readyOrder))
        {
            _constrained.TryDequeue(out task);
            Occupy(constrained.Options!, -1);
            constrained.HoldsResources = true;
            return true;
        }

        task = ready;
        return hasReady && _ready.TryDequeue(out task);
    }

    private bool TryPeek(MonotoneQueue<WorkerTask> queue, WorkerTaskState state, out WorkerTask task, out long order)
    {
        while (queue.TryPeek(out task, out order))
        {
            if (task.State == state)
            {
                return true;
            }

            queue.TryDequeue(out _);
            Recycle(task); // Given up while it was queued.
        }

        return false;
    }

    /// <summary>Whether all inputs of a task are here; if one has gone, it is to be fetched again.</summary>
    private bool HasInputs(WorkerTask task)
    {
        for (var i = 0; i < task.DependencyCount; i++)
        {
            ref var dependency = ref task.Dependencies[i];
            var handle = _rows.HandleOf(dependency.Key);
            if (handle < 0 || !_rows[handle].HasValue)
            {
                Move(task, WorkerTaskState.Waiting);
                AwaitInput(task, dependency);
            }
        }

        if (task.WaitingFor > 0)
        {
            ReturnResources(task);
        }

        return task.WaitingFor == 0;
    }

    private void AddTo([NotNull] ref ExecutionRun? run, WorkerTask task)
    {
        run ??= BatchPool<ExecutionRun>.Get();
        run.Add(task);
        for (var i = 0; i < task.DependencyCount; i++)
        {
            var handle = _rows.HandleOf(task.Dependencies[i].Key);
            run.AddInput(_rows[handle].Value);
            if (_kept.Count > 0)
            {
                Touch(handle);
            }
        }
    }

    private void LeaveSlot(WorkerTask task)
    {
        if (!task.HasLeftSlot)
        {
            ExecutingCount -= task.Count;
            task.HasLeftSlot = true;
        }
    }

    private void KeepSingle(WorkerTask task, in ExecutionResult result)
    {
        var handle = _rows.HandleOf(task.Key);
        if (handle < 0 || _rows[handle].Task != task)
        {
            return; // Freed while it ran, or overtaken by a new attempt.
        }

        if (outbox.TellsTransitions)
        {
            Tell(task, 1, result.Error is null ? "Memory" : "Erred");
        }

        if (result.Error is { } error)
        {
            ReportError(task, task.Key, error);
            Detach(task);
            return;
        }

        ref var row = ref _rows[handle];
        row.Task = null;
        row.Users = 0;
        var bytes = SizeOf.Measure(result.Value);
        Store(handle, result.Value, bytes, task.Attempt);
        ref var finished = ref outbox.Finished();
        finished.Key = task.Key;
        finished.Count = 1;
        finished.Attempt = task.Attempt;
        finished.NBytes = bytes;
        finished.Seconds = result.Seconds;
        finished.HasValue = bytes <= settings.InlineBytesMax;
        finished.Value = finished.HasValue ? result.Value : default;
        WakeWaiters(task);
        ReleaseInputs(task);
    }

    /// <summary>Elements of a map: those that have a value are finished, one may have failed, the rest goes back to the queue.</summary>
    private void KeepRun(WorkerTask task, in ExecutionResult result)
    {
        KeepElements(task, result);
        if (result.Error is { } error && IsCurrentAt(task, result.Done))
        {
            ReportError(task, task.KeyAt(result.Done), error);
            ClearElement(task, result.Done);
        }

        RequeueElements(task, result.Done);
        if (result.Values is { } values)
        {
            ArrayPool<DataValue>.Shared.Return(values, clearArray: true);
        }
    }

    private void KeepElements(WorkerTask task, in ExecutionResult result)
    {
        var start = 0;
        while (start < result.Done)
        {
            var end = start;
            long bytes = 0;
            while (end < result.Done && IsCurrentAt(task, end) && SizeOf.Measure(result.Values![end]) is var size && size <= settings.InlineBytesMax)
            {
                bytes += size;
                end++;
            }

            if (end > start)
            {
                FinishElements(task, result, start, end - start, bytes / (end - start));
                start = end;
                continue;
            }

            if (IsCurrentAt(task, start))
            {
                FinishElements(task, result, start, 1, SizeOf.Measure(result.Values![start]));
            }

            start++;
        }
    }

    private void FinishElements(WorkerTask task, in ExecutionResult result, int start, int count, long bytes)
    {
        DataValue[]? values = null;
        if (count > 1)
        {
            values = ArrayPool<DataValue>.Shared.Rent(count);
            Array.Copy(result.Values!, start, values, 0, count);
        }

        var handle = _rows.HandleOf(task.KeyAt(start)); // A run lies in one page.
        for (var i = 0; i < count; i++)
        {
            _rows[handle + i].Task = null;
            Store(handle + i, result.Values![start + i], bytes, task.Attempt);
        }

        if (outbox.TellsTransitions)
        {
            Tell(task, count, "Memory");
        }

        ref var finished = ref outbox.Finished();
        finished.Key = task.KeyAt(start);
        finished.Count = count;
        finished.Attempt = task.Attempt;
        finished.NBytes = bytes;
        finished.Seconds = result.Seconds;
        finished.HasValue = bytes <= settings.InlineBytesMax;
        finished.Value = count == 1 && finished.HasValue ? result.Values![start] : default;
        finished.Values = values;
    }

    /// <summary>Puts elements that have not run back into the queue as tasks of their own, without those that were given up or have failed.</summary>
    private void RequeueElements(WorkerTask task, int start)
    {
        while (start < task.Count)
        {
            var length = 0;
            while (start + length < task.Count && IsCurrentAt(task, start + length))
            {
                length++;
            }

            if (length == 0)
            {
                start++;
                continue;
            }

            var part = NewTask(task.KeyAt(start), length, WorkerTaskState.Waiting);
            (part.Work, part.Options, part.Order) = (task.Work, task.Options, task.Order + start);
            (part.Element, part.Attempt) = (task.Element + start, task.Attempt);
            var handle = _rows.HandleOf(part.Key);
            for (var i = 0; i < length; i++)
            {
                _rows[handle + i].Task = part;
            }

            SetReady(part);
            start += length;
        }
    }

    private void ReportError(WorkerTask task, TaskKey key, Exception error)
    {
        if (error is RescheduleException)
        {
            outbox.Send(new TaskRescheduled(key, task.Attempt));
            return;
        }

        outbox.Send(new TaskErred(key, task.Attempt, new TaskError(
            TaskErrorKind.Failed, key, $"{error.GetType().Name}: {error.Message}", error)));
    }

    private void WakeWaiters(WorkerTask task)
    {
        foreach (var waiter in task.Waiters)
        {
            if (waiter.State == WorkerTaskState.Waiting && --waiter.WaitingFor == 0)
            {
                SetReady(waiter);
            }
        }
    }

    private bool IsAvailable(TaskOptions options)
    {
        foreach (var (name, amount) in options.Resources)
        {
            if (_available.GetValueOrDefault(name) < amount)
            {
                return false;
            }
        }

        return true;
    }

    private void Occupy(TaskOptions options, int sign)
    {
        foreach (var (name, amount) in options.Resources)
        {
            _available[name] = _available.GetValueOrDefault(name) + (sign * amount);
        }
    }

    private void ReturnResources(WorkerTask task)
    {
        if (task.HoldsResources)
        {
            task.HoldsResources = false;
            Occupy(task.Options!, 1);
        }
    }
}
