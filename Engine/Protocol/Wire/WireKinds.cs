using Engine.Plugins.Transports;
using Engine.Protocol.Wire.Codecs;
using static Engine.Protocol.Wire.WireRoutes;

namespace Engine.Protocol.Wire;

/// <summary>
/// All messages that leave a process: number, who may send it to whom, how it is written and read. A number is given once and never to
/// another message; every change goes with <see cref="EngineWireFormat.Version"/>.
/// </summary>
internal static class WireKinds
{
    private const int KindMax = 255;

    private static readonly WireRow[] s_rows =
    [
        // Clients to the scheduler: tasks.
        WireRow.Message<RegisterClient>(1, ClientToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.ReadRegisterClient),
        WireRow.Batch<SubmitBatch>(2, ClientToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.Read),
        WireRow.Message<SubmitMap>(3, ClientToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.ReadSubmitMap),
        WireRow.Batch<ReleaseKeys>(4, ClientToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.Read),
        WireRow.Message<DataMissing>(5, ClientToScheduler | WorkerToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.ReadDataMissing),
        WireRow.Message<AbandonRequest>(6, ClientToScheduler, ClientToSchedulerCodec.Write, ClientToSchedulerCodec.ReadAbandonRequest),
        WireRow.Message<ResumeClient>(7, ClientToScheduler, SessionCodec.Write, SessionCodec.ReadResumeClient),
        WireRow.Message<Acknowledgement>(8, ClientToScheduler | SchedulerToClient, SessionCodec.Write, SessionCodec.ReadAcknowledgement),

        // The scheduler to clients.
        WireRow.Message<ClientRegistered>(10, SchedulerToClient, SchedulerToClientCodec.Write, SchedulerToClientCodec.ReadClientRegistered),
        WireRow.Batch<KeyNotices>(11, SchedulerToClient, SchedulerToClientCodec.Write, SchedulerToClientCodec.Read),
        WireRow.Message<Reply>(12, SchedulerToClient, SchedulerToClientCodec.Write, SchedulerToClientCodec.ReadReply),
        WireRow.Message<TopicEventMessage>(13, SchedulerToClient, SchedulerToClientCodec.Write, SchedulerToClientCodec.ReadTopicEventMessage),
        WireRow.Message<ClientResumed>(14, SchedulerToClient, SessionCodec.Write, SessionCodec.ReadClientResumed),
        WireRow.Message<SessionOver>(15, SchedulerToClient, SessionCodec.Write, SessionCodec.ReadSessionOver),

        // The scheduler to workers: tasks and data.
        WireRow.Batch<ComputeBatch>(20, SchedulerToWorker, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),
        WireRow.Batch<FreeKeys>(21, SchedulerToWorker, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),
        WireRow.Batch<StealRequest>(22, SchedulerToWorker, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),
        WireRow.Batch<AcquireReplicas>(23, SchedulerToWorker, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),
        WireRow.Batch<InterruptTasks>(24, SchedulerToWorker, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),

        // Workers to the scheduler: tasks and data.
        WireRow.Batch<FinishedBatch>(30, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.Read),
        WireRow.Message<TaskErred>(31, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadTaskErred),
        WireRow.Message<TaskRescheduled>(32, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadTaskRescheduled),
        WireRow.Message<TaskLongRunning>(33, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadTaskLongRunning),
        WireRow.Message<StatusChanged>(34, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadStatusChanged),
        WireRow.Message<WorkerStalled>(35, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadWorkerStalled),
        WireRow.Message<InputMissing>(36, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.ReadInputMissing),
        WireRow.Batch<StealResponse>(37, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.Read),
        WireRow.Batch<ReplicasAdded>(38, WorkerToScheduler, WorkerToSchedulerCodec.Write, WorkerToSchedulerCodec.Read),
        WireRow.Batch<TasksReturned>(39, WorkerToScheduler, SchedulerToWorkerCodec.Write, SchedulerToWorkerCodec.Read),

        // Workers among each other, and clients.
        WireRow.Message<GetData>(45, WorkerToWorker | ClientToWorker, PeerCodec.Write, PeerCodec.ReadGetData),
        WireRow.Message<DataReply>(46, WorkerToWorker | WorkerToClient, PeerCodec.Write, PeerCodec.ReadDataReply),

        // Workers, nannies and the scheduler: coming and going.
        WireRow.Message<RegisterWorker>(50, WorkerToScheduler, MembershipCodec.Write, MembershipCodec.ReadRegisterWorker),
        WireRow.Message<WorkerRegistered>(51, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadWorkerRegistered),
        WireRow.Message<RegisterNanny>(52, NannyToScheduler, MembershipCodec.Write, MembershipCodec.ReadRegisterNanny),
        WireRow.Empty(53, SchedulerToNanny, NannyRegistered.Instance),
        WireRow.Message<RegistrationRefused>(54, SchedulerToWorker | SchedulerToNanny, MembershipCodec.Write, MembershipCodec.ReadRegistrationRefused),
        WireRow.Message<Heartbeat>(55, WorkerToScheduler, MembershipCodec.Write, MembershipCodec.ReadHeartbeat) with { Lane = Lane.Control },
        WireRow.Message<HeartbeatOk>(56, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadHeartbeatOk) with { Lane = Lane.Control },
        WireRow.Message<HeartbeatMissing>(57, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadHeartbeatMissing) with { Lane = Lane.Control },
        WireRow.Message<Goodbye>(58, WorkerToScheduler, MembershipCodec.Write, MembershipCodec.ReadGoodbye),
        WireRow.Message<CloseWorker>(59, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadCloseWorker),
        WireRow.Message<CloseAdmission>(60, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadCloseAdmission),
        WireRow.Message<AdmissionClosed>(61, WorkerToScheduler, MembershipCodec.Write, MembershipCodec.ReadAdmissionClosed),
        WireRow.Empty(62, SchedulerToWorker, OpenAdmission.Instance),
        WireRow.Message<WorkersDeparted>(63, SchedulerToWorker, MembershipCodec.Write, MembershipCodec.ReadWorkersDeparted),
        WireRow.Message<TellNanny>(64, SchedulerToNanny, MembershipCodec.Write, MembershipCodec.ReadTellNanny),
        WireRow.Message<WorkerExited>(65, NannyToScheduler, MembershipCodec.Write, MembershipCodec.ReadWorkerExited),
        WireRow.Message<RestartAsked>(66, NannyToScheduler, MembershipCodec.Write, MembershipCodec.ReadRestartAsked),

        // Topics and plugins, of workers and nannies.
        WireRow.Message<LogEventMessage>(70, WorkerToScheduler | NannyToScheduler, RequestCodec.Write, RequestCodec.ReadLogEventMessage),
        WireRow.Message<AddPlugin>(71, SchedulerToWorker | SchedulerToNanny, PluginCodec.Write, PluginCodec.ReadAddPlugin),
        WireRow.Message<RemovePlugin>(72, SchedulerToWorker | SchedulerToNanny, PluginCodec.Write, PluginCodec.ReadRemovePlugin),
        WireRow.Message<PluginDone>(73, WorkerToScheduler | NannyToScheduler, PluginCodec.Write, PluginCodec.ReadPluginDone),

        // Questions and orders of clients.
        WireRow.Request<WhoHasRequest>(100, RequestCodec.Write, RequestCodec.ReadWhoHasRequest),
        WireRow.Request<HasWhatRequest>(101),
        WireRow.Request<ProcessingRequest>(102),
        WireRow.Request<StoryRequest>(103, RequestCodec.Write, RequestCodec.ReadStoryRequest),
        WireRow.Request<WorkersRequest>(104),
        WireRow.Request<WaitForWorkersRequest>(105, RequestCodec.Write, RequestCodec.ReadWaitForWorkersRequest),
        WireRow.Request<CancelRequest>(106, RequestCodec.Write, RequestCodec.ReadCancelRequest),
        WireRow.Request<RetryRequest>(107, RequestCodec.Write, RequestCodec.ReadRetryRequest),
        WireRow.Request<FireAndForgetRequest>(108, RequestCodec.Write, RequestCodec.ReadFireAndForgetRequest),
        WireRow.Request<FindKeyRequest>(109, RequestCodec.Write, RequestCodec.ReadFindKeyRequest),
        WireRow.Request<PublishRequest>(110, RequestCodec.Write, RequestCodec.ReadPublishRequest),
        WireRow.Request<GetDatasetRequest>(111, RequestCodec.Write, RequestCodec.ReadGetDatasetRequest),
        WireRow.Request<UnpublishRequest>(112, RequestCodec.Write, RequestCodec.ReadUnpublishRequest),
        WireRow.Request<ListDatasetsRequest>(113),
        WireRow.Request<LogEventRequest>(114, RequestCodec.Write, RequestCodec.ReadLogEventRequest),
        WireRow.Request<EventsRequest>(115, RequestCodec.Write, RequestCodec.ReadEventsRequest),
        WireRow.Request<SubscribeRequest>(116, RequestCodec.Write, RequestCodec.ReadSubscribeRequest),

        // The same, about workers.
        WireRow.Request<RetireRequest>(120, MembershipRequestCodec.Write, MembershipRequestCodec.ReadRetireRequest),
        WireRow.Request<WorkersToCloseRequest>(121, MembershipRequestCodec.Write, MembershipRequestCodec.ReadWorkersToCloseRequest),
        WireRow.Request<RetirementsRequest>(122),
        WireRow.Request<RestartWorkersRequest>(123, MembershipRequestCodec.Write, MembershipRequestCodec.ReadRestartWorkersRequest),
        WireRow.Request<RestartRequest>(124, MembershipRequestCodec.Write, MembershipRequestCodec.ReadRestartRequest),
        WireRow.Request<ReadmitRequest>(125, MembershipRequestCodec.Write, MembershipRequestCodec.ReadReadmitRequest),
        WireRow.Request<ReplicateRequest>(126, MembershipRequestCodec.Write, MembershipRequestCodec.ReadReplicateRequest),
        WireRow.Request<ClusterLoadRequest>(127),
        WireRow.Request<ActiveMemoryRequest>(128, MembershipRequestCodec.Write, MembershipRequestCodec.ReadActiveMemoryRequest),

        // The same, about plugins.
        WireRow.Request<UnregisterSchedulerPlugin>(130, PluginCodec.Write, PluginCodec.ReadUnregisterSchedulerPlugin),
        WireRow.Request<UnregisterPolicy>(131, PluginCodec.Write, PluginCodec.ReadUnregisterPolicy),
        WireRow.Request<RegisterRemotePlugin>(132, PluginCodec.Write, PluginCodec.ReadRegisterRemotePlugin),
        WireRow.Request<UnregisterRemotePlugin>(133, PluginCodec.Write, PluginCodec.ReadUnregisterRemotePlugin),
    ];

