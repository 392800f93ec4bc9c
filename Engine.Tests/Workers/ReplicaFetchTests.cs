using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Tests.Workers;

/// <summary>A copy that the scheduler asked for has one answer: it is there, or it could not be got.</summary>
public sealed class ReplicaFetchTests : IWorkerSink
{
    private static readonly TaskKey s_key = new(new ClientId(1), 0);
    private static readonly WorkerAddress s_holder = new(new WorkerId(2), "test://2", "w2");
    private readonly WorkerStateMachine _machine;
    private readonly WorkerOutbox _outbox;
    private readonly List<Message> _sent = [];
    private readonly List<long> _fetches = [];

    public ReplicaFetchTests()
    {
        _outbox = new WorkerOutbox(this);
        _machine = new WorkerStateMachine(new WorkerSettings { Validate = true }, _outbox);
        var acquire = new AcquireReplicas();
        acquire.Add(new CopyRequest { Key = s_key, Holder = s_holder, Number = 1 });
        _machine.Handle(acquire);
        Settle();
    }

    [Fact]
    public void A_copy_that_arrives_is_told()
    {
        _machine.OnDataReply(new DataReply(Assert.Single(_fetches), [new DataEntry { Key = s_key, Found = true, Value = DataValue.From(1), NBytes = 8 }]));
        Settle();

        Assert.Equal(s_key, Assert.IsType<ReplicasAdded>(Assert.Single(_sent)).Entries[0].Key);
    }

    [Fact]
    public void A_holder_without_the_value_is_told() =>
        AssertMissing(() => _machine.OnDataReply(new DataReply(Assert.Single(_fetches), [new DataEntry { Key = s_key }])));

    [Fact]
    public void A_holder_that_is_gone_is_told() => AssertMissing(() => _machine.OnFetchFailed(Assert.Single(_fetches)));

    void IWorkerSink.SendToScheduler(Message message) => _sent.Add(message);

    void IWorkerSink.Execute(ExecutionRun run) => Assert.Fail("Nothing is to run.");

    void IWorkerSink.Cancel(WorkerTask task, CancellationCause cause) => Assert.Fail("Nothing runs.");

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys) => _fetches.Add(requestId);

    void IWorkerSink.Spill(in SpillOrder order) => Assert.Fail("There is no limit.");

    void IWorkerSink.Reply(IConnection requester, DataReply reply) => Assert.Fail("Nobody has asked.");

    void IWorkerSink.Recall() => Assert.Fail("Nothing was handed out.");

    private void AssertMissing(Action end)
    {
        end();
        Settle();

        var missing = Assert.IsType<DataMissing>(Assert.Single(_sent));
        Assert.Equal((s_key, s_holder), (missing.Key, missing.Holder));
    }

    private void Settle()
    {
        _machine.Settle();
        _outbox.Flush();
    }
}
