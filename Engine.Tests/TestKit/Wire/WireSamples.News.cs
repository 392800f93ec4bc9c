using System.Buffers;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.TestKit.Wire;

/// <content>What becomes of tasks, and who comes and goes.</content>
internal static partial class WireSamples
{
    private static readonly NannyId s_nanny = new(new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"));

    public static DataValue[] Rented(int count)
    {
        var values = ArrayPool<DataValue>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
        {
            values[i] = DataValue.From((long)i);
        }

        return values;
    }

    private static IEnumerable<Func<Message>> TaskNews() =>
    [
        static () => new ClientRegistered(new ClientId((1 << 24) - 1)),
        () => Batch<KeyNotices>(static _ => { }),
        () => Batch<KeyNotices>(static batch =>
        {
            var error = new TaskError(TaskErrorKind.Failed, Key(1, 1), "It failed.", new InvalidOperationException("no"));
            batch.Add(new KeyNotice { Key = Key(1, 256), Count = 256, Status = FutureStatus.Finished, HasValue = true, Values = Rented(256) });
            batch.Add(new KeyNotice { Key = Key(1, 0), Count = 1, Status = FutureStatus.Error, Error = error });
            batch.Add(new KeyNotice { Key = Key(1, 9), Count = 1, Status = FutureStatus.Lost, Error = error });
            batch.Add(new KeyNotice { Key = Key(1, 5), Count = 1, Status = FutureStatus.Released, HasValue = true });
            batch.Add(new KeyNotice { Key = Key(1, 6), Count = 1, Status = FutureStatus.Cancelled, Error = new TaskError(TaskErrorKind.LostData, Key(1, 3), string.Empty) });
        }),
        () => Full<KeyNotices>(static (batch, key, i) => batch.Add(
            new KeyNotice { Key = key, Count = 1, Status = FutureStatus.Finished, HasValue = i % 2 == 0, Value = i % 2 == 0 ? DataValue.From((long)i) : default })),
        () => Batch<FinishedBatch>(static _ => { }),
        () => Batch<FinishedBatch>(static batch =>
        {
            batch.Add(new FinishedTask { Key = Key(1, 254), Count = 2, Attempt = 1, NBytes = 8, Seconds = 0.25f, HasValue = true, Values = Rented(2) });
            batch.Add(new FinishedTask { Key = Key(1, 7), Count = 1, Attempt = 2, NBytes = long.MaxValue, Seconds = float.MaxValue });
            batch.Add(new FinishedTask { Key = Key(1, 8), Count = 1, Attempt = 2, NBytes = 24, HasValue = true, Value = DataValue.From("text") });
        }),
        () => Full<FinishedBatch>(static (batch, key, i) => batch.Add(new FinishedTask
        {
            Key = key,
            Count = 1,
            Attempt = 1 + (i % 2),
            NBytes = i,
            Seconds = i,
            HasValue = i % 3 > 0,
            Value = i % 3 > 0 ? DataValue.From((long)i) : default,
        })),
        static () => new TaskErred(Key(1, 1), 2, new TaskError(TaskErrorKind.TimedOut, Key(1, 1), "Too long.")),
        static () => new TaskErred(Key(1, 1), 2, new TaskError(TaskErrorKind.Failed, Key(1, 1), "It failed.", new RemoteException("A.B", "b", "  at C", new RemoteException("D", "e")))),
        static () => new TaskRescheduled(Key(1, 1), 2),
        static () => new TaskLongRunning(Key(1, 1), 2),
        static () => new StatusChanged(Status.Paused),
        static () => new WorkerStalled(0.5),
        static () => new InputMissing(Key(1, 1), 2, Key(1, 0), Bob, isUnreachable: true),
        () => Full<StealResponse>(static (batch, key, i) => batch.Add(new StealAnswer { Key = key, Attempt = int.MaxValue - i, GivenUp = i % 2 == 0 })),
        () => Full<ReplicasAdded>(static (batch, key, i) => batch.Add(new CopyMade { Key = key, Number = i })),
    ];

    private static IEnumerable<Func<Message>> Membership() =>
    [
        static () => new RegisterWorker("ann", "tcp://ann", 1, new Dictionary<string, double>()),
        static () => new RegisterWorker(string.Empty, "tcp://ann", 64, new Dictionary<string, double> { ["gpu"] = 2 })
        {
            Nanny = s_nanny,
            Host = "host",
            MemoryLimit = 1L << 40,
            Leaves = TimeSpan.FromHours(1),
        },
        static () => new RegisterWorker("back", "tcp://ann", 1, new Dictionary<string, double>())
        {
            Nanny = s_nanny,
            After = new WorkerId(3),
            Offer = [Key(1, 0), Key(1, 1), Key(2, 7)],
        },
        static () => new WorkerRegistered(Ann, TimeSpan.FromSeconds(0.5)),
        static () => new WorkerRegistered(Ann, Timeout.InfiniteTimeSpan),
        static () => new WorkerRegistered(Ann, Timeout.InfiniteTimeSpan) { Declined = [Key(1, 1), Key(2, 7)] },
        static () => new RegisterNanny(s_nanny, "nanny", null),
        static () => new RegisterNanny(s_nanny, "nanny", "host"),
        static () => NannyRegistered.Instance,
        static () => new RegistrationRefused(CloseReason.Refused, "no"),
        static () => new Heartbeat(new WorkerId(3), isStalled: true, long.MaxValue, 0),
        static () => new HeartbeatOk(TimeSpan.FromSeconds(5)),
        static () => new HeartbeatMissing(CloseReason.Missing, "gone"),
        static () => new Goodbye(CloseReason.StartFailed, string.Empty),
        static () => new CloseWorker(CloseReason.Retired, "done"),
        static () => new CloseAdmission(1),
        static () => new AdmissionClosed(1),
        static () => OpenAdmission.Instance,
        static () => new WorkersDeparted([]),
        static () => new WorkersDeparted([new WorkerId(1), new WorkerId(9)]),
        static () => new TellNanny(NannyIntent.Close, new WorkerId(3), CloseReason.Restart, "now"),
        static () => new WorkerExited(new WorkerId(3), CloseReason.Crashed, "code 1"),
        static () => new RestartAsked(new WorkerId(3), "please"),
    ];
}
