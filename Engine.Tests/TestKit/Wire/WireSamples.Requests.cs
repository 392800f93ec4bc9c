using Engine.Clusters;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.TestKit.Wire;

/// <content>Questions, answers and events.</content>
internal static partial class WireSamples
{
    private static readonly WorkerInfo s_bare = new() { Id = new WorkerId(1), Name = "a", Address = "b", Threads = 1 };

    private static readonly WorkerInfo s_info = new()
    {
        Id = new WorkerId(2),
        Name = "name",
        Address = "address",
        Threads = 4,
        Status = Status.Paused,
        IsStalled = true,
        Nanny = s_nanny,
        Host = "host",
        Resources = new Dictionary<string, double> { ["gpu"] = 1.5 },
        ProcessingCount = 5,
        LongRunningCount = 6,
        OccupancySeconds = 7.5,
        HeldCount = 8,
        HeldBytes = 9,
        SpilledBytes = 10,
        MemoryLimit = 11,
        Leaves = TimeSpan.FromSeconds(-12),
    };

    private static readonly RetirementRow s_row = new(new WorkerId(2), "name", "address")
    {
        Nanny = s_nanny,
        Host = "host",
        Outcome = RetirementOutcome.Refused,
        Refusal = RefusalReason.Vetoed,
        Detail = "no",
        MovedCount = 1,
        MovedBytes = 2,
        WaitedForCount = 3,
        RecalledCount = 4,
        Interrupted = [Key(1, 1)],
        Lost = [Key(1, 2), Key(1, 9)],
        Recomputed = [Key(1, 3)],
        Duration = TimeSpan.FromSeconds(5),
    };

    private static IEnumerable<Func<Message>> Requests() =>
    [
        static () => new WhoHasRequest([Key(1, 1), Key(0, 7)]) { RequestId = long.MaxValue },
        static () => new HasWhatRequest { RequestId = 1 },
        static () => new ProcessingRequest { RequestId = 1 },
        static () => new StoryRequest(Key(1, 1)) { RequestId = 1 },
        static () => new WorkersRequest { RequestId = 1 },
        static () => new WaitForWorkersRequest(3) { RequestId = 1 },
        static () => new CancelRequest([], "why") { RequestId = 1 },
        static () => new RetryRequest([Key(1, 1)]) { RequestId = 1 },
        static () => new FireAndForgetRequest([Key(1, 1)]) { RequestId = 1 },
        static () => new FindKeyRequest("name") { RequestId = 1 },
        static () => new PublishRequest("name", [Key(1, 1)], isList: true, replace: false) { RequestId = 1 },
        static () => new GetDatasetRequest("name") { RequestId = 1 },
        static () => new UnpublishRequest("name") { RequestId = 1 },
        static () => new ListDatasetsRequest { RequestId = 1 },
        static () => new LogEventRequest("topic", "text") { RequestId = 1 },
        static () => new LogEventRequest("topic", null) { RequestId = 1 },
        static () => new EventsRequest("topic") { RequestId = 1 },
        static () => new SubscribeRequest("topic", on: true) { RequestId = 1 },
    ];

