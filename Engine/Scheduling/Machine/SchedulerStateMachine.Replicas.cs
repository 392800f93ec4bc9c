using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Copies of values beside the first. dask: <c>replicate</c>, <c>acquire-replicas</c>.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>Asks workers beside the first to take a copy of scattered data. Its clients are told when all have answered.</summary>
    private void SpreadReplicas(int handle, TaskOptions options)
    {
        ref var task = ref _tasks[handle];
        var first = _workers[task.Worker - 1]!;
        var missing = options.Replicas - 1;
        for (var i = 1; i < _workers.Count && missing > 0; i++)
        {
            if (_workers[(first.Index + i) % _workers.Count] is { } worker && options.Allows(worker.Address))
            {
                (task.Extras!.AwaitedHolders ??= []).Add(worker);
                worker.AwaitedReplicas.Add(handle);
                _outbox.Acquire(worker, _tasks.KeyOf(handle), first.Address);
                missing--;
            }
        }
    }

    private void OnReplicasAdded(WorkerState worker, ReplicasAdded added)
    {
        foreach (ref readonly var replica in added.Span)
        {
            var handle = _tasks.HandleOf(replica.Key);
            if (handle < 0 || _tasks[handle].State != SchedulerTaskState.Memory)
            {
                _outbox.Free(worker, replica.Key, replica.Attempt);
                continue;
            }

            ref var task = ref _tasks[handle];
            if (task.Worker != worker.Index + 1 && worker.Replicas.Add(handle))
            {
                task.Extras ??= new SchedulerTaskExtras();
                (task.Extras.MoreHolders ??= []).Add(worker);
                worker.NBytes += task.NBytes;
            }

            StopAwaiting(worker, handle);
        }
    }

    /// <summary>A worker could not get the copy that it was asked to take; it is sent to who holds the value now.</summary>
    private void OnReplicaMissing(WorkerState worker, DataMissing missing)
    {
        OnDataMissing(missing.Key, missing.Holder);
        var handle = _tasks.HandleOf(missing.Key);
        if (handle >= 0 && _tasks[handle].Extras?.AwaitedHolders?.Contains(worker) == true)
        {
            _outbox.Acquire(worker, missing.Key, _workers[_tasks[handle].Worker - 1]!.Address); // Awaited in Memory only.
        }
    }

    /// <summary>A worker has its copy, or won't have it: the last one to say so lets the clients know.</summary>
    private void StopAwaiting(WorkerState worker, int handle)
    {
        if (_tasks[handle].Extras?.AwaitedHolders is { } awaited && awaited.Remove(worker))
        {
            worker.AwaitedReplicas.Remove(handle);
            NotifyFinished(handle, hasValue: false, default);
        }
    }

    /// <summary>The value goes: no copy of it is awaited any longer.</summary>
    private static void AwaitNoReplicas(int handle, ref SchedulerTask task)
    {
        if (task.Extras?.AwaitedHolders is { } awaited)
        {
            foreach (var worker in awaited)
            {
                worker.AwaitedReplicas.Remove(handle);
            }

            task.Extras.AwaitedHolders = null;
        }
    }
}
