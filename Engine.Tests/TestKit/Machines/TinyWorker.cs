using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>A worker of a tiny cluster: its machine, its ends of queues, and an executor that runs what and when the seed says.</summary>
internal sealed class TinyWorker : IWorkerSink
{
    private readonly TinyCluster _cluster;
    private readonly WorkerOutbox _outbox;
    private readonly List<Execution> _executions = [];

    public TinyWorker(TinyCluster cluster, string name, WorkerSettings settings, TinyStore? store = null)
    {
        (_cluster, Name, Settings) = (cluster, name, settings);
        _outbox = new WorkerOutbox(this);
        Store = store ?? new TinyStore(cluster);
        Machine = new WorkerStateMachine(settings, _outbox);
    }

    public string Name { get; }

    public WorkerSettings Settings { get; }

    public WorkerStateMachine Machine { get; }

    /// <summary>The scheduler's record; known once it has registered.</summary>
    public WorkerState State
    {
        get;
        set => (field, Machine.Self) = (value, value.Address);
    } = null!;

    public TinyStore Store { get; }

    public Queue<Message> FromScheduler { get; } = new();

    public Queue<Message> ToScheduler { get; } = new();

    /// <summary>Requests of this worker to peers, and their answers.</summary>
    public List<TinyFetch> Fetches { get; } = [];

    public bool IsDead { get; set; }

    /// <summary>Whether the scheduler has heard that it is dead.</summary>
    public bool IsGone { get; set; }

    public bool DiesExpectedly { get; set; }

    /// <summary>Its nanny, if it has one.</summary>
    public TinyNanny? Nanny { get; init; }

    /// <summary>Which worker of its nanny it is.</summary>
    public long Number { get; init; }

    /// <summary>What its nanny, or the end of its connection, has it do.</summary>
    public Queue<Action> Own { get; } = new();

    /// <summary>For how many moves of others nothing arrives from it or at it.</summary>
    public int Frozen { get; set; }

    /// <summary>Executions were recalled, and are handed out again in a turn of their own.</summary>
    public bool HasRecalled { get; private set; }

    public bool HasExecutions => _executions.Count > 0;

    private int RunningCount => _executions.Count(static execution => execution is { IsStarted: true, HasSeceded: false });

    /// <summary>Takes up to some messages of the scheduler, and ends the turn.</summary>
    public void Receive(int most)
    {
        for (; most > 0 && FromScheduler.TryDequeue(out var message); most--)
        {
            switch (message)
            {
                case WorkerRegistered or WorkersDeparted or HeartbeatOk:
                    continue; // Fetches from who has departed fail by themselves here.
                case CloseWorker close:
                    Close(close.Reason);
                    return;
                case HeartbeatMissing missing:
                    Close(missing.Reason);
                    return;
            }

            Machine.Handle(message);
            MessagePools.Return(message);
        }

        EndTurn();
    }

    /// <summary>Ends in order: its nanny is told first, then the scheduler; it is gone once that has arrived.</summary>
    public void Close(CloseReason reason)
    {
        if (IsDead)
        {
            return;
        }

        const string detail = "it was told to";
        Nanny?.OnWorkerCloses(this, reason, detail);
        FromScheduler.Clear();
        ToScheduler.Enqueue(new Goodbye(reason, detail));
        (IsDead, DiesExpectedly) = (true, true);
    }

    /// <summary>Ends as a process does that is killed.</summary>
    public void Die()
    {
        if (!IsDead)
        {
            IsDead = true;
            FromScheduler.Clear();
            Nanny?.OnWorkerExited(this, CloseReason.Crashed, "exit code 137");
        }
    }

    /// <summary>Its connection to the scheduler has broken: what was on the way is lost. It comes back, if it may.</summary>
    public void LoseScheduler()
    {
        ToScheduler.Clear();
        FromScheduler.Clear();
        Own.Enqueue(() =>
        {
            if (!IsDead)
            {
                (IsDead, IsGone) = (true, true);
                var reason = Nanny is null || Machine.IsLeaving ? CloseReason.SchedulerLost : _cluster.Return(this);
                if (reason is { } ended)
                {
                    Nanny?.OnWorkerCloses(this, ended, "the network broke its connection");
                }
            }
        });
    }

    public void EndTurn()
    {
        HasRecalled = false;
        Machine.Settle();
        _outbox.Flush();
    }

    /// <summary>Starts or ends one execution, or has one leave its slot, reach its limit or be recalled.</summary>
    public void Work(Random random)
    {
        var waiting = _executions.Find(static execution => !execution.IsStarted);
        if (waiting is not null && RunningCount < Settings.Slots && random.Next(2) == 0)
        {
            waiting.IsStarted = true;
            if (waiting.Task is not { IsAbandoned: true, Count: 1 })
            {
                return;
            }

            End(waiting, new ExecutionResult { Task = waiting.Task });
        }
        else if (_executions.FindAll(static execution => execution.IsStarted) is { Count: > 0 } started)
        {
            var execution = started[random.Next(started.Count)];
            switch (random.Next(8))
            {
                case 0 when execution is { HasSeceded: false, Task: { Count: 1, Work.NeedsContext: true } }:
                    execution.HasSeceded = true;
                    _cluster.Trace("secede", execution.Task.Key);
                    Machine.OnSeceded(execution.Task);
                    break;
                case 1 when execution.Task is { Count: 1, Options.Timeout: not null, IsAbandoned: false }:
                    _cluster.Trace("time limit", execution.Task.Key);
                    Machine.OnTimedOut(execution.Task, execution.Task.Key, execution.Task.Attempt);
                    break;
                default:
                    End(execution, Run(execution, random));
                    break;
            }
        }
        else
        {
            waiting!.IsStarted = true;
        }

        EndTurn();
    }

