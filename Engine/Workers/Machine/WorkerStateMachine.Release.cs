using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Values and tasks are given up, or given back.</summary>
internal sealed partial class WorkerStateMachine
{
    private void OnFree(FreeKeys free)
    {
        foreach (ref readonly var freed in free.Span)
        {
            var handle = _rows.HandleOf(freed.Key);
            if (handle < 0)
            {
                continue;
            }

            ref var row = ref _rows[handle];
            if (row.Task is { State: not (WorkerTaskState.Fetch or WorkerTaskState.Flight) } task && task.Attempt <= freed.Attempt)
            {
                GiveUp(task, freed.Key, CancellationCause.Cancelled);
            }

            // Guard I7: an older order to free a value changes nothing.
            if (row.HasValue && row.Attempt <= freed.Attempt)
            {
                DropValue(handle);
            }
        }
    }

    private readonly List<TaskAttempt> _recalledForSteal = [];
    private readonly List<TaskAttempt> _cutForSteal = [];

    /// <summary>
    /// Gives back what has not started. Problem: the executor is handed more than it has slots for, and only it knows
    /// what has started. Idea: what it has is recalled before the answer. A map's run that has started is cut after the
    /// element that runs: the answer is no, and what was asked for and comes back is then offered to be placed anew.
    /// </summary>
    private void OnStealRequest(StealRequest steal)
    {
        foreach (ref readonly var asked in steal.Span)
        {
            if (ExecutingCount > settings.Slots && FindAttempt(asked) is { State: WorkerTaskState.Executing })
            {
                _recalledForSteal.Add(asked);
                outbox.Recall();
            }
            else
            {
                outbox.StealAnswer(asked.Key, asked.Attempt, TryGiveBack(asked));
            }
        }
    }

    private void AnswerRecalled()
    {
        foreach (var asked in _recalledForSteal)
        {
            if (FindAttempt(asked) is { State: WorkerTaskState.Executing, Count: > 1 })
            {
                _cutForSteal.Add(asked);
            }

            outbox.StealAnswer(asked.Key, asked.Attempt, TryGiveBack(asked));
        }

        _recalledForSteal.Clear();
    }

    /// <summary>Offers elements that were asked for while their run had started, and have not run.</summary>
    private void OfferCut()
    {
        for (var i = _cutForSteal.Count - 1; i >= 0; i--)
        {
            if (FindAttempt(_cutForSteal[i]) is { State: WorkerTaskState.Executing })
            {
                continue;
            }

            if (TryGiveBack(_cutForSteal[i]))
            {
                outbox.Send(new TaskRescheduled(_cutForSteal[i].Key, _cutForSteal[i].Attempt));
            }

            _cutForSteal.RemoveAt(i);
        }
    }

    private WorkerTask? FindAttempt(TaskAttempt asked)
    {
        var handle = _rows.HandleOf(asked.Key);
        return handle >= 0 && _rows[handle].Task is { } task && task.Attempt == asked.Attempt ? task : null;
    }

    private bool TryGiveBack(TaskAttempt asked)
    {
        if (FindAttempt(asked) is not { State: WorkerTaskState.Waiting or WorkerTaskState.Ready or WorkerTaskState.Constrained } task)
        {
            return false;
        }

        GiveUp(task, asked.Key, CancellationCause.None);
        return true;
    }

    /// <summary>Gives up one key's task; of a map's run just that element.</summary>
    private void GiveUp(WorkerTask task, TaskKey key, CancellationCause cause)
    {
        if (task.Count == 1)
        {
            Detach(task);
            Abandon(task, cause);
            return;
        }

        var index = (int)(key.Value - task.Key.Value);
        ClearElement(task, index);
        if (task.State == WorkerTaskState.Ready)
        {
            // The run is cut in two. One that is running goes on; the element's result is dropped.
            RequeueElements(task, 0);
            Move(task, WorkerTaskState.Released);
        }
    }

    private void ClearElement(WorkerTask task, int index)
    {
        var handle = _rows.HandleOf(task.KeyAt(index));
        _rows[handle].Task = null;
        if (!_rows[handle].HasValue)
        {
            _rows.Vacate(handle);
        }
    }

    /// <summary>Cuts a task off from its row and its inputs.</summary>
    private void Detach(WorkerTask task)
    {
        var handle = _rows.HandleOf(task.Key);
        if (handle >= 0 && _rows[handle].Task == task)
        {
            _rows[handle].Task = null;
            if (!_rows[handle].HasValue)
            {
                _rows.Vacate(handle);
            }
        }

        ReleaseInputs(task);
        SendWaitersBack(task);
    }

    /// <summary>The value that tasks here wait for won't come from this: they go back to the scheduler, which knows better.</summary>
    private void SendWaitersBack(WorkerTask source)
    {
        foreach (var waiter in source.Waiters)
        {
            if (waiter.State == WorkerTaskState.Waiting)
            {
                var place = Array.FindIndex(waiter.Dependencies, dependency => dependency.Key == source.Key);
                outbox.Send(new InputMissing(waiter.Key, waiter.Attempt, source.Key, waiter.Dependencies[place].Holder));
                Detach(waiter);
                Abandon(waiter, CancellationCause.None);
            }
        }

        source.Waiters.Clear();
    }

    /// <summary>Ends a task that is cut off: what knows it still will drop it.</summary>
    private void Abandon(WorkerTask task, CancellationCause cause)
    {
        task.AbandonedBy = cause;
        task.IsAbandoned = true;
        switch (task.State)
        {
            case WorkerTaskState.Executing or WorkerTaskState.LongRunning:
                outbox.Cancel(task, cause);
                break; // The executor will say that it ended.
            case WorkerTaskState.Waiting:
                StopWaiting(task);
                Recycle(task);
                break;
            default:
                Move(task, WorkerTaskState.Released); // Its queue drops it when it comes up.
                break;
        }
    }

    private void StopWaiting(WorkerTask task)
    {
        for (var i = 0; i < task.DependencyCount; i++)
        {
            var handle = _rows.HandleOf(task.Dependencies[i].Key);
            if (handle >= 0)
            {
                _rows[handle].Task?.Waiters.Remove(task);
            }
        }
    }

    /// <summary>A task no longer reads its inputs; a copy that nobody else will read goes.</summary>
    private void ReleaseInputs(WorkerTask task)
    {
        if (task.IsLoading)
        {
            StopLoading(task);
            ReturnResources(task);
        }

        for (var i = 0; i < task.DependencyCount; i++)
        {
            var handle = _rows.HandleOf(task.Dependencies[i].Key);
            if (handle >= 0 && _rows[handle].Users > 0 && --_rows[handle].Users == 0 && _rows[handle].IsTransient)
            {
                DropValue(handle);
            }
        }
    }

    private bool IsCurrent(WorkerTask task) => IsCurrentAt(task, 0);

    private bool IsCurrentAt(WorkerTask task, int index)
    {
        var handle = _rows.HandleOf(task.KeyAt(index));
        return handle >= 0 && _rows[handle].Task == task;
    }
}
