using Engine.Collections;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Futures are given up, values are let go, tasks are forgotten.</summary>
internal sealed partial class SchedulerStateMachine
{
    private void OnReleaseKeys(ClientState client, ReleaseKeys released)
    {
        const int pageMask = KeyTable<SchedulerTask>.PageSize - 1;
        _stimulus = Stimulus.Released;
        foreach (ref readonly var range in released.Span)
        {
            for (var i = 0; i < range.Count; i++)
            {
                var key = range.First.Value + (ulong)i;
                var handle = _tasks.HandleOf(TaskKey.FromValue(key));
                if (handle < 0)
                {
                    i += pageMask - (int)(key & pageMask); // Nor is anything known of its neighbours.
                }
                else if (_tasks[handle].State != SchedulerTaskState.Forgotten)
                {
                    Unwant(handle, client);
                }
            }

            Drain();
        }
    }

    /// <summary>A client no longer holds a future of a task.</summary>
    private void Unwant(int handle, ClientState client)
    {
        ref var task = ref _tasks[handle];
        var key = _tasks.KeyOf(handle);
        if (key.Client == client.Id)
        {
            task.Flags &= ~SchedulerTaskFlags.Wanted;
        }
        else if (client.ForeignWants.Remove(key))
        {
            task.Extras!.MoreClients!.Remove(client);
        }

        if (!task.IsWanted)
        {
            _unneeded.Enqueue(handle);
        }
    }

    /// <summary>A client holds a future of a task that another one made.</summary>
    private void Want(int handle, ClientState client)
    {
        ref var task = ref _tasks[handle];
        var key = _tasks.KeyOf(handle);
        if (key.Client == client.Id)
        {
            task.Flags |= SchedulerTaskFlags.Wanted;
        }
        else if (client.ForeignWants.Add(key))
        {
            (task.Extras!.MoreClients ??= []).Add(client); // It has a name, or a dataset pins it.
        }
    }

    /// <summary>Releases a task that nobody wants or needs, and forgets it if no dependent could ask for it again.</summary>
    private void LetGo(int handle)
    {
        if (!_tasks.IsPresent(handle))
        {
            return; // Forgotten meanwhile: it was let go for two reasons.
        }

        ref var task = ref _tasks[handle];
        if (task.State == SchedulerTaskState.Forgotten || task.IsWanted || task.Waiters > 0
            || (task.State == SchedulerTaskState.Erred && task.FirstDependent != 0))
        {
            return; // A failure is kept as long as something needs what failed.
        }

        Release(handle);
        if (task.FirstDependent == 0)
        {
            Forget(handle);
        }
    }

    /// <summary>Takes a task back to Released, whatever it was in: its value or its run are no longer needed.</summary>
    private void Release(int handle)
    {
        ref var task = ref _tasks[handle];
        switch (task.State)
        {
            case SchedulerTaskState.Released:
                return;
            case SchedulerTaskState.Waiting:
                DropClaims(task.FirstDependency);
                break;
            case SchedulerTaskState.NoWorker:
                _unrunnable.Remove(handle);
                DropClaims(task.FirstDependency);
                break;
            case SchedulerTaskState.Queued:
                if (--QueuedCount == 0)
                {
                    _queue.Clear();
                }

                // Otherwise its place in the queue is skipped when it comes up.
                break;
            case SchedulerTaskState.Processing:
                var worker = _workers[task.Worker - 1]!;
                EndRun(worker, handle, ref task);
                _outbox.Free(worker, _tasks.KeyOf(handle), task.Attempt);
                DropClaims(task.FirstDependency);
                UpdateRoom(worker);
                break;
            case SchedulerTaskState.Memory:
                DropValue(handle, ref task);
                break;
            case SchedulerTaskState.Erred:
                task.Extras!.Error = null;
                break;
        }

        SetState(handle, ref task, SchedulerTaskState.Released);
        task.Worker = 0;
    }

    /// <summary>Frees a value on all workers that hold it.</summary>
    private void DropValue(int handle, ref SchedulerTask task)
    {
        AwaitNoReplicas(handle, ref task);
        var key = _tasks.KeyOf(handle);
        var first = _workers[task.Worker - 1]!;
        ForgetMove(first, key);
        Unlink(ref first.Held, handle, ref task);
        first.NBytes -= task.NBytes;
        _outbox.Free(first, key, task.Attempt);
        if (task.Extras?.MoreHolders is { } holders)
        {
            foreach (var holder in holders)
            {
                holder.Replicas.Remove(handle);
                holder.NBytes -= task.NBytes;
                ForgetMove(holder, key);
                _outbox.Free(holder, key, task.Attempt);
            }

            _replicated.Remove(handle);
            task.Extras.MoreHolders = null;
        }
    }

    private void Forget(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.Extras?.Options?.Name is { } name && _names.TryGetValue(name, out var holder) && holder == handle)
        {
            _names.Remove(name);
        }

        SetState(handle, ref task, SchedulerTaskState.Forgotten);
        RemoveDependencies(handle);
        _tasks.Vacate(handle);
    }

    private void RemoveDependencies(int handle)
    {
        ref var task = ref _tasks[handle];
        for (var number = task.FirstDependency; number != 0;)
        {
            var edge = _edges[number];
            ref var dependency = ref _tasks[edge.Dependency];
            if (edge.PreviousDependent == 0)
            {
                dependency.FirstDependent = edge.NextDependent;
            }
            else
            {
                _edges[edge.PreviousDependent].NextDependent = edge.NextDependent;
            }

            if (edge.NextDependent != 0)
            {
                _edges[edge.NextDependent].PreviousDependent = edge.PreviousDependent;
            }

            _edges.Remove(number);
            if (dependency.FirstDependent == 0 && dependency.Waiters == 0 && !dependency.IsWanted)
            {
                _unneeded.Enqueue(edge.Dependency);
            }

            number = edge.NextDependency;
        }

        task.FirstDependency = 0;
    }
}