    public void Stall()
    {
        Machine.OnStalled();
        EndTurn();
    }

    public void ReceiveAnswer(TinyFetch fetch)
    {
        Fetches.Remove(fetch);
        if (fetch.Answer is { } answer)
        {
            Machine.OnDataReply(new DataReply(fetch.RequestId, answer));
        }
        else
        {
            Machine.OnFetchFailed(fetch.RequestId);
        }

        EndTurn();
    }

    /// <summary>The store carries one order out.</summary>
    public void UseStore(Random random)
    {
        Store.CarryOut(Machine, random);
        EndTurn();
    }

    /// <summary>Answers a request of a peer, at once or when the store has been asked.</summary>
    public void Serve(TinyFetch fetch)
    {
        if (Machine.Serve(new GetData(fetch.RequestId, State?.Id ?? default, fetch.Keys), fetch) is { } reply)
        {
            fetch.TrySend(reply);
        }
        else
        {
            fetch.IsPending = true;
            EndTurn();
        }
    }

    public void Pause(bool paused)
    {
        Machine.SetPaused(paused);
        EndTurn();
    }

    void IWorkerSink.Spill(in SpillOrder order) => Store.Orders.Add(order);

    void IWorkerSink.Reply(IConnection requester, DataReply reply) => requester.TrySend(reply);

    void IWorkerSink.SendToScheduler(Message message) => ToScheduler.Enqueue(message);

    void IWorkerSink.Execute(ExecutionRun run)
    {
        for (var i = 0; i < run.Count; i++)
        {
            ref var entry = ref run.Entries[i];
            _executions.Add(new Execution(entry.Task, run.Inputs.AsSpan(entry.InputOffset, entry.InputCount).ToArray()));
        }

        BatchPool<ExecutionRun>.Return(run);
    }

    void IWorkerSink.Cancel(WorkerTask task, CancellationCause cause)
    {
        var execution = _executions.Find(execution => execution.Task == task)
            ?? throw new InvariantViolationException($"what is cancelled runs, but {task.Key} doesn't");
        execution.IsCancelled = execution.IsStarted;
    }

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys) =>
        Fetches.Add(new TinyFetch(holder, requestId, keys));

    void IWorkerSink.Recall()
    {
        HasRecalled = true;
        var recalled = _executions.FindAll(static execution => !execution.IsStarted);
        _executions.RemoveAll(static execution => !execution.IsStarted);
        Machine.OnRecalled(recalled.Select(static execution => execution.Task));
    }

    private static ExecutionResult Run(Execution execution, Random random)
    {
        var task = execution.Task;
        var work = task.Work!;
        var result = new ExecutionResult { Task = task, Seconds = random.Next(3) * 1e-4f };
        var cut = random.Next(4) == 0 ? random.Next(1, task.Count + 1) : task.Count;
        if (task.Count > 1)
        {
            result.Values = ArrayPool<DataValue>.Shared.Rent(task.Count);
        }

        try
        {
            if (execution.IsCancelled && random.Next(2) == 0)
            {
                throw new OperationCanceledException();
            }

            for (; result.Done < cut; result.Done++)
            {
                var value = work.Invoke(new TaskInputs(execution.Inputs), task.Element + result.Done, null);
                if (result.Values is { } values)
                {
                    values[result.Done] = value;
                }
                else
                {
                    result.Value = value;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or RescheduleException or OperationCanceledException)
        {
            result.Error = exception;
        }

        return result;
    }

    private void End(Execution execution, in ExecutionResult result)
    {
        _executions.Remove(execution);
        Machine.OnResult(result);
    }

    private sealed class Execution(WorkerTask task, DataValue[] inputs)
    {
        public WorkerTask Task => task;

        public DataValue[] Inputs => inputs;

        public bool IsStarted { get; set; }

        public bool HasSeceded { get; set; }

        public bool IsCancelled { get; set; }
    }
}

/// <summary>A request to a peer, on its way there or back.</summary>
internal sealed class TinyFetch(WorkerAddress holder, long requestId, TaskKey[] keys) : IConnection
{
    public WorkerAddress Holder => holder;

    public long RequestId => requestId;

    public TaskKey[] Keys => keys;

    public bool IsAnswered { get; set; }

    /// <summary>What the peer has; null if it is gone.</summary>
    public DataEntry[]? Answer { get; set; }

    /// <summary>Whether the peer reads what it is asked for from its store.</summary>
    public bool IsPending { get; set; }

    public string PeerAddress => "test://peer";

    public ComponentIdentity Peer => default;

    public Disconnect? End => null;

    public bool TrySend(Message message)
    {
        (IsAnswered, Answer) = (true, ((DataReply)message).Entries);
        return true;
    }

    public void Close(Disconnect reason) => throw new NotSupportedException("Nothing closes it.");
}
