using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Tasks come in and wait for their inputs.</summary>
internal sealed partial class WorkerStateMachine
{
    private void OnCompute(ComputeBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            ref var compute = ref batch.Entries[i];
            // Guard I5: what comes to a worker that leaves goes back.
            if (IsLeaving)
            {
                Return(compute.Key, compute.Count, compute.Attempt);
                continue;
            }

            if (compute.Count > 1 && (compute.Work.IsAsync || compute.Work.NeedsContext))
            {
                // Elements that may wait, or are cancelled one by one, are tasks of their own.
                for (var element = 0; element < compute.Count; element++)
                {
                    var single = compute with
                    {
                        Key = TaskKey.FromValue(compute.Key.Value + (ulong)element),
                        Order = compute.Order + element,
                        Element = compute.Element + element,
                        Count = 1,
                    };
                    Accept(single, []);
                }
            }
            else
            {
                Accept(compute, batch.Dependencies.AsSpan(compute.DependencyOffset, compute.DependencyCount));
            }
        }
    }

    private void Accept(in ComputeTask compute, ReadOnlySpan<DependencyHolder> dependencies)
    {
        var task = NewTask(compute.Key, compute.Count, WorkerTaskState.Waiting);
        (task.Work, task.Options, task.Order) = (compute.Work, compute.Options, compute.Order);
        (task.Element, task.Attempt) = (compute.Element, compute.Attempt);
        task.SetDependencies(dependencies);
        for (var i = 0; i < compute.Count; i++)
        {
            var handle = OccupiedHandle(task.KeyAt(i));
            ref var row = ref _rows[handle];
            if (row.Task is { } older)
            {
                Displace(older, task);
            }

            row.Task = task;
        }

        foreach (ref readonly var dependency in dependencies)
        {
            AwaitInput(task, dependency);
        }

        if (task.WaitingFor == 0)
        {
            SetReady(task);
        }
    }

    /// <summary>A new attempt takes the place of what there was to do about its key.</summary>
    private void Displace(WorkerTask older, WorkerTask task)
    {
        if (older.Count == 1)
        {
            task.Waiters.AddRange(older.Waiters);
            older.Waiters.Clear();
            ReleaseInputs(older);
            Abandon(older, CancellationCause.Cancelled);
        }
    }

    private void AwaitInput(WorkerTask task, in DependencyHolder dependency)
    {
        var handle = OccupiedHandle(dependency.Key);
        ref var row = ref _rows[handle];
        if (row.HasValue)
        {
            row.Users += row.IsTransient ? 1 : 0;
            return;
        }

        row.Users++;
        task.WaitingFor++;
        RequestValue(ref row, dependency).Waiters.Add(task);
    }

    private void SetReady(WorkerTask task)
    {
        if (task.Options is { Resources.Length: > 0 })
        {
            Move(task, WorkerTaskState.Constrained);
            _constrained.Enqueue(task, task.Order);
        }
        else
        {
            Move(task, WorkerTaskState.Ready);
            _ready.Enqueue(task, task.Order);
        }
    }
}
