using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks;

namespace Engine.Tests.Scheduling;

/// <summary>Scattered data with replicas: its client is told when the last worker that was asked has answered, or can't any more.</summary>
public sealed class ReplicaTests : ISchedulerSink
{
    private readonly SchedulerStateMachine _machine;
    private readonly SchedulerOutbox _outbox;
    private readonly List<(string To, Message Message)> _sent = [];
    private readonly List<WorkerState> _workers = [];
    private readonly ClientState _client;
    private readonly TaskKey _key;
    private WorkerState? _first;

    public ReplicaTests()
    {
        _outbox = new SchedulerOutbox(this);
        _machine = new SchedulerStateMachine(new SchedulerSettings { Validate = true }, _outbox);
        for (var i = 0; i < 3; i++)
        {
            _workers.Add(_machine.AddWorker(new RegisterWorker($"w{i}", $"test://{i}", 1, new Dictionary<string, double>()), null, default));
        }

        _client = _machine.AddClient("client", null, default);
        _key = new TaskKey(_client.Id, 0);
        Settle();
    }

    [Fact]
    public void A_copy_that_is_there_is_not_enough_while_another_is_awaited()
    {
        Scatter(replicas: 3);
        Assert.Equal(2, Asked().Count);

        Answer(Others()[0]);
        Assert.Empty(Notices());
        Answer(Others()[1]);

        Assert.Equal([FutureStatus.Finished], Notices());
        Assert.False(Assert.Single(_sent.Select(static sent => sent.Message).OfType<KeyNotices>()).Entries[0].HasValue); // Data stays with its workers.
    }

    [Fact]
    public void A_worker_that_leaves_before_it_has_its_copy_is_not_waited_for()
    {
        Scatter(replicas: 3);
        Answer(Others()[0]);

        Leave(Others()[1]);

        Assert.Equal([FutureStatus.Finished], Notices());
    }

    [Fact]
    public void A_worker_that_joins_meanwhile_is_not_waited_for()
    {
        Scatter(replicas: 3);
        _machine.AddWorker(new RegisterWorker("late", "test://late", 1, new Dictionary<string, double>()), null, default);
        Settle();

        Answer(Others()[0]);
        Answer(Others()[1]);

        Assert.Equal([FutureStatus.Finished], Notices());
    }

    [Fact]
    public void A_worker_that_could_not_get_its_copy_is_sent_to_another_holder()
    {
        Scatter(replicas: 3);
        Answer(Others()[0]);
        Leave(_first!);
        _sent.Clear();

        Fail(Others()[1], _first!);

        var asked = Assert.Single(Asked());
        Assert.Equal((Others()[1].Address.Name, Others()[0].Address), (asked.To, asked.Holder));
        Answer(Others()[1]);
        Assert.Equal([FutureStatus.Finished], Notices());
    }

    [Fact]
    public void Data_that_is_lost_before_its_copies_are_made_is_lost()
    {
        Scatter(replicas: 2);

        Leave(_first!);
        Fail(Others()[0], _first!);

        Assert.Equal([FutureStatus.Lost], Notices());
    }

    [Fact]
    public void Data_that_is_released_before_its_copies_are_made_is_freed_everywhere()
    {
        Scatter(replicas: 2);
        var released = new ReleaseKeys();
        released.Add(new KeyRange { First = _key, Count = 1 });
        _machine.Handle(_client, released, default);
        Settle();

        Answer(Others()[0]);

        Assert.Empty(Notices());
        Assert.Equal([_first!.Address.Name, Others()[0].Address.Name], _sent.Where(static sent => sent.Message is FreeKeys).Select(static sent => sent.To));
        Assert.Equal(0, _machine.TaskCount);
    }

    [Fact]
    public void Data_whose_copies_are_awaited_can_be_cancelled()
    {
        Scatter(replicas: 2);

        _machine.Handle(_client, new CancelRequest([_key], "a test"), default);
        Settle();

        Assert.Equal([FutureStatus.Cancelled], Notices());
        Assert.Equal(0, _machine.TaskCount);
    }

    [Fact]
    public void Copies_lie_on_the_workers_that_were_asked_for()
    {
        Scatter(replicas: int.MaxValue, "w0", "w2");

        Assert.Equal(_first!.Address.Name == "w0" ? "w2" : "w0", Assert.Single(Asked()).To);
    }

    [Fact]
    public void Data_without_options_lands_too()
    {
        Scatter(null);

        Assert.Equal([FutureStatus.Finished], Notices());
    }

    void ISchedulerSink.Send(WorkerState worker, Message message) => _sent.Add((worker.Address.Name, message));

    void ISchedulerSink.Send(ClientState client, Message message) => _sent.Add((client.Name, message));

    void ISchedulerSink.Send(NannyState nanny, Message message) => _sent.Add((nanny.Name, message));

    void ISchedulerSink.Publish(ReadOnlySpan<Engine.Plugins.TaskTransition> transitions)
    {
        // Not looked at.
    }

    void ISchedulerSink.Publish(object happened)
    {
        // Plugins are no matter here.
    }

    private void Scatter(int replicas, params string[] workers) => Scatter(new TaskOptions { Replicas = replicas, Workers = workers });

    /// <summary>Submits data and has the worker that is asked to hold it say that it does.</summary>
    private void Scatter(TaskOptions? options)
    {
        var batch = new SubmitBatch { First = _key };
        batch.Add(new ConstantWork(DataValue.From("data")), options);
        _machine.Handle(_client, batch, default);
        Settle();
        var (to, message) = Assert.Single(_sent, static sent => sent.Message is ComputeBatch);
        _first = _workers.Single(worker => worker.Address.Name == to);
        var finished = new FinishedBatch();
        finished.Add(new FinishedTask { Key = _key, Count = 1, Attempt = ((ComputeBatch)message).Entries[0].Attempt, NBytes = 10, HasValue = true, Value = DataValue.From("data") });
        _machine.Handle(_first, finished, default);
        Settle();
    }

    private WorkerState[] Others() => [.. _workers.Where(worker => worker != _first)];

    private void Answer(WorkerState worker)
    {
        var added = new ReplicasAdded();
        added.Add(new CopyMade
        {
            Key = _key,
            Number = _sent.Where(sent => sent.To == worker.Address.Name && sent.Message is AcquireReplicas).Select(static sent => ((AcquireReplicas)sent.Message).Entries[0].Number).LastOrDefault(),
        });
        _machine.Handle(worker, added, default);
        Settle();
    }

    private void Fail(WorkerState worker, WorkerState holder)
    {
        _machine.Handle(worker, new DataMissing(_key, holder.Address), default);
        Settle();
    }

    private void Leave(WorkerState worker)
    {
        _machine.Handle(worker, new Goodbye(CloseReason.UserRequest, "a test"), default);
        Settle();
    }

    private void Settle()
    {
        _machine.Settle();
        _outbox.Flush();
    }

    private List<(string To, WorkerAddress Holder)> Asked() =>
        [.. _sent.Where(static sent => sent.Message is AcquireReplicas).SelectMany(static sent => ((AcquireReplicas)sent.Message).Span.ToArray().Select(wanted => (sent.To, wanted.Holder)))];

    private List<FutureStatus> Notices() =>
        [.. _sent.Where(static sent => sent.Message is KeyNotices).SelectMany(static sent => ((KeyNotices)sent.Message).Span.ToArray()).Select(static notice => notice.Status)];
}
