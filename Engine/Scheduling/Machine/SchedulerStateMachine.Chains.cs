namespace Engine.Scheduling.Machine;

/// <summary>The lists of a worker's tasks, linked through the rows: constant time in, out, and whole.</summary>
internal sealed partial class SchedulerStateMachine
{
    private void Append(ref TaskChain chain, int handle, ref SchedulerTask task)
    {
        (task.PreviousOnWorker, task.NextOnWorker) = (chain.Last, 0); // What they were elsewhere is still there.
        if (chain.Last == 0)
        {
            chain.First = handle + 1;
        }
        else
        {
            _tasks[chain.Last - 1].NextOnWorker = handle + 1;
        }

        chain.Last = handle + 1;
        chain.Count++;
    }

    private void Unlink(ref TaskChain chain, int handle, ref SchedulerTask task)
    {
        if (task.PreviousOnWorker == 0)
        {
            chain.First = task.NextOnWorker;
        }
        else
        {
            _tasks[task.PreviousOnWorker - 1].NextOnWorker = task.NextOnWorker;
        }

        if (task.NextOnWorker == 0)
        {
            chain.Last = task.PreviousOnWorker;
        }
        else
        {
            _tasks[task.NextOnWorker - 1].PreviousOnWorker = task.PreviousOnWorker;
        }

        chain.Count--;
    }

    private IEnumerable<int> HandlesOn(TaskChain chain)
    {
        for (var link = chain.First; link != 0; link = _tasks[link - 1].NextOnWorker)
        {
            yield return link - 1;
        }
    }

    private void LeaveProcessing(WorkerState worker, int handle, ref SchedulerTask task)
    {
        Unlink(ref worker.Processing, handle, ref task);
        if (task.Has(SchedulerTaskFlags.LongRunning))
        {
            worker.LongRunningCount--;
        }

        if (task.IsAhead)
        {
            worker.AheadCount--;
            task.WaitingOn = 0;
        }

        worker.Occupancy = worker.Processing.Count == 0 ? 0 : Math.Max(0, worker.Occupancy - task.Estimate);
        task.Flags &= ~(SchedulerTaskFlags.StealRequested | SchedulerTaskFlags.LongRunning);
        task.Estimate = 0;
        if (worker.Retirement is { } retirement)
        {
            MarkDirty(retirement);
        }
    }
}
