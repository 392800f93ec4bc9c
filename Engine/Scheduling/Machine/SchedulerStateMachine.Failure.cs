using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Tasks fail, are cancelled, are tried again; values are lost.</summary>
internal sealed partial class SchedulerStateMachine
{
    private void OnErred(WorkerState worker, TaskErred erred)
    {
        _stimulus = Stimulus.Erred;
        var handle = _tasks.HandleOf(erred.Key);
        if (handle < 0 || !IsCurrent(handle, worker, erred.Attempt))
        {
            return;
        }

        ref var task = ref _tasks[handle];
        if (task.Extras is { RetriesLeft: > 0 } extras)
        {
            extras.RetriesLeft--;
            StartOver(handle, worker);
        }
        else
        {
            _failed.Enqueue((handle, erred.Error with { Message = $"{Describe(handle)} failed: {erred.Error.Message}" }));
        }

        UpdateRoom(worker);
    }

    private void OnRescheduled(WorkerState worker, TaskRescheduled rescheduled)
    {
        _stimulus = Stimulus.Rescheduled;
        var handle = _tasks.HandleOf(rescheduled.Key);
        if (handle >= 0 && IsCurrent(handle, worker, rescheduled.Attempt))
        {
            StartOver(handle, worker);
            UpdateRoom(worker);
        }
    }

    private void OnInputMissing(WorkerState worker, InputMissing missing)
    {
        var isKept = OnDataMissing(missing.Input, missing.Holder, missing.IsUnreachable, worker);
        var handle = _tasks.HandleOf(missing.Key);
        if (handle >= 0 && IsCurrent(handle, worker, missing.Attempt))
        {
            if (isKept && IsOutOfPatience(handle) && !CanBeComputedAgain(missing))
            {
                Fail(handle, new TaskError(
                    TaskErrorKind.LostData,
                    missing.Input,
                    $"{Describe(handle)} needs {missing.Input}, which only {missing.Holder} holds, and which other workers could not get from there "
                    + $"{_settings.UnreachableMax + 1} times. See why they can't reach it."));
            }
            else
            {
                StartOver(handle, worker);
            }

            UpdateRoom(worker);
        }
    }

    /// <summary>A worker that was said to hold a value doesn't.</summary>
    /// <param name="key">Whose value.</param>
    /// <param name="holder">Who was said to hold it.</param>
    /// <param name="isUnreachable">Whether it could not be asked; otherwise it said so itself.</param>
    /// <param name="asker">The worker that says so; null: a client does.</param>
    /// <param name="isForCopy">Whether it was only to have a copy: no task waits for it, so nothing is worth computing the value again.</param>
    /// <returns>
    /// Whether the worker still counts as a holder, because nothing could take the place of what it has. Of one whose connection has ended: no, what
    /// becomes of it will be known in a moment, and nobody loses patience until then.
    /// </returns>
    private bool OnDataMissing(TaskKey key, WorkerAddress holder, bool isUnreachable, WorkerState? asker, bool isForCopy = false)
    {
        _stimulus = Stimulus.InputMissing;
        var handle = _tasks.HandleOf(key);
        if (handle < 0 || _tasks[handle].State != SchedulerTaskState.Memory || FindWorker(holder.Id) is not { } worker)
        {
            return false;
        }

        if (_tasks[handle].Worker == worker.Index + 1 || worker.Replicas.Contains(handle))
        {
            // Guard I11: a value is not given up because the way to it is bad.
            if (worker.Cut is not null || (isUnreachable && MustBeKept(handle, worker, isForCopy)))
            {
                return worker.Cut is null; // The way to it is bad, it is there, or may be back: dropping it would be the loss.
            }

            NoLongerRelyOn(handle, worker, isGone: worker == asker);
        }

        return false;
    }

    /// <summary>A worker no longer counts as a holder of a value. It need not hold it either: it may only have been out of reach.</summary>
    /// <param name="handle">Whose value.</param>
    /// <param name="worker">Who.</param>
    /// <param name="isGone">Whether it says itself that it has lost it: then there is nothing to drop but what it has got again meanwhile.</param>
    private void NoLongerRelyOn(int handle, WorkerState worker, bool isGone = false)
    {
        if (!isGone)
        {
            _outbox.Free(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);
        }

        LoseReplica(handle, worker);
    }

    /// <summary>Whether the only copy of a value is not given up although it is out of reach: no task waits for it, or it has no recipe, or is about to be moved.</summary>
    private bool MustBeKept(int handle, WorkerState holder, bool isForCopy)
    {
        ref var task = ref _tasks[handle];
        return task.Extras?.MoreHolders is null or { Count: 0 } && (isForCopy || task.Work is null || holder.Retirement?.Moving.Contains(_tasks.KeyOf(handle)) == true);
    }