    private static readonly WireRow?[] s_byKind = ByKind();
    private static readonly Dictionary<Type, WireRow> s_byType = ByType();

    /// <summary>Messages that never leave their process, with the reason.</summary>
    public static IReadOnlyDictionary<Type, string> InProcessOnly { get; } = new Dictionary<Type, string>
    {
        [typeof(RegisterSchedulerPlugin)] = "The plugin is an object with code of its own: it is given to the scheduler where that is started.",
        [typeof(RegisterPolicy)] = "The policy is an object with code of its own: it is given to the scheduler where that is started.",
    };

    public static IReadOnlyList<WireRow> Rows => s_rows;

    public static WireRow? Find(int kind) => (uint)kind <= KindMax ? s_byKind[kind] : null;

    public static WireRow? Find(Type type) => s_byType.GetValueOrDefault(type);

    // Neither frozen nor by LINQ: each worker process makes it, and would load an assembly for that.
    private static Dictionary<Type, WireRow> ByType()
    {
        var rows = new Dictionary<Type, WireRow>();
        foreach (var row in s_rows)
        {
            rows.Add(row.Type, row);
        }

        return rows;
    }

    private static WireRow?[] ByKind()
    {
        var rows = new WireRow?[KindMax + 1];
        foreach (var row in s_rows)
        {
            rows[row.Kind] = rows[row.Kind] is null ? row : throw new InvalidOperationException($"Two messages have the number {row.Kind}.");
        }

        return rows;
    }
}
