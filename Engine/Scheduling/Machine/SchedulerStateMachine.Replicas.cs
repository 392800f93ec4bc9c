using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Copies of values beside the first: who is asked for one, who has one. dask: <c>replicate</c>, <c>acquire-replicas</c>.</summary>
internal sealed partial class SchedulerStateMachine
{
    private const int RecipientsLookedAt = 8; // A step must not look at all workers.
    private readonly OrderedSet _replicated = new();
    private readonly OrderedSet _wished = new();
    private int _recipientTurn;
    private long _copyNumber;

    /// <summary>Asks workers beside the first to take a copy of scattered data. Its clients are told when all have answered.</summary>
    private void SpreadReplicas(int handle, TaskOptions options)
    {
        ref var task = ref _tasks[handle];
        var first = _workers[task.Worker - 1]!;
        var copies = 1;
        for (var i = 1; i < _workers.Count && copies < options.Replicas; i++)
        {
            if (_workers[(first.Index + i) % _workers.Count] is { TakesWork: true } worker && options.Allows(worker.Address))
            {
                AskForCopy(handle, worker);
                task.Extras!.IsNoticeHeld = true;
                copies++;
            }
        }

        Wish(handle, copies);
    }

    /// <summary>Remembers how many copies there shall be. What is wished for is kept, whatever policy runs.</summary>
    private void Wish(int handle, int count)
    {
        var extras = _tasks[handle].Extras ??= new SchedulerTaskExtras();
        if (count > 1 && extras.WantedReplicas <= 1)
        {
            _wished.Add(handle);
        }
        else if (count <= 1 && extras.WantedReplicas > 1)
        {
            _wished.Remove(handle);
        }

        extras.WantedReplicas = count;
        if (count > 1)
        {
            WakeActiveMemory();
        }
    }

    private void AskForCopy(int handle, WorkerState worker)
    {
        ref var task = ref _tasks[handle];
        ((task.Extras ??= new SchedulerTaskExtras()).AwaitedHolders ??= []).Add(new AwaitedCopy(worker, ++_copyNumber));
        worker.AwaitedReplicas.Add(handle);
        worker.AwaitedBytes += task.NBytes;
        _outbox.Acquire(worker, _tasks.KeyOf(handle), SourceOf(handle).Address, _copyNumber);
    }

    /// <summary>The number of the copy that is awaited from a worker; 0: none is.</summary>
    private long AwaitedFrom(WorkerState worker, ref SchedulerTask task) =>
        task.Extras?.AwaitedHolders is { } awaited && awaited.FindIndex(copy => copy.Worker == worker) is var place and >= 0 ? awaited[place].Number : 0;

    private WorkerState SourceOf(int handle) => SourceOf(ref _tasks[handle]);

    /// <summary>Whom to fetch a value from: one that stays, or else one that can be reached, if there is one.</summary>
    private WorkerState SourceOf(ref SchedulerTask task)
    {
        var first = _workers[task.Worker - 1]!;
        return first.Stays || task.Extras?.MoreHolders is not { } more ? first
            : more.Find(static holder => holder.Stays) ?? (first.Cut is null ? first : more.Find(static holder => holder.Cut is null) ?? first);
    }

    private void OnReplicasAdded(WorkerState worker, ReplicasAdded added)
    {
        foreach (ref readonly var copy in added.Span)
        {
            var handle = _tasks.HandleOf(copy.Key);
            if (handle < 0 || _tasks[handle].State != SchedulerTaskState.Memory)
            {
                _outbox.Free(worker, copy.Key, attempt: 0);
                continue;
            }

            ref var task = ref _tasks[handle];
            // Guard I7: an answer to an older request for a copy changes nothing.
            if (copy.Number > 0 && AwaitedFrom(worker, ref task) is var awaited && awaited != copy.Number)
            {
                // The answer to a request that was given up (I7). By now the copy may have been dropped again; if another one is
                // asked for, its answer will tell.
                if (awaited == 0 && !Holds(worker, handle))
                {
                    _outbox.Free(worker, copy.Key, attempt: 0);
                }

                continue;
            }

            if (task.Worker != worker.Index + 1 && worker.Replicas.Add(handle))
            {
                task.Extras ??= new SchedulerTaskExtras();
                (task.Extras.MoreHolders ??= []).Add(worker);
                worker.NBytes += task.NBytes;
                if (task.Extras.MoreHolders.Count == 1)
                {
                    _replicated.Add(handle);
                    WakeActiveMemory();
                }
            }

            StopAwaiting(worker, handle);
        }
    }

