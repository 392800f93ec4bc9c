using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.ActiveMemory.Machine;

namespace Engine.Scheduling.Machine;

/// <summary>
/// Copies of values, round by round: policies propose, the manager decides. A retirement doesn't wait for rounds; it
/// decides by the same rules (<see cref="ChooseRecipient"/>), each time a copy is confirmed.
/// </summary>
/// <remarks>dask: <c>ActiveMemoryManagerExtension</c>.</remarks>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<IActiveMemoryManagerPolicy> _policies = [];
    private readonly List<(ClientState Client, long RequestId, HashSet<TaskKey> Keys)> _replicateWaits = [];
    private bool _isActiveMemoryOn;
    private bool _isRoundDue;

    /// <summary>
    /// Adds a policy; one of the same name is replaced. They run in the order in which they came, but for the one that drops what nobody needs: that
    /// runs last. What another one copies in order to move it looks spare to it, and it would drop it where that one wants it.
    /// </summary>
    public void AddPolicy(IActiveMemoryManagerPolicy policy)
    {
        RemovePolicy(policy.Name);
        var last = _policies.FindIndex(static other => other is ReduceReplicas);
        _policies.Insert(last < 0 ? _policies.Count : last, policy);
        WakeActiveMemory();
    }

    /// <summary>Removes a policy. Says whether it was there.</summary>
    public bool RemovePolicy(string name) => _policies.RemoveAll(policy => policy.Name == name) > 0;

    /// <summary>There may be something to do in a round; without that there are none.</summary>
    private void WakeActiveMemory()
    {
        if (_isActiveMemoryOn && !_isRoundDue)
        {
            _isRoundDue = true;
            _deadlines.Add(_now + _settings.ActiveMemoryInterval, DeadlineKind.ActiveMemory, 0);
        }
    }

    private void OnActiveMemoryDue()
    {
        _isRoundDue = false;
        if (!_isActiveMemoryOn)
        {
            return;
        }

        RunActiveMemory();
        if (_replicated.Count > 0 || _wished.Count > 0 || _policies.Exists(static policy => policy is not ReduceReplicas))
        {
            WakeActiveMemory();
        }
    }

    private void RunActiveMemory()
    {
        FulfilWishes();
        var round = new MemoryRound(this);
        foreach (var policy in _policies.ToList())
        {
            try
            {
                policy.Run(round);
            }
#pragma warning disable CA1031 // The policy is the user's: whatever it throws, the others run, and the scheduler goes on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogEvent("plugins", $"the policy {policy.Name} threw {exception.GetType().Name}: {exception.Message}");
            }
        }
    }

    private bool SteerActiveMemory(ActiveMemoryCommand command)
    {
        switch (command)
        {
            case ActiveMemoryCommand.Start:
                _isActiveMemoryOn = true;
                WakeActiveMemory();
                break;
            case ActiveMemoryCommand.Stop:
                _isActiveMemoryOn = false;
                break;
            case ActiveMemoryCommand.AddRebalance:
                AddPolicy(new Rebalance());
                break;
            case ActiveMemoryCommand.RunOnce:
                RunActiveMemory();
                break;
        }

        return _isActiveMemoryOn;
    }

    /// <summary>Copies what somebody wished more copies of than there are.</summary>
    private void FulfilWishes()
    {
        foreach (var handle in _wished.ToArray())
        {
            FulfilWish(handle);
        }
    }

    private void FulfilWish(int handle)
    {
        var awaited = _tasks[handle].Extras!.AwaitedHolders?.Count ?? 0;
        for (var missing = _tasks[handle].Extras!.WantedReplicas - StayingCopies(handle) - awaited; missing > 0; missing--)
        {
            if (ChooseRecipient(handle, SourceOf(handle)) is not { } recipient)
            {
                return;
            }

            AskForCopy(handle, recipient);
        }
    }

    private UnknownKeyException? Replicate(ClientState client, ReplicateRequest request)
    {
        var handles = new List<int>();
        foreach (var key in request.Keys)
        {
            var handle = _tasks.HandleOf(key);
            if (handle < 0 || _tasks[handle].State != SchedulerTaskState.Memory)
            {
                return new UnknownKeyException($"{key} can't be replicated: no worker holds it. Await its future first, and keep it.");
            }

            handles.Add(handle);
        }

        var waiting = new HashSet<TaskKey>();
        foreach (var handle in handles)
        {
            Wish(handle, request.Count);
            FulfilWish(handle);
            if (_tasks[handle].Extras!.AwaitedHolders is { Count: > 0 })
            {
                waiting.Add(_tasks.KeyOf(handle));
            }
        }

        if (waiting.Count == 0)
        {
            Reply(client, request.RequestId, null);
        }
        else
        {
            _replicateWaits.Add((client, request.RequestId, waiting));
        }

        return null;
    }

    /// <summary>A key's copies have come, or won't, or its value is gone: who waits for them is answered.</summary>
    private void AnswerReplicateWaits(TaskKey key)
    {
        for (var i = _replicateWaits.Count - 1; i >= 0; i--)
        {
            var (client, requestId, keys) = _replicateWaits[i];
            if (keys.Remove(key) && keys.Count == 0)
            {
                _replicateWaits.RemoveAt(i);
                Reply(client, requestId, null);
            }
        }
    }

    /// <summary>Who drops a copy, if anybody: one that doesn't stay or run before one that does, then who holds most.</summary>
    private WorkerState? ChooseDropper(int handle, IReadOnlyCollection<WorkerId>? candidates)
    {
        ref var task = ref _tasks[handle];
        if (task.State != SchedulerTaskState.Memory)
        {
            return null;
        }

        var staying = StayingCopies(handle);
        var needed = Math.Max(1, task.Extras?.WantedReplicas ?? 1);
        WorkerState? best = null;
        foreach (var holder in HolderStates(handle))
        {
            var leftOver = staying - (holder.Stays ? 1 : 0);
            // Guard I11: the last copy stays.
            if (leftOver < needed || candidates?.Contains(holder.Id) == false || IsReadOn(handle, holder))
            {
                continue; // The last copy stays (I11), and what was wished for, and what is about to be read.
            }

            if (best is null || (best.TakesWork && !holder.TakesWork) || (best.TakesWork == holder.TakesWork && FillOf(holder) > FillOf(best)))
            {
                best = holder;
            }
        }

        return best;
    }

    private List<WorkerState> HolderStates(int handle)
    {
        ref var task = ref _tasks[handle];
        return [_workers[task.Worker - 1]!, .. task.Extras?.MoreHolders ?? []];
    }

    private bool IsReadOn(int handle, WorkerState worker)
    {
        for (var number = _tasks[handle].FirstDependent; number != 0; number = _edges[number].NextDependent)
        {
            ref var dependent = ref _tasks[_edges[number].Dependent];
            if (dependent.State == SchedulerTaskState.Processing && dependent.Worker == worker.Index + 1)
            {
                return true;
            }
        }

        return false;
    }

    private void DropCopy(int handle, WorkerState worker)
    {
        _outbox.Free(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);
        LoseReplica(handle, worker);
    }

    /// <summary>What a round shows policies.</summary>
    private sealed class MemoryRound(SchedulerStateMachine machine) : IActiveMemoryManager
    {
        public IReadOnlyList<WorkerMemory> Workers =>
            [.. machine.Workers.Select(static worker => new WorkerMemory(worker.Id, worker.Status, worker.NBytes + worker.AwaitedBytes, worker.MemoryLimit))];

        public IEnumerable<TaskKey> ReplicatedKeys => machine._replicated.ToArray().Select(machine._tasks.KeyOf);

        public IEnumerable<TaskKey> KeysOn(WorkerId worker) => machine.FindWorker(worker) is { } state
            ? machine.HandlesOn(state.Held).Concat(state.Replicas.Order()).Select(machine._tasks.KeyOf)
            : [];

        public KeyReplicas? Find(TaskKey key)
        {
            var handle = machine._tasks.HandleOf(key);
            if (handle < 0 || machine._tasks[handle].State != SchedulerTaskState.Memory)
            {
                return null;
            }

            ref var task = ref machine._tasks[handle];
            return new KeyReplicas(
                key, task.NBytes, [.. machine.HolderStates(handle).Select(static holder => holder.Id)], Math.Max(1, task.Extras?.WantedReplicas ?? 1), task.Waiters);
        }

        public WorkerId? Replicate(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null)
        {
            var handle = machine._tasks.HandleOf(key);
            if (handle < 0 || machine._tasks[handle].State != SchedulerTaskState.Memory
                || machine.ChooseRecipient(handle, machine.SourceOf(handle), candidates) is not { } recipient)
            {
                return null;
            }

            machine.AskForCopy(handle, recipient);
            return recipient.Id;
        }

        public WorkerId? Drop(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null)
        {
            var handle = machine._tasks.HandleOf(key);
            if (handle < 0 || machine.ChooseDropper(handle, candidates) is not { } dropper)
            {
                return null;
            }

            machine.DropCopy(handle, dropper);
            return dropper.Id;
        }
    }
}