    private static IEnumerable<Func<Message>> MembershipRequests() =>
    [
        static () => new RetireRequest(WorkerSelector.ById(new WorkerId(1), new WorkerId(2)), RetirementTerms.Of(null)) { RequestId = 1 },
        static () => new RetireRequest(
            WorkerSelector.ByName("a", "b"),
            new RetirementTerms(TimeSpan.Zero, RunningTasks.Interrupt, OnDeadline.GiveUp, CloseWorkers: false, CloseReason.LifetimeRestart)) { RequestId = 1 },
        static () => new RetireRequest(WorkerSelector.ByCount(0), RetirementTerms.Of(null)) { RequestId = 1 },
        static () => new WorkersToCloseRequest(new WorkersToClose { Count = 3, Minimum = 1, MemoryRatio = 1.5 }) { RequestId = 1 },
        static () => new WorkersToCloseRequest(new WorkersToClose()) { RequestId = 1 },
        static () => new RetirementsRequest { RequestId = 1 },
        static () => new RestartWorkersRequest(WorkerSelector.ByAddress("tcp://a"), TimeSpan.FromSeconds(1), wait: true) { RequestId = 1 },
        static () => new RestartWorkersRequest(WorkerSelector.ToClose(new WorkersToClose()), null, wait: false) { RequestId = 1 },
        static () => new RestartRequest(null, wait: true) { RequestId = 1 },
        static () => new ReadmitRequest(s_nanny, null) { RequestId = 1 },
        static () => new ReadmitRequest(null, "host") { RequestId = 1 },
        static () => new ReplicateRequest([Key(1, 1)], 2) { RequestId = 1 },
        static () => new ClusterLoadRequest { RequestId = 1 },
        static () => new ActiveMemoryRequest(ActiveMemoryCommand.IsRunning) { RequestId = 1 },
    ];

    private static IEnumerable<Func<Message>> Answers() => new Func<object?>[]
    {
        static () => null,
        static () => true,
        static () => false,
        static () => -5,
        static () => new TakenKeys([Key(1, 1)], isList: true),
        static () => new TaskKey[] { Key(1, 1), Key(0, 0) },
        static () => Array.Empty<TaskKey>(),
        static () => new List<TaskKey> { Key(1, 1) },
        static () => new[] { "a", string.Empty },
        static () => new Dictionary<TaskKey, IReadOnlyList<WorkerAddress>> { [Key(1, 1)] = [Ann, Bob], [Key(1, 2)] = [], [Key(2, 0)] = [Ann] },
        static () => new Dictionary<WorkerAddress, IReadOnlyList<TaskKey>> { [Ann] = [Key(1, 1)], [Bob] = [] },
        static () => new[] { s_info, s_bare },
        static () => new List<StoryLine> { new(Key(1, 1), 5, "Waiting", "Processing", "Submit", new WorkerId(1), 2) },
        static () => new[] { new TopicEvent("topic", TimeSpan.FromSeconds(1), "text"), new TopicEvent("topic", TimeSpan.Zero, null) },
        static () => new List<RetirementProgress>
        {
            new(new WorkerId(1), 2, 3, 4, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)),
            new(new WorkerId(1), 2, 3, 4, TimeSpan.FromSeconds(5), null),
        },
        static () => new RetirementReport([s_row, new RetirementRow(new WorkerId(1), "a", "b")]),
        static () => new RestartReport([new RestartRow(new WorkerId(1), "a") { Outcome = RestartOutcome.NoNanny }, new RestartRow(new WorkerId(1), "a") { After = new WorkerId(2) }]),
        static () => new ClusterLoad { OccupancySeconds = 1, QueuedCount = 2, QueuedSeconds = 3, ProcessingCount = 4, Workers = [s_info] },
    }
    .Select(static value => (Func<Message>)(() => new Reply(1, value())))
    .Append(static () => new Reply(2, null, new UnknownKeyException("No such key.")));

    private static IEnumerable<Func<Message>> Events() => new Func<object?>[]
    {
        static () => null,
        static () => "text",
        static () => true,
        static () => false,
        static () => -1,
        static () => long.MinValue,
        static () => double.NaN,
        static () => new WorkerId(1),
        static () => Key(1, 1),
        static () => new TaskProgress(Key(1, 1), 0.5),
        static () => s_row,
        static () => new ClusterError("a", "b", new TimeoutException("c")),
        static () => new ClusterError("a", "b", null),
        static () => new StartFailedException("a", new RemoteException("b", "c")),
    }
    .SelectMany(static content => new Func<Message>[]
    {
        () => new LogEventMessage("topic", content()),
        () => new TopicEventMessage(new TopicEvent("topic", TimeSpan.FromSeconds(1), content())),
    });
}