    /// <summary>A worker could not get the copy that it was asked to take; it is sent to who holds the value now.</summary>
    private void OnReplicaMissing(WorkerState worker, DataMissing missing)
    {
        OnDataMissing(missing.Key, missing.Holder, missing.IsUnreachable, worker, isForCopy: true);
        var handle = _tasks.HandleOf(missing.Key);
        if (handle < 0 || AwaitedFrom(worker, ref _tasks[handle]) is not (> 0 and var number))
        {
            return;
        }

        var source = SourceOf(handle); // Awaited in Memory only.
        if (source.Id == missing.Holder.Id)
        {
            // It has it, but not for this worker, or not now: somebody else may get it, or this one later. Asked again at once, who has the
            // address of a worker whose connection has ended would say no again and again, until it is known what became of that worker.
            StopAwaiting(worker, handle, failed: true);
        }
        else
        {
            _outbox.Acquire(worker, missing.Key, source.Address, number);
        }
    }

    /// <summary>A worker has its copy, or won't have it: the last one to say so lets the clients know.</summary>
    private void StopAwaiting(WorkerState worker, int handle, bool failed = false)
    {
        ref var task = ref _tasks[handle];
        if (task.Extras?.AwaitedHolders is not { } awaited || awaited.RemoveAll(copy => copy.Worker == worker) == 0)
        {
            return;
        }

        worker.AwaitedReplicas.Remove(handle);
        worker.AwaitedBytes -= task.NBytes;
        if (task.Extras is { IsNoticeHeld: true } && awaited.Count == 0)
        {
            task.Extras.IsNoticeHeld = false;
            NotifyFinished(handle, hasValue: false, default);
        }

        if (awaited.Count == 0)
        {
            AnswerReplicateWaits(_tasks.KeyOf(handle));
        }

        OnCopySettled(handle, failed);
    }

    /// <summary>A worker won't take the copies that it was asked to take.</summary>
    private void AbandonCopies(WorkerState worker)
    {
        foreach (var handle in worker.AwaitedReplicas.ToArray())
        {
            StopAwaiting(worker, handle);
        }
    }

    /// <summary>The value goes: no copy of it is awaited any longer, and none is counted.</summary>
    private void AwaitNoReplicas(int handle, ref SchedulerTask task)
    {
        if (task.Extras is not { } extras)
        {
            return;
        }

        if (extras.AwaitedHolders is { } awaited)
        {
            foreach (var copy in awaited)
            {
                copy.Worker.AwaitedReplicas.Remove(handle);
                copy.Worker.AwaitedBytes -= task.NBytes;
            }

            extras.AwaitedHolders = null;
        }

        extras.IsNoticeHeld = false;
        if (extras.WantedReplicas > 1)
        {
            _wished.Remove(handle);
            extras.WantedReplicas = 1;
        }

        AnswerReplicateWaits(_tasks.KeyOf(handle));
    }

    /// <summary>
    /// Who is to take a copy: a running worker that lacks it, isn't known to leave no later than the source, and has least in
    /// memory, of the limit that it has. Looks at a few; at all only if none of those will do.
    /// </summary>
    private WorkerState? ChooseRecipient(int handle, WorkerState source, IReadOnlyCollection<WorkerId>? candidates = null)
    {
        WorkerState? best = null;
        var count = _runningWorkers.Count;
        for (var i = 0; i < count && (i < RecipientsLookedAt || best is null); i++)
        {
            var worker = _runningWorkers[_recipientTurn++ % count];
            if (MayTake(handle, worker, source) && candidates?.Contains(worker.Id) != false && (best is null || IsBetter(worker, best)))
            {
                best = worker;
            }
        }

        return best;
    }

    // Guard I2: who leaves no later takes nothing.
    private bool MayTake(int handle, WorkerState worker, WorkerState source)
    {
        ref var task = ref _tasks[handle];
        return task.Worker != worker.Index + 1
            && !worker.Replicas.Contains(handle)
            && AwaitedFrom(worker, ref task) == 0
            && !(worker.Leaves <= source.Leaves);
    }

    private static bool IsBetter(WorkerState worker, WorkerState than)
    {
        if (worker.Leaves is null != than.Leaves is null)
        {
            return worker.Leaves is null;
        }

        return FillOf(worker) < FillOf(than);
    }

    private static double FillOf(WorkerState worker) => (double)(worker.NBytes + worker.AwaitedBytes) / (worker.MemoryLimit ?? 1L << 40);

    /// <summary>Copies that will still be there when all who leave have left.</summary>
    // Guard I2: a copy on one that leaves does not count.
    private int StayingCopies(int handle)
    {
        ref var task = ref _tasks[handle];
        var count = _workers[task.Worker - 1]!.Stays ? 1 : 0;
        if (task.Extras?.MoreHolders is { } more)
        {
            foreach (var holder in more)
            {
                count += holder.Stays ? 1 : 0;
            }
        }

        return count;
    }
}
