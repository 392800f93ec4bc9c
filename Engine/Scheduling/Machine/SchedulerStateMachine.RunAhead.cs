namespace Engine.Scheduling.Machine;

/// <summary>
/// Run-ahead. Problem: a chain of short tasks spends its time on the way to the scheduler and back, once a hop. Idea: a
/// task whose missing inputs are all being made on one worker, which holds the others, is sent there at once; the worker
/// starts it when it has made them. It is assigned like any other and yet no load: it takes no slot while it waits, and
/// nobody can take it over. What ends the making of an input without a value takes it back.
/// </summary>
/// <remarks>Such a task is in Processing with <see cref="SchedulerTask.WaitingOn"/> above zero.</remarks>
internal sealed partial class SchedulerStateMachine
{
    private const int AheadInputsMax = 8; // A task with many inputs is looked at again for each of them.

    /// <summary>A task is now made somewhere: what needs it may follow it there.</summary>
    private void SendDependentsAhead(int handle)
    {
        ref var task = ref _tasks[handle];
        if (!MayBeFollowed(ref task))
        {
            return;
        }

        for (var number = task.FirstDependent; number != 0; number = _edges[number].NextDependent)
        {
            SendAhead(_edges[number].Dependent);
        }
    }

    /// <summary>Sends a task that waits to the worker that makes all that it waits for, if there is one.</summary>
    private void SendAhead(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.State == SchedulerTaskState.Waiting
            && !task.Has(SchedulerTaskFlags.NotAhead)
            && task.Extras is not ({ Options.IsRestricted: true } or { Refusal: not null })
            && MakerOfInputs(ref task) is { TakesWork: true } maker) // I5
        {
            Assign(maker, handle, 1);
        }
    }

    private WorkerState? MakerOfInputs(ref SchedulerTask task)
    {
        WorkerState? maker = null;
        var inputs = 0;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            ref var dependency = ref _tasks[_edges[number].Dependency];
            if (++inputs > AheadInputsMax)
            {
                return null;
            }

            if (dependency.State == SchedulerTaskState.Processing && MayBeFollowed(ref dependency))
            {
                maker ??= _workers[dependency.Worker - 1];
            }
            else if (dependency.State != SchedulerTaskState.Memory)
            {
                return null;
            }
        }

        for (var number = task.FirstDependency; maker is not null && number != 0; number = _edges[number].NextDependency)
        {
            ref var dependency = ref _tasks[_edges[number].Dependency];
            if (dependency.Worker != maker.Index + 1 && dependency.Extras?.MoreHolders?.Contains(maker) != true)
            {
                return null;
            }
        }

        return maker;
    }

    /// <summary>
    /// Whether what needs a task may be sent after it. More than its worker has slots for would have to be shared out
    /// again when it ends. Elements of a map end many at once, and nobody waits for one of them at the worker.
    /// </summary>
    private bool MayBeFollowed(ref SchedulerTask task)
    {
        if (task.State != SchedulerTaskState.Processing || task.Has(SchedulerTaskFlags.NotAhead) || task.Work!.IsMap)
        {
            return false;
        }

        var most = _workers[task.Worker - 1]!.Threads;
        for (var number = task.FirstDependent; number != 0; number = _edges[number].NextDependent)
        {
            if (--most < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The inputs of a task that was sent ahead are there: it counts as load like any other.</summary>
    private void OnInputsMade(ref SchedulerTask task)
    {
        var worker = _workers[task.Worker - 1]!;
        worker.AheadCount--;
        task.Estimate = _functions.Expected(task.Function);
        worker.Occupancy += task.Estimate;
        OnLoadGrown(worker);
    }

    /// <summary>A run ends, or moves, and has made no value: what was sent to wait for it there comes back.</summary>
    private void EndRun(WorkerState worker, int handle, ref SchedulerTask task)
    {
        LeaveProcessing(worker, handle, ref task);
        for (var number = task.FirstDependent; number != 0; number = _edges[number].NextDependent)
        {
            if (_tasks[_edges[number].Dependent].IsAhead)
            {
                _stranded.Enqueue(_edges[number].Dependent);
            }
        }
    }

    private void TakeBack(int handle)
    {
        if (!_tasks.IsPresent(handle) || !_tasks[handle].IsAhead)
        {
            return; // Ended or placed anew meanwhile.
        }

        var worker = _workers[_tasks[handle].Worker - 1]!;
        _outbox.Free(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);
        if (worker.Retirement is { } retirement)
        {
            retirement.Recalled++;
        }

        StartOver(handle, worker);
    }
}