    /// <summary>A task could not get an input from its only holder, once more: whether that was once too often.</summary>
    private bool IsOutOfPatience(int handle) => ++(_tasks[handle].Extras ??= new SchedulerTaskExtras()).UnreachableCount > _settings.UnreachableMax;

    /// <summary>Whether an input that is out of reach has a recipe; then it is not waited for any longer.</summary>
    private bool CanBeComputedAgain(InputMissing missing)
    {
        var handle = _tasks.HandleOf(missing.Input);
        if (_tasks[handle].Work is null)
        {
            return false;
        }

        NoLongerRelyOn(handle, FindWorker(missing.Holder.Id)!); // It is the one that was kept.
        return true;
    }

    private void OnLongRunning(WorkerState worker, TaskLongRunning longRunning)
    {
        var handle = _tasks.HandleOf(longRunning.Key);
        if (handle >= 0 && IsCurrent(handle, worker, longRunning.Attempt) && !_tasks[handle].Has(SchedulerTaskFlags.LongRunning))
        {
            ref var task = ref _tasks[handle];
            task.Flags |= SchedulerTaskFlags.LongRunning;
            worker.LongRunningCount++;
            worker.Occupancy = Math.Max(0, worker.Occupancy - task.Estimate);
            task.Estimate = 0;
            UpdateRoom(worker);
        }
    }

    /// <summary>Takes a task from its worker and places it anew. Nothing is counted against it.</summary>
    private void StartOver(int handle, WorkerState worker)
    {
        ref var task = ref _tasks[handle];
        EndRun(worker, handle, ref task);
        SetState(handle, ref task, SchedulerTaskState.Waiting);
        task.Worker = 0;
        DropClaims(task.FirstDependency);
        StartWaiting(handle);
    }

    /// <summary>A task has no value and won't get one; neither will what needs it.</summary>
    private void Fail(int handle, TaskError error)
    {
        ref var task = ref _tasks[handle];
        switch (task.State)
        {
            case SchedulerTaskState.Processing:
                var worker = _workers[task.Worker - 1]!;
                EndRun(worker, handle, ref task);
                UpdateRoom(worker);
                DropClaims(task.FirstDependency);
                break;
            case SchedulerTaskState.Waiting:
                DropClaims(task.FirstDependency);
                break;
            case SchedulerTaskState.NoWorker:
                _unrunnable.Remove(handle);
                DropClaims(task.FirstDependency);
                break;
            case SchedulerTaskState.Queued:
                QueuedCount--; // Its place in the queue is skipped when it comes up.
                break;
            case SchedulerTaskState.Released:
                break;
            default:
                return; // Ended meanwhile.
        }

        SetState(handle, ref task, SchedulerTaskState.Erred);
        task.Worker = 0;
        (task.Extras ??= new SchedulerTaskExtras()).Error = error;
        task.Flags &= ~SchedulerTaskFlags.Detached;
        var status = error.Kind == TaskErrorKind.LostData ? FutureStatus.Lost : FutureStatus.Error;
        Notify(ref task, new KeyNotice { Key = _tasks.KeyOf(handle), Count = 1, Status = status, Error = error });
        for (var number = task.FirstDependent; number != 0; number = _edges[number].NextDependent)
        {
            var dependent = _edges[number].Dependent;
            if (_tasks[dependent].State == SchedulerTaskState.Waiting)
            {
                _failed.Enqueue((dependent, error));
            }
        }

        _unneeded.Enqueue(handle);
    }

    /// <summary>A worker no longer holds a value, of which it had a copy.</summary>
    private void LoseReplica(int handle, WorkerState worker)
    {
        ref var task = ref _tasks[handle];
        if (worker.Replicas.Remove(handle))
        {
            task.Extras!.MoreHolders!.Remove(worker);
            worker.NBytes -= task.NBytes;
            OnCopyLost(handle, worker);
            return;
        }

        Unlink(ref worker.Held, handle, ref task);
        worker.NBytes -= task.NBytes;
        if (task.Extras?.MoreHolders is { Count: > 0 } holders)
        {
            var next = holders[^1];
            holders.RemoveAt(holders.Count - 1);
            next.Replicas.Remove(handle);
            Append(ref next.Held, handle, ref task);
            task.Worker = next.Index + 1;
            OnCopyLost(handle, worker);
            return;
        }

        ForgetMove(worker, _tasks.KeyOf(handle));
        AwaitNoReplicas(handle, ref task);
        SetState(handle, ref task, SchedulerTaskState.Released);
        task.Worker = 0;
        RevertDependents(task.FirstDependent);
        if (task.Work is null)
        {
            _failed.Enqueue((handle, LostData(handle, worker)));
        }
        else
        {
            Notify(ref task, new KeyNotice { Key = _tasks.KeyOf(handle), Count = 1, Status = FutureStatus.Pending });
            _needed.Enqueue(handle);
        }
    }

