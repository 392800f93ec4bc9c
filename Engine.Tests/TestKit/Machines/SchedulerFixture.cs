using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Machines;

/// <summary>
/// A scheduler's machine with a recording sink. Every verb is one whole step: the message is handled, what can be placed
/// is placed, what was decided is recorded, and all indexes are derived again and compared.
/// </summary>
internal sealed partial class SchedulerFixture
{
    private readonly SchedulerOutbox _outbox;
    private readonly bool _validates;
    private readonly Dictionary<ClientState, long> _sequences = [];
    private ClientState? _client;
    private int _workerCount;
    private long _requestId;

    /// <param name="settings">Settings; null for the defaults.</param>
    /// <param name="validates">False for the few tests that count what a step costs.</param>
    public SchedulerFixture(SchedulerSettings? settings = null, bool validates = true)
    {
        _validates = validates;
        _outbox = new SchedulerOutbox(Sent);
        Machine = new SchedulerStateMachine((settings ?? new SchedulerSettings()) with { Validate = validates }, _outbox);
    }

    public SchedulerStateMachine Machine { get; }

    public RecordingSchedulerSink Sent { get; } = new();

    public TimeSpan Now { get; private set; }

    /// <summary>The client that tasks belong to if a test names none.</summary>
    public ClientState Client => _client ??= AddClient();

    /// <summary>Tasks that were sent and not ended, by worker, in the order of sending.</summary>
    public IEnumerable<TaskKey> ProcessingOn(WorkerState worker) =>
        ((Dictionary<WorkerAddress, IReadOnlyList<TaskKey>>)Ask(new ProcessingRequest())!)[worker.Address];

    /// <summary>The state that the last line of the task's story says.</summary>
    public SchedulerTaskState StateOf(TaskKey key) =>
        StoryOf(key) is [.., var last] ? Enum.Parse<SchedulerTaskState>(last.Finish) : SchedulerTaskState.Forgotten;

    public List<StoryLine> StoryOf(TaskKey key) => (List<StoryLine>)Ask(new StoryRequest(key))!;

    public IReadOnlyList<WorkerAddress> HoldersOf(TaskKey key) =>
        ((Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>)Ask(new WhoHasRequest([key]))!)[key];

    public IReadOnlyList<TopicEvent> EventsOf(string topic) => (IReadOnlyList<TopicEvent>)Ask(new EventsRequest(topic))!;

    /// <summary>What clients were told of a key, in order.</summary>
    public FutureStatus[] ToldOf(TaskKey key, ClientState? client = null) => [.. NoticesOf(key, client).Select(static notice => notice.Status)];

    public IEnumerable<SentNotice> NoticesOf(TaskKey key, ClientState? client = null) => Sent.Notices.Where(notice =>
        notice.Client == (client ?? Client) && key.Value - notice.Key.Value < (ulong)notice.Count);

    public WorkerState AddWorker(string? name = null, int threads = 1, params (string Name, double Amount)[] resources)
    {
        name ??= $"w{_workerCount}";
        var registration = new RegisterWorker(
            name, $"test://{_workerCount++}/{name}", threads, resources.ToDictionary(static pair => pair.Name, static pair => pair.Amount));
        var worker = Machine.AddWorker(registration, null, Now);
        Settle();
        return worker;
    }

    public void RemoveWorker(WorkerState worker, bool expected = false) =>
        RemoveWorker(worker, expected ? CloseReason.UserRequest : CloseReason.Crashed);

    public void RemoveWorker(WorkerState worker, CloseReason reason) => Handle(worker, new Goodbye(reason, "gone"));

    public ClientState AddClient() => AddClient(null);

    /// <param name="token">What the client comes back with; null: it goes with its connection.</param>
    public ClientState AddClient(Guid? token)
    {
        var client = Machine.AddClient("client", null, Now, token);
        _sequences.Add(client, 0);
        Settle();
        return client;
    }

    public void RemoveClient(ClientState client)
    {
        Machine.RemoveClient(client, Now);
        Settle();
    }

    /// <summary>A client's connection has ended.</summary>
    public void Lose(ClientState client, DisconnectKind kind = DisconnectKind.Aborted)
    {
        Machine.LoseClient(client, new Disconnect(kind, "gone"), Now);
        Settle();
    }

