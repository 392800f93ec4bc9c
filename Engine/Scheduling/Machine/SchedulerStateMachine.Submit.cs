using Engine.Collections;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Scheduling.Machine;

/// <summary>Tasks come in. dask: <c>update_graph</c>, released → waiting.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>Gives a client's new tasks their keys. One that was there before, or is another client's, may be somebody's task.</summary>
    /// <returns>What is wrong with them; null: nothing.</returns>
    private static string? ClaimKeys(ClientState client, TaskKey first, int count)
    {
        if (first.Client != client.Id)
        {
            return $"{client.Id} submitted {first}, which is another client's";
        }

        if (first.Sequence < client.NextSequence || (ulong)(first.Sequence + count) > TaskKey.MaxSequence + 1)
        {
            return $"{client.Id} submitted {count} tasks from {first} on; a client numbers its tasks upwards, each once, and the next number is {client.NextSequence}";
        }

        client.NextSequence = first.Sequence + count;
        return null;
    }

    private void OnSubmit(SubmitBatch batch)
    {
        _stimulus = Stimulus.Submit;
        var (plain, plainCount) = (0, 0); // A run of tasks that go to the queue as they are.
        var dependencies = batch.Dependencies.AsSpan();
        for (var i = 0; i < batch.Count; i++)
        {
            ref var entry = ref batch.Entries[i];
            var key = TaskKey.FromValue(batch.First.Value + (ulong)i);
            var handle = _tasks.EnsureHandle(key);
            ref var task = ref _tasks[handle];
            _tasks.Occupy(handle);
            var options = batch.OptionsOf(i);
            Create(ref task, entry.Work, options, entry.Element);
            if (entry.DependencyCount == 0 && options is null)
            {
                if (handle != plain + plainCount || (handle & (KeyTable<SchedulerTask>.PageSize - 1)) == 0)
                {
                    EnqueueNew(plain, plainCount);
                    (plain, plainCount) = (handle, 0);
                }

                plainCount++;
                continue;
            }

            EnqueueNew(plain, plainCount); // First, as this one may need them.
            plainCount = 0;
            SetState(handle, ref task, SchedulerTaskState.Waiting);
            if (AddDependencies(handle, dependencies[..entry.DependencyCount]) is { } error
                || (options?.Name is { } name && (error = ClaimName(handle, name)) is not null))
            {
                task.Extras = new SchedulerTaskExtras { Refusal = error }; // It never runs, so how it should have been run is not kept.
            }

            dependencies = dependencies[entry.DependencyCount..];
            StartWaiting(handle);
            Drain();
        }

        EnqueueNew(plain, plainCount);
        TellOfGraph(batch.First, batch.Count);
    }

    private void TellOfGraph(TaskKey first, int count)
    {
        if (TellsGraphs)
        {
            _outbox.Publish(new GraphUpdate(first.Client, first, count));
        }
    }

    private void EnqueueNew(int handle, int count)
    {
        if (count > 0)
        {
            SetStates(handle, count, SchedulerTaskState.Waiting);
            Enqueue(handle, count);
        }
    }

    private void OnSubmitMap(SubmitMap map)
    {
        _stimulus = Stimulus.Submit;
        for (var done = 0; done < map.Count;)
        {
            var handle = _tasks.EnsureHandle(TaskKey.FromValue(map.First.Value + (ulong)done));
            var count = Math.Min(map.Count - done, KeyTable<SchedulerTask>.PageSize - (handle & (KeyTable<SchedulerTask>.PageSize - 1)));
            _tasks.Occupy(handle, count);
            for (var i = 0; i < count; i++)
            {
                ref var task = ref _tasks[handle + i];
                Create(ref task, map.Work, map.Options, done + i);
                if (map.Options is not null)
                {
                    SetState(handle + i, ref task, SchedulerTaskState.Waiting);
                    if (map.Options.Name is { } name && ClaimName(handle + i, name) is { } error)
                    {
                        _failed.Enqueue((handle + i, error));
                    }

                    StartWaiting(handle + i);
                }
            }

            if (map.Options is null)
            {
                EnqueueNew(handle, count);
            }

            done += count;
        }

        TellOfGraph(map.First, map.Count);
    }

    private static void Create(ref SchedulerTask task, TaskWork work, TaskOptions? options, int element)
    {
        task.Work = work;
        task.Element = element;
        task.Function = work.Function.Id;
        task.Flags = SchedulerTaskFlags.Wanted;
        if (options is not null)
        {
            task.Priority = options.Priority;
            task.Extras = new SchedulerTaskExtras { Options = options, RetriesLeft = options.Retries };
        }
    }

    private TaskError? AddDependencies(int handle, ReadOnlySpan<TaskKey> dependencies)
    {
        var last = 0;
        foreach (var key in dependencies)
        {
            var dependency = _tasks.HandleOf(key);
            if (dependency < 0 || dependency == handle || _tasks[dependency].State == SchedulerTaskState.Forgotten)
            {
                return new TaskError(
                    TaskErrorKind.UnknownDependency,
                    key,
                    $"{Describe(handle)} needs {key}, which the scheduler doesn't know: its future was released or lost before. Submit it again.");
            }

            last = AddEdge(dependency, handle, last);
        }

        return null;
    }

    private int AddEdge(int dependency, int dependent, int previous)
    {
        var number = _edges.Add(dependency, dependent);
        ref var edge = ref _edges[number];
        if (previous == 0)
        {
            _tasks[dependent].FirstDependency = number;
        }
        else
        {
            _edges[previous].NextDependency = number;
        }

        ref var first = ref _tasks[dependency].FirstDependent;
        edge.NextDependent = first;
        if (first != 0)
        {
            _edges[first].PreviousDependent = number;
        }

        first = number;
        return number;
    }

    /// <summary>Gives a task the user's name for it, or turns it into an alias of the task that has it already.</summary>
    private TaskError? ClaimName(int handle, string name)
    {
        if (_names.TryAdd(name, handle))
        {
            return null;
        }

        var other = _names[name];
        ref var task = ref _tasks[handle];
        if (!SameDefinition(other, handle))
        {
            return new TaskError(
                TaskErrorKind.KeyConflict,
                _tasks.KeyOf(handle),
                $"The key \"{name}\" belongs to {_tasks[other].Work?.Function.Name ?? "scattered data"} ({_tasks.KeyOf(other)}) with its inputs; "
                + $"{task.Work!.Function.Name} ({_tasks.KeyOf(handle)}) has another function or other inputs. Choose another key, or release the first.");
        }

        RemoveDependencies(handle);
        task.Work = AliasWork.Instance;
        task.Function = AliasWork.Instance.Function.Id;
        AddEdge(other, handle, 0);
        return null;
    }

    private bool SameDefinition(int first, int second)
    {
        if (_tasks[first].Work is not { } work || _tasks[first].Element != _tasks[second].Element || !work.SameDefinition(_tasks[second].Work!))
        {
            return false;
        }

        var left = _tasks[first].FirstDependency;
        var right = _tasks[second].FirstDependency;
        while (left != 0 && right != 0 && _edges[left].Dependency == _edges[right].Dependency)
        {
            (left, right) = (_edges[left].NextDependency, _edges[right].NextDependency);
        }

        return left == 0 && right == 0;
    }

    /// <summary>Somebody needs the value of a task that has none.</summary>
    private void Need(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.State != SchedulerTaskState.Released || (!task.IsWanted && task.Waiters == 0))
        {
            return;
        }

        if (task.Work is null)
        {
            _failed.Enqueue((handle, LostData(handle)));
        }
        else
        {
            SetState(handle, ref task, SchedulerTaskState.Waiting);
            StartWaiting(handle);
        }
    }

    /// <summary>Counts what a task in Waiting still lacks, and asks for it.</summary>
    private void StartWaiting(int handle)
    {
        ref var task = ref _tasks[handle];
        task.WaitingOn = 0;
        if (task.Extras?.Refusal is { } refusal)
        {
            _failed.Enqueue((handle, refusal));
        }

        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            var needed = _edges[number].Dependency;
            ref var dependency = ref _tasks[needed];
            dependency.Waiters++;
            switch (dependency.State)
            {
                case SchedulerTaskState.Memory:
                    continue;
                case SchedulerTaskState.Erred:
                    _failed.Enqueue((handle, dependency.Extras!.Error!));
                    break;
                case SchedulerTaskState.Released when dependency.Work is null:
                    _failed.Enqueue((handle, LostData(needed)));
                    break;
                case SchedulerTaskState.Released:
                    _needed.Enqueue(needed);
                    break;
            }

            task.WaitingOn++;
        }

        if (task.WaitingOn == 0)
        {
            _ready.Enqueue(handle);
        }
        else
        {
            SendAhead(handle);
        }
    }

    private void SetStates(int handle, int count, SchedulerTaskState finish)
    {
        SetState(handle, ref _tasks[handle], finish, count); // One line of story for the run.
        for (var i = 1; i < count; i++)
        {
            _tasks[handle + i].State = finish;
        }
    }
}