    /// <summary>Others hold the value still, but one less. If more were wished for, there are rounds anyway.</summary>
    private void OnCopyLost(int handle, WorkerState worker)
    {
        ForgetMove(worker, _tasks.KeyOf(handle));
        if (_tasks[handle].Extras!.MoreHolders!.Count == 0)
        {
            _replicated.Remove(handle);
        }

        WakeLeavingHolders(handle);
    }

    /// <summary>Dependents that have not been assigned wait again. Assigned ones may have the value already; if not, they will say so.</summary>
    private void RevertDependents(int firstEdge)
    {
        for (var number = firstEdge; number != 0; number = _edges[number].NextDependent)
        {
            var dependent = _edges[number].Dependent;
            ref var task = ref _tasks[dependent];
            if (task.State == SchedulerTaskState.NoWorker)
            {
                _unrunnable.Remove(dependent);
                SetState(dependent, ref task, SchedulerTaskState.Waiting);
                task.WaitingOn = 1;
            }
            else if (task.State == SchedulerTaskState.Waiting)
            {
                task.WaitingOn++;
            }
            else if (task.IsAhead)
            {
                _stranded.Enqueue(dependent);
            }
        }
    }

    private TaskError LostData(int handle, WorkerState? worker = null) => new(
        TaskErrorKind.LostData,
        _tasks.KeyOf(handle),
        $"The data {Describe(handle)} is gone with the last worker that held it{(worker is null ? string.Empty : $", {worker}")}. "
        + "Scatter it again, with replicas if workers may fail.");

    /// <summary>
    /// Ends futures of a client and of what depends on them; runs that nobody else wants are stopped. What has ended
    /// stays as it is.
    /// </summary>
    private List<TaskKey> Cancel(ClientState client, IEnumerable<TaskKey> keys, string reason)
    {
        _stimulus = Stimulus.Cancelled;
        var cancelled = new List<TaskKey>();
        var seen = new HashSet<int>();
        var pending = new Stack<int>();
        foreach (var key in keys)
        {
            Visit(_tasks.HandleOf(key));
        }

        while (pending.TryPop(out var handle))
        {
            ref var task = ref _tasks[handle];
            for (var number = task.FirstDependent; number != 0; number = _edges[number].NextDependent)
            {
                Visit(_edges[number].Dependent);
            }

            if (HasEnded(ref task))
            {
                continue;
            }

            var key = _tasks.KeyOf(handle);
            task.Flags &= key.Client == client.Id ? ~SchedulerTaskFlags.Detached : ~SchedulerTaskFlags.None;
            if (key.Client == client.Id ? task.Has(SchedulerTaskFlags.Wanted) : client.ForeignWants.Contains(key))
            {
                cancelled.Add(key);
                _outbox.Notify(client, new KeyNotice
                {
                    Key = key,
                    Count = 1,
                    Status = FutureStatus.Cancelled,
                    Error = new TaskError(TaskErrorKind.Failed, key, reason),
                });
            }

            Unwant(handle, client);
        }

        return cancelled;

        void Visit(int handle)
        {
            if (handle >= 0 && _tasks[handle].State != SchedulerTaskState.Forgotten && seen.Add(handle))
            {
                pending.Push(handle);
            }
        }
    }

    private static bool HasEnded(ref SchedulerTask task) =>
        task.State == SchedulerTaskState.Erred || (task.State == SchedulerTaskState.Memory && task.Extras is not { IsNoticeHeld: true });

    /// <summary>Runs failed tasks again, from the failed ones that they depend on.</summary>
    private void Retry(IEnumerable<TaskKey> keys)
    {
        _stimulus = Stimulus.Retried;
        var pending = new Stack<int>(keys.Select(_tasks.HandleOf).Where(handle => handle >= 0));
        while (pending.TryPop(out var handle))
        {
            ref var task = ref _tasks[handle];
            if (task.State != SchedulerTaskState.Erred || task.Work is null
                || task.Extras!.Error!.Kind is TaskErrorKind.UnknownDependency or TaskErrorKind.KeyConflict)
            {
                continue; // What was submitted wrongly has to be submitted anew; its inputs were never linked, or its name never claimed.
            }

            task.Extras!.Error = null;
            task.Extras.RetriesLeft = task.Extras.Options?.Retries ?? 0;
            SetState(handle, ref task, SchedulerTaskState.Released);
            Notify(ref task, new KeyNotice { Key = _tasks.KeyOf(handle), Count = 1, Status = FutureStatus.Pending });
            for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
            {
                pending.Push(_edges[number].Dependency);
            }

            _needed.Enqueue(handle);
        }
    }
}
