using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>A finished task or run that the scheduler was told of, copied.</summary>
internal sealed record ToldFinished(TaskKey Key, int Count, int Attempt, long NBytes, bool HasValue, object?[] Values, float Seconds);

/// <summary>A request to a peer.</summary>
internal sealed record AskedPeer(WorkerAddress Holder, long RequestId, TaskKey[] Keys);

/// <summary>
/// A worker's machine with a recording sink, and the test in the place of its executor, its store and its peers. Every verb is one whole step,
/// after which all indexes are derived again and compared.
/// </summary>
internal sealed partial class WorkerFixture : IWorkerSink, IConnection
{
    private readonly WorkerOutbox _outbox;
    private readonly Dictionary<TaskKey, (WorkerTask Task, object?[] Inputs)> _running = [];

    public WorkerFixture(WorkerSettings? settings = null)
    {
        _outbox = new WorkerOutbox(this);
        Machine = new WorkerStateMachine((settings ?? new WorkerSettings()) with { Validate = true }, _outbox);
    }

    public WorkerStateMachine Machine { get; }

    /// <summary>First keys of what the executor was given, in order.</summary>
    public List<TaskKey> Started { get; } = [];

    /// <summary>How many of them it was given at a time.</summary>
    public List<int> Runs { get; } = [];

    public List<AskedPeer> Asked { get; } = [];

    public List<(TaskKey Key, CancellationCause Cause)> Cancelled { get; } = [];

    public List<ToldFinished> Finished { get; } = [];

    public List<(TaskKey Key, int Attempt, bool GivenUp)> StealAnswers { get; } = [];

    public List<TaskKey> ReplicasAdded { get; } = [];

    /// <summary>What plugins were told, if they want to hear of it: key, count, from which state to which.</summary>
    public List<(TaskKey Key, int Count, string Start, string Finish)> Transitions { get; } = [];

    /// <summary>Tasks that were given back because the worker leaves.</summary>
    public List<(TaskKey Key, int Attempt)> Returned { get; } = [];

    /// <summary>Kinds of what the scheduler was told, in order.</summary>
    public List<string> Order { get; } = [];

    /// <summary>What else the scheduler was told: errors, missing inputs, wishes.</summary>
    public List<Message> Told { get; } = [];

    /// <summary>What the store was told to do, in order.</summary>
    public List<SpillOrder> Orders { get; } = [];

    /// <summary>Requests that were answered after the store was asked.</summary>
    public List<DataReply> LateReplies { get; } = [];

    public int RecallCount { get; private set; }

    public static TaskKey Key(int number) => new(new ClientId(1), number);

    public static WorkerAddress Peer(int number) => new(new WorkerId(number), $"test://{number}", $"w{number}");

    public WorkerTask TaskOf(TaskKey key) => _running[key].Task;

    /// <summary>The values that the executor was given with a task.</summary>
    public object?[] InputsOf(TaskKey key) => _running[key].Inputs;

    public bool Holds(TaskKey key) => Serve(key)![0].Found;

    public object? ValueOf(TaskKey key) => Serve(key)![0].Value.Boxed;

    /// <summary>From now on plugins hear of transitions.</summary>
    public void TellTransitions() => _outbox.TellsTransitions = true;

    void IWorkerSink.Execute(ExecutionRun run)
    {
        Runs.Add(run.Count);
        for (var i = 0; i < run.Count; i++)
        {
            ref var entry = ref run.Entries[i];
            var inputs = run.Inputs.AsSpan(entry.InputOffset, entry.InputCount).ToArray();
            _running[entry.Task.Key] = (entry.Task, [.. inputs.Select(static input => input.Boxed)]);
            Started.Add(entry.Task.Key);
        }

        BatchPool<ExecutionRun>.Return(run);
    }

    void IWorkerSink.Cancel(WorkerTask task, CancellationCause cause) => Cancelled.Add((task.Key, cause));

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys) => Asked.Add(new AskedPeer(holder, requestId, keys));

    void IWorkerSink.Spill(in SpillOrder order)
    {
        // What the store says of an older order must not be taken for its answer to this one.
        var (action, number) = (order.Action, order.Number);
        Assert.DoesNotContain(Orders, earlier => action != SpillAction.Delete && earlier.Action != SpillAction.Delete && earlier.Number == number);
        Orders.Add(order);
    }

    void IWorkerSink.Reply(IConnection requester, DataReply reply) => requester.TrySend(reply);

    void IWorkerSink.Recall() => RecallCount++;

    void IWorkerSink.SendToScheduler(Message message)
    {
        Order.Add(message.GetType().Name);
        switch (message)
        {
            case FinishedBatch batch:
                Finished.AddRange(batch.Span.ToArray().Select(Copy));
                break;
            case StealResponse batch:
                StealAnswers.AddRange(batch.Span.ToArray().Select(static answer => (answer.Key, answer.Attempt, answer.GivenUp)));
                break;
            case Protocol.ReplicasAdded batch:
                ReplicasAdded.AddRange(batch.Span.ToArray().Select(static replica => replica.Key));
                break;
            case TasksReturned batch:
                Returned.AddRange(batch.Span.ToArray().Select(static returned => (returned.Key, returned.Attempt)));
                break;
            default:
                Told.Add(message);
                break;
        }

        MessagePools.Return(message);
    }

    private static ToldFinished Copy(FinishedTask finished)
    {
        // A value goes along only if that is said; several are in an array, one is not.
        Assert.Equal(finished is { HasValue: true, Count: > 1 }, finished.Values is not null);
        Assert.True(finished is { HasValue: true, Count: 1 } || finished.Value.Boxed is null);
        object?[] values = finished switch
        {
            { HasValue: false } => [],
            { Values: { } several } => [.. several.Take(finished.Count).Select(static value => value.Boxed)],
            _ => [finished.Value.Boxed],
        };
        return new ToldFinished(finished.Key, finished.Count, finished.Attempt, finished.NBytes, finished.HasValue, values, finished.Seconds);
    }

    string IConnection.PeerAddress => "test://peer";

    ComponentIdentity IConnection.Peer => default;

    Disconnect? IConnection.End => null;

    bool IConnection.TrySend(Message message)
    {
        LateReplies.Add((DataReply)message);
        return true;
    }

    void IConnection.Close(Disconnect reason) => Assert.Fail("Nothing is to be closed.");

    public void Settle()
    {
        Machine.Settle();
        _outbox.TellTransitions(told => Transitions.Add((told.Key, told.Count, told.Start, told.Finish)));
        _outbox.Flush();
        Machine.Validate();
    }
}
