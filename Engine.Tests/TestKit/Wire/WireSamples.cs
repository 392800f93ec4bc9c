using Engine.Collections;
using Engine.Data;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;
using Microsoft.Extensions.ObjectPool;

namespace Engine.Tests.TestKit.Wire;

/// <summary>Messages of all kinds. Each is made anew, because whoever writes one gives it away.</summary>
internal static partial class WireSamples
{
    public static readonly WorkerAddress Ann = new(new WorkerId(3), "tcp://127.0.0.1:4711", "ann");
    public static readonly WorkerAddress Bob = new(new WorkerId(long.MaxValue), "tcp://[::1]:1", "bøb");
    private static readonly Guid s_token = new(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 255]);

    private static readonly ConstantWork s_work = new(DataValue.From("work"));
    private static readonly TaskOptions s_options = new() { Retries = 3 };

    private static readonly TaskOptions s_allOptions = new()
    {
        Priority = -32767,
        Retries = 1,
        Timeout = TimeSpan.FromMinutes(1),
        Name = "sum",
        Resources = [KeyValuePair.Create("gpu", 0.5), KeyValuePair.Create(string.Empty, 0.0)],
        Workers = ["ann", "tcp://127.0.0.1:4711"],
        AllowOtherWorkers = true,
        Replicas = 2,
    };

    /// <summary>All samples; several of a kind stand beside each other.</summary>
    public static IReadOnlyList<Func<Message>> All { get; } =
    [
        .. Tasks(), .. TaskNews(), .. Peers(), .. Membership(), .. Requests(), .. MembershipRequests(), .. PluginOrders(), .. Answers(), .. Events(),
    ];

    public static TaskKey Key(int client, long sequence) => new(new ClientId(client), sequence);

    /// <summary>A batch from its pool, filled.</summary>
    public static Message Batch<T>(Action<T> fill)
        where T : Message, IResettable, new()
    {
        var batch = BatchPool<T>.Get();
        fill(batch);
        return batch;
    }

    /// <summary>A batch with as many entries as it takes, whose keys have gaps.</summary>
    private static Message Full<T>(Action<T, TaskKey, int> add)
        where T : Message, IResettable, new() => Batch<T>(batch =>
    {
        for (var i = 0; i < FreeKeys.Capacity; i++)
        {
            add(batch, Key(2, i * (i % 7)), i);
        }
    });

    private static IEnumerable<Func<Message>> Tasks() =>
    [
        () => new RegisterClient("client"),
        () => new RegisterClient("client", hasSession: true),
        () => new ResumeClient(new ClientId(7), s_token, 0),
        () => new ResumeClient(new ClientId(ClientId.MaxNumber), s_token, long.MaxValue),
        () => new ClientResumed(77),
        () => new SessionOver("it was away for too long"),
        () => new Acknowledgement(1),
        () => new ClientRegistered(new ClientId(7), crossesProcesses: true, new SessionTicket(s_token, TimeSpan.FromSeconds(30))),
        () => Batch<SubmitBatch>(static batch => batch.First = Key(7, 256)),
        () => Batch<SubmitBatch>(static batch =>
        {
            batch.First = Key(7, 256);
            batch.Add(s_work, null);
            batch.Add(new ConstantWork(DataValue.From(12L)), s_allOptions, element: -1);
            batch.AddDependency(Key(7, 256));
            batch.AddDependency(Key(1, 5));
            batch.Add(s_work, s_options);
        }),
        () => Batch<SubmitBatch>(static batch =>
        {
            batch.First = Key(7, 256);
            for (var i = 0; i < SubmitBatch.Capacity; i++)
            {
                batch.Add(s_work, i % 9 == 0 ? s_options : null, i);
                for (var dependency = 0; dependency < i % 5; dependency++)
                {
                    batch.AddDependency(Key(7, 255 + i - dependency));
                }
            }
        }),
        static () => new SubmitMap(Key(1, 0), 1_000_000, s_work, null),
        static () => new SubmitMap(Key((1 << 24) - 1, (1L << 40) - 1), SubmitMap.CountMax, s_work, s_allOptions),
        () => Batch<ReleaseKeys>(static _ => { }),
        () => Full<ReleaseKeys>(static (batch, key, i) => batch.Add(new KeyRange { First = key, Count = i })),
        static () => new DataMissing(Key(1, 2), Ann),
        static () => new DataMissing(Key(1, 2), Bob, isUnreachable: true),
        static () => new AbandonRequest(99),
        () => Batch<ComputeBatch>(static _ => { }),
        () => Batch<ComputeBatch>(static batch =>
        {
            batch.Add(new ComputeTask { Key = Key(1, 512), Work = s_work, Count = 256, Attempt = 1, Order = long.MinValue });
            batch.Add(new ComputeTask { Key = Key(1, 3), Work = s_work, Count = 2, Attempt = 7, Options = s_allOptions, Order = long.MaxValue, Element = 9 });
        }),
        () => Full<ComputeBatch>(static (batch, key, i) =>
        {
            batch.Add(new ComputeTask
            {
                Key = key,
                Work = s_work,
                Count = 1,
                Attempt = i % 3,
                Order = -i,
                Options = i % 11 == 0 ? s_options : null,
                Element = i % 4,
                DependencyOffset = batch.DependencyCount,
                DependencyCount = i % 6,
            });
            for (var dependency = 0; dependency < i % 6; dependency++)
            {
                batch.AddDependency(new DependencyHolder { Key = Key(1, i + dependency), Holder = dependency % 2 == 0 ? Ann : Bob });
            }
        }),
        () => Full<FreeKeys>(static (batch, key, i) => batch.Add(new TaskAttempt { Key = key, Attempt = i })),
        () => Full<StealRequest>(static (batch, key, i) => batch.Add(new TaskAttempt { Key = key, Attempt = i })),
        () => Full<InterruptTasks>(static (batch, key, i) => batch.Add(new TaskAttempt { Key = key, Attempt = i })),
        () => Full<TasksReturned>(static (batch, key, i) => batch.Add(new TaskAttempt { Key = key, Attempt = int.MaxValue - i })),
        () => Batch<FreeKeys>(static _ => { }),
        () => Full<AcquireReplicas>(static (batch, key, i) => batch.Add(new CopyRequest { Key = key, Holder = i % 2 == 0 ? Ann : Bob, Number = 1000 + i })),
    ];

    private static IEnumerable<Func<Message>> Peers() =>
    [
        static () => new GetData(5, new WorkerId(3), [Key(1, 1), Key(1, 2), Key(0, 0)]),
        static () => new GetData(5, new WorkerId(3), []),
        static () => new DataReply(5, []),
        static () => new DataReply(6,
        [
            new DataEntry { Key = Key(1, 1), Found = true, Value = DataValue.From("value"), NBytes = 34 },
            new DataEntry { Key = Key(1, 9) },
            new DataEntry { Key = Key(1, 3), Found = true, NBytes = 8 },
        ]),
    ];

    private static IEnumerable<Func<Message>> PluginOrders() =>
    [
        static () => new UnregisterSchedulerPlugin("a") { RequestId = 1 },
        static () => new UnregisterPolicy("b") { RequestId = 2 },
        static () => new RegisterRemotePlugin(RemotePluginKind.Nanny, "c", MakeNannyPlugin, isIdempotent: true) { RequestId = 3 },
        static () => new RegisterRemotePlugin(RemotePluginKind.Worker, "c", MakeWorkerPlugin, isIdempotent: false) { RequestId = 4 },
        static () => new UnregisterRemotePlugin(RemotePluginKind.Worker, "d") { RequestId = 5 },
        static () => new AddPlugin(6, "e", MakeWorkerPlugin),
        static () => new RemovePlugin(7, "f"),
        static () => new PluginDone(8, null),
        static () => new PluginDone(9, new PluginException("It threw.", new InvalidOperationException("why"))),
    ];

    private static readonly Func<WorkerPlugin> MakeWorkerPlugin = static () => new SampleWorkerPlugin();

    private static readonly Func<NannyPlugin> MakeNannyPlugin = static () => new SampleNannyPlugin();

    private sealed class SampleWorkerPlugin : WorkerPlugin;

    private sealed class SampleNannyPlugin : NannyPlugin;
}
