using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Results come in. dask: processing → memory.</summary>
internal sealed partial class SchedulerStateMachine
{
    private void OnFinished(WorkerState worker, FinishedBatch batch)
    {
        _stimulus = Stimulus.Finished;
        for (var i = 0; i < batch.Count; i++)
        {
            ref var finished = ref batch.Entries[i];
            var handle = _tasks.HandleOf(finished.Key);
            if (finished.Count > 1)
            {
                FinishRun(worker, handle, ref finished);
            }
            else if (handle >= 0 && IsCurrent(handle, worker, finished.Attempt))
            {
                Finish(worker, handle, finished);
            }
            else
            {
                _outbox.Free(worker, finished.Key, finished.Attempt); // Given up meanwhile; the worker needn't hold it.
            }

            Drain();
        }

        UpdateRoom(worker);
    }

    /// <summary>Whether a worker's answer is about the running attempt (I7).</summary>
    // Guard I7: an answer to an older attempt changes nothing.
    private bool IsCurrent(int handle, WorkerState worker, int attempt)
    {
        ref var task = ref _tasks[handle];
        return task.State == SchedulerTaskState.Processing && task.Worker == worker.Index + 1 && task.Attempt == attempt;
    }

    private void Finish(WorkerState worker, int handle, in FinishedTask finished)
    {
        ref var task = ref _tasks[handle];
        _functions.Observe(task.Function, finished.Seconds);
        EnterMemory(worker, handle, ref task, finished.NBytes);
        SetState(handle, ref task, SchedulerTaskState.Memory);
        if (task.FirstDependent != 0)
        {
            SatisfyDependents(task.FirstDependent);
        }

        if (task.FirstDependency != 0)
        {
            DropClaims(task.FirstDependency);
        }

        if (task.Flags == SchedulerTaskFlags.Wanted && task.Extras is null)
        {
            // The usual case in one line: its maker alone wants it.
            if (OwnerOf(handle) is { } owner)
            {
                _outbox.Notify(owner, new KeyNotice
                {
                    Key = finished.Key,
                    Count = 1,
                    Status = FutureStatus.Finished,
                    HasValue = finished.HasValue,
                    Value = finished.Value,
                });
            }

            return;
        }

        if (task.Has(SchedulerTaskFlags.IsData) && task.Extras?.Options is { Replicas: > 1 } options)
        {
            SpreadReplicas(handle, options);
        }

        task.Flags &= ~SchedulerTaskFlags.Detached;

        // Data stays with its workers: a client that had a copy could not tell that it is lost.
        var hasValue = finished.HasValue && !task.Has(SchedulerTaskFlags.IsData);
        NotifyFinished(handle, hasValue, hasValue ? finished.Value : default);
        _unneeded.Enqueue(handle);
    }

    /// <summary>Several elements of a map at once; they lie side by side in one page.</summary>
    private void FinishRun(WorkerState worker, int handle, ref FinishedTask finished)
    {
        if (handle >= 0 && finished.HasValue && IsPlainRun(worker, handle, finished.Count, finished.Attempt))
        {
            _functions.Observe(_tasks[handle].Function, finished.Seconds);
            for (var i = 0; i < finished.Count; i++)
            {
                EnterMemory(worker, handle + i, ref _tasks[handle + i], finished.NBytes);
            }

            SetStates(handle, finished.Count, SchedulerTaskState.Memory);
            if (OwnerOf(handle) is { } owner)
            {
                _outbox.Notify(owner, new KeyNotice
                {
                    Key = finished.Key,
                    Count = finished.Count,
                    Status = FutureStatus.Finished,
                    HasValue = true,
                    Values = finished.Values,
                });
                finished.Values = null; // The notice carries the array on.
            }

            return;
        }

        for (var i = 0; i < finished.Count; i++)
        {
            var key = TaskKey.FromValue(finished.Key.Value + (ulong)i);
            if (handle >= 0 && IsCurrent(handle + i, worker, finished.Attempt))
            {
                Finish(worker, handle + i, finished with { Key = key, Count = 1, Value = finished.Values![i], Values = null });
            }
            else
            {
                _outbox.Free(worker, key, finished.Attempt);
            }
        }
    }

    /// <summary>Whether all elements of a run are current, wanted by their maker alone, and needed by nobody.</summary>
    private bool IsPlainRun(WorkerState worker, int handle, int count, int attempt)
    {
        for (var i = 0; i < count; i++)
        {
            ref var task = ref _tasks[handle + i];
            if (!IsCurrent(handle + i, worker, attempt) || task.Flags != SchedulerTaskFlags.Wanted
                || task.Extras is not null || task.FirstDependent != 0)
            {
                return false;
            }
        }

        return true;
    }

    private void EnterMemory(WorkerState worker, int handle, ref SchedulerTask task, long bytes)
    {
        LeaveProcessing(worker, handle, ref task);
        Append(ref worker.Held, handle, ref task);
        task.NBytes = bytes;
        worker.NBytes += task.NBytes; // As the row keeps it, so that what is taken off later is the same.
        // Guard I2: a result that comes during a retirement is passed on.
        if (worker.Retirement is { } retirement)
        {
            MayHaveToMove(retirement, _tasks.KeyOf(handle));
        }

        if (task.Work is { IsData: true })
        {
            task.Work = null; // A worker holds it; the scheduler needn't.
            task.Flags |= SchedulerTaskFlags.IsData;
        }
    }

    private void SatisfyDependents(int firstEdge)
    {
        for (var number = firstEdge; number != 0; number = _edges[number].NextDependent)
        {
            var dependent = _edges[number].Dependent;
            ref var task = ref _tasks[dependent];
            if (task.State == SchedulerTaskState.Waiting && --task.WaitingOn == 0)
            {
                _ready.Enqueue(dependent);
            }
            else if (task.IsAhead && --task.WaitingOn == 0)
            {
                OnInputsMade(ref task);
            }
        }
    }

    /// <summary>A task no longer needs its dependencies; the last to need one lets it go.</summary>
    private void DropClaims(int firstEdge)
    {
        for (var number = firstEdge; number != 0; number = _edges[number].NextDependency)
        {
            var needed = _edges[number].Dependency;
            ref var dependency = ref _tasks[needed];
            if (--dependency.Waiters == 0 && !dependency.IsWanted)
            {
                _unneeded.Enqueue(needed);
            }
        }
    }

    private void NotifyFinished(int handle, bool hasValue, Data.DataValue value)
    {
        ref var task = ref _tasks[handle];
        var notice = new KeyNotice
        {
            Key = _tasks.KeyOf(handle),
            Count = 1,
            Status = FutureStatus.Finished,
            HasValue = hasValue,
            Value = value,
        };
        if (task.Extras is not { IsNoticeHeld: true })
        {
            Notify(ref task, notice);
        }
    }

    /// <summary>Tells all clients that hold a future.</summary>
    private void Notify(ref SchedulerTask task, in KeyNotice notice)
    {
        if (task.Has(SchedulerTaskFlags.Wanted) && _clients.GetValueOrDefault(notice.Key.Client) is { } owner)
        {
            _outbox.Notify(owner, notice);
        }

        if (task.Extras?.MoreClients is { } clients)
        {
            foreach (var client in clients)
            {
                _outbox.Notify(client, notice);
            }
        }
    }
}
