using System.Runtime.InteropServices;
using Engine.Collections;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Carries out what a worker has decided: the shell, the simulator or a recording test.</summary>
internal interface IWorkerSink
{
    void SendToScheduler(Message message);

    /// <summary>Runs tasks. Each comes back as one <see cref="ExecutionResult"/>, unless it is recalled before it starts.</summary>
    void Execute(ExecutionRun run);

    /// <summary>Cancels the token of a running function.</summary>
    void Cancel(WorkerTask task, CancellationCause cause);

    /// <summary>Asks a peer for values. Comes back as one reply or one failure with the same number.</summary>
    void Fetch(WorkerAddress holder, long requestId, TaskKey[] keys);

    /// <summary>Has the store write, read or delete a value; in this order for each key. A write or read comes back as one event.</summary>
    void Spill(in SpillOrder order);

    /// <summary>Answers a request that had to wait for the store.</summary>
    void Reply(IConnection requester, DataReply reply);

    /// <summary>Takes back what no lane has started. Comes back as the tasks that were taken back.</summary>
    void Recall();
}

/// <summary>The worker's instructions: one open batch for each kind, sent when the step is over.</summary>
internal sealed class WorkerOutbox(IWorkerSink sink)
{
    private readonly List<Message> _ready = [];
    private readonly List<ExecutionRun> _runs = [];
    private readonly List<(WorkerTask Task, CancellationCause Cause)> _cancels = [];
    private readonly List<(WorkerAddress Holder, long RequestId, TaskKey[] Keys)> _fetches = [];
    private readonly List<SpillOrder> _spills = [];
    private readonly List<(IConnection Requester, DataReply Reply)> _replies = [];
    private FinishedBatch? _finished;
    private StealResponse? _steals;
    private ReplicasAdded? _added;
    private TasksReturned? _returned;
    private readonly List<TaskTransition> _transitions = [];
    private bool _recall;

    /// <summary>Whether some plugin wants to hear of transitions.</summary>
    public bool TellsTransitions { get; set; }

    /// <summary>Adds a finished task and gives its entry to be filled.</summary>
    public ref FinishedTask Finished() => ref Open(ref _finished).Add();

    public void StealAnswer(TaskKey key, int attempt, bool givenUp) =>
        Open(ref _steals).Add(new StealAnswer { Key = key, Attempt = attempt, GivenUp = givenUp });

    public void ReplicaAdded(TaskKey key, long number) => Open(ref _added).Add(new CopyMade { Key = key, Number = number });

    public void Returned(TaskKey key, int attempt) => Open(ref _returned).Add(new TaskAttempt { Key = key, Attempt = attempt });

    /// <summary>Sends a message after all that the scheduler was told so far.</summary>
    public void Send(Message message)
    {
        CloseAll();
        _ready.Add(message);
    }

    public void Transition(in TaskTransition transition) => _transitions.Add(transition);

    /// <summary>Gives the transitions of the step to plugins.</summary>
    public void TellTransitions(Action<TaskTransition> tell)
    {
        _transitions.ForEach(tell);
        _transitions.Clear();
    }

    public void Execute(ExecutionRun run) => _runs.Add(run);

    public void Cancel(WorkerTask task, CancellationCause cause) => _cancels.Add((task, cause));

    public void Fetch(WorkerAddress holder, long requestId, TaskKey[] keys) => _fetches.Add((holder, requestId, keys));

    public void Spill(in SpillOrder order) => _spills.Add(order);

    public void Reply(IConnection requester, DataReply reply) => _replies.Add((requester, reply));

    public void Recall() => _recall = true;

    /// <summary>Hands everything to the sink. Called once a step, outside of any decision.</summary>
    public void Flush()
    {
        // Work first: lanes and peers can begin while the rest is sent.
        foreach (var run in _runs)
        {
            sink.Execute(run);
        }

        _runs.Clear();
        foreach (var (holder, requestId, keys) in _fetches)
        {
            sink.Fetch(holder, requestId, keys);
        }

        _fetches.Clear();
        FlushSpills();
        foreach (var (requester, reply) in _replies)
        {
            sink.Reply(requester, reply);
        }

        _replies.Clear();
        foreach (var (task, cause) in _cancels)
        {
            sink.Cancel(task, cause);
        }

        _cancels.Clear();
        CloseAll();
        foreach (var message in _ready)
        {
            sink.SendToScheduler(message);
        }

        _ready.Clear();
        if (_recall)
        {
            _recall = false;
            sink.Recall();
        }
    }

    /// <summary>Hands to the sink what the store is to do, and nothing else: for a step that isn't ended, because its incarnation is.</summary>
    public void FlushSpills()
    {
        foreach (ref readonly var order in CollectionsMarshal.AsSpan(_spills))
        {
            sink.Spill(order);
        }

        _spills.Clear();
    }

    private void CloseAll()
    {
        Close(ref _finished);
        Close(ref _steals);
        Close(ref _added);
        Close(ref _returned);
    }

    private TBatch Open<TBatch>(ref TBatch? open)
        where TBatch : Message, Microsoft.Extensions.ObjectPool.IResettable, IBatch, new()
    {
        if (open is { IsFull: false })
        {
            return open;
        }

        Close(ref open);
        return open = BatchPool<TBatch>.Get();
    }

    private void Close<TBatch>(ref TBatch? open)
        where TBatch : Message
    {
        if (open is not null)
        {
            _ready.Add(open);
            open = null;
        }
    }
}