    /// <summary>A client comes back. Gives why it can't; null: it is back.</summary>
    public string? Resume(ClientId client, Guid token, long handled = 0)
    {
        var (_, _, refusal) = Machine.ResumeClient(new ResumeClient(client, token, handled), null, Now);
        Settle();
        return refusal;
    }

    public TaskKey Submit(params TaskKey[] dependencies) => Submit(new TestWork(), null, dependencies);

    public TaskKey Submit(TaskWork work, TaskOptions? options = null, params TaskKey[] dependencies) =>
        Submit(Client, work, options, dependencies);

    public TaskKey Submit(ClientState client, TaskWork work, TaskOptions? options = null, params TaskKey[] dependencies)
    {
        var batch = BatchPool<SubmitBatch>.Get();
        batch.First = NextKey(client);
        var first = batch.First;
        Add(batch, work, options, dependencies);
        Handle(client, batch);
        return first;
    }

    /// <summary>Submits tasks without inputs in one batch.</summary>
    public TaskKey[] SubmitMany(int count, TaskWork work, TaskOptions? options = null)
    {
        var keys = new List<TaskKey>();
        while (keys.Count < count)
        {
            var batch = BatchPool<SubmitBatch>.Get();
            batch.First = new TaskKey(Client.Id, _sequences[Client]);
            while (!batch.IsFull && keys.Count < count)
            {
                keys.Add(NextKey(Client));
                Add(batch, work, options, []);
            }

            Handle(Client, batch);
        }

        return [.. keys];
    }

    /// <summary>Submits a map; its keys begin with a page of their own.</summary>
    public TaskKey[] Map(int count, TaskWork? work = null, TaskOptions? options = null)
    {
        const int pageMask = KeyTable<SchedulerTask>.PageSize - 1;
        var sequence = (_sequences[Client] + pageMask) & ~pageMask;
        _sequences[Client] = sequence + count;
        var first = new TaskKey(Client.Id, sequence);
        Handle(Client, new SubmitMap(first, count, work ?? new TestWork { HasElements = true }, options));
        return [.. Enumerable.Range(0, count).Select(i => TaskKey.FromValue(first.Value + (ulong)i))];
    }

    public void Advance(TimeSpan time)
    {
        Now += time;
        if (Machine.NextDeadline <= Now)
        {
            Machine.Tick(Now);
        }

        Settle();
    }

    /// <summary>A question, and its answer. A question that is not answered gives null.</summary>
    public object? Ask(Request request, ClientState? client = null)
    {
        request.RequestId = ++_requestId;
        Handle(client ?? Client, request);
        var reply = Sent.Replies.Find(reply => reply.RequestId == request.RequestId);
        return reply?.Error ?? reply?.Value;
    }

    /// <returns>What is not allowed about the message; null: it is.</returns>
    public string? Handle(ClientState client, Message message)
    {
        var violation = Machine.Handle(client, message, Now);
        MessagePools.Return(message);
        Settle();
        return violation;
    }

    public void Handle(WorkerState worker, Message message)
    {
        Machine.Handle(worker, message, Now);
        MessagePools.Return(message);
        Settle();
    }

    /// <summary>Gives all futures of the client up, and looks whether anything is left.</summary>
    public void ReleaseAll(ClientState? client = null)
    {
        var batch = BatchPool<ReleaseKeys>.Get();
        batch.Add(new KeyRange { First = new TaskKey((client ?? Client).Id, 0), Count = (int)_sequences[client ?? Client] });
        Handle(client ?? Client, batch);
    }

    private static void Add(SubmitBatch batch, TaskWork work, TaskOptions? options, TaskKey[] dependencies)
    {
        batch.Add(work, options);
        foreach (var dependency in dependencies)
        {
            batch.AddDependency(dependency);
        }
    }

    private TaskKey NextKey(ClientState client) => new(client.Id, _sequences[client]++);

    private void Settle()
    {
        Machine.Settle();
        _outbox.Flush();
        if (_validates)
        {
            Machine.Validate();
        }
    }
}
