using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>
/// Workers with a free slot take tasks from those with more tasks than slots. Only tasks that have not started move: the
/// busy worker is asked to give them up, and what it gives up is assigned anew. dask: work stealing.
/// </summary>
internal sealed partial class SchedulerStateMachine
{
    private const int StealMax = 64;
    private const int VictimsLookedAt = 16; // A step must not look at all workers.

    private int _stealsUnderWay;

    private void BalanceLoad()
    {
        if (!_settings.WorkStealing || _idle.Count == 0 || _busy.Count == 0 || _stealsUnderWay > 0)
        {
            return;
        }

        if (Busiest() is { } victim)
        {
            AskBack(victim);
        }
    }

    /// <summary>What runs on a worker takes longer than was thought, so what waits behind it may be worth moving.</summary>
    /// <remarks>dask: <c>_set_duration_estimate</c>, which takes twice the time that a task has run if it exceeds the estimate.</remarks>
    private void OnStalled(WorkerState worker, double seconds)
    {
        var estimate = (float)(2 * seconds);
        var running = worker.Threads;
        for (var link = worker.Processing.First; link != 0 && running > 0; link = _tasks[link - 1].NextOnWorker)
        {
            ref var task = ref _tasks[link - 1];
            if (task.Has(SchedulerTaskFlags.LongRunning) || task.IsAhead)
            {
                continue;
            }

            running--; // The first that were assigned are those that run, or as good as any for the sum.
            if (task.Estimate < estimate)
            {
                worker.Occupancy += estimate - task.Estimate;
                task.Estimate = estimate;
            }
        }

        for (var link = worker.StealsUnderWay == 0 ? worker.Processing.First : 0; link != 0; link = _tasks[link - 1].NextOnWorker)
        {
            _tasks[link - 1].Flags &= ~SchedulerTaskFlags.StealRequested; // What was refused before has been taken back from its lane since.
        }

        UpdateRoom(worker);
    }

    /// <summary>The worker with most work that waits for a slot, if moving some of it is worth the move.</summary>
    private WorkerState? Busiest()
    {
        WorkerState? busiest = null;
        for (var i = 0; i < Math.Min(_busy.Count, VictimsLookedAt); i++)
        {
            if (busiest is null || WaitOf(_busy[i]) > WaitOf(busiest))
            {
                busiest = _busy[i];
            }
        }

        return busiest is not null && WaitOf(busiest) > 20 * _settings.TransferLatencySeconds ? busiest : null;
    }

    private static double WaitOf(WorkerState worker) => worker.Occupancy / worker.Threads;

    /// <summary>Asks for the tasks that the victim would start last, up to an equal share for each idle worker.</summary>
    private void AskBack(WorkerState victim)
    {
        var waiting = victim.ActiveCount - victim.Threads;
        var most = Math.Min(StealMax, Math.Max(1, waiting * _idle.Count / (_idle.Count + 1)));
        for (var link = victim.Processing.Last; link != 0 && most > 0; link = _tasks[link - 1].PreviousOnWorker)
        {
            ref var task = ref _tasks[link - 1];
            if ((task.Flags & (SchedulerTaskFlags.StealRequested | SchedulerTaskFlags.LongRunning)) == 0 && !task.IsAhead
                && MayRunOn(ref task, _idle.Last) && IsWorthMoving(ref task, victim))
            {
                task.Flags |= SchedulerTaskFlags.StealRequested;
                _outbox.Steal(victim, _tasks.KeyOf(link - 1), task.Attempt);
                _stealsUnderWay++;
                victim.StealsUnderWay++;
                most--;
            }
        }
    }

    private bool IsWorthMoving(ref SchedulerTask task, WorkerState victim)
    {
        long bytes = 0;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            bytes += _tasks[_edges[number].Dependency].NBytes;
        }

        return Cost(_idle.Last, bytes) < WaitOf(victim) / 2;
    }

    private void OnStealResponse(WorkerState victim, StealResponse response)
    {
        _stimulus = Stimulus.Stolen;
        foreach (ref readonly var answer in response.Span)
        {
            _stealsUnderWay--;
            victim.StealsUnderWay--;
            var handle = _tasks.HandleOf(answer.Key);
            if (handle < 0 || !IsCurrent(handle, victim, answer.Attempt))
            {
                continue;
            }

            if (answer.GivenUp)
            {
                Reassign(handle, victim);
            }

            // A refused one has started: it keeps its mark, so that it isn't asked for again and again.
        }

        UpdateRoom(victim);
    }

    /// <summary>An assigned task's input may be lost; it may have the value, so it is left alone until it says that it lacks it.</summary>
    private bool HasInputs(ref SchedulerTask task)
    {
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            if (_tasks[_edges[number].Dependency].State != SchedulerTaskState.Memory)
            {
                return false;
            }
        }

        return true;
    }

    private void Reassign(int handle, WorkerState victim)
    {
        ref var task = ref _tasks[handle];
        if (_idle.Count == 0 || !MayRunOn(ref task, _idle.Last) || !HasInputs(ref task))
        {
            StartOver(handle, victim);
            return;
        }

        var thief = _idle.Last;
        EndRun(victim, handle, ref task);
        Assign(thief, handle, 1);
        UpdateRoom(thief);
    }
}
