using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>A message of an incarnation that is gone changes nothing, whatever it says and whoever has its name now (I7).</summary>
public sealed class StaleMessageTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 });
    private readonly WorkerState _gone;
    private readonly WorkerState _successor;
    private readonly WorkerState _other;
    private readonly TaskKey _held;
    private readonly TaskKey _running;

    public StaleMessageTests()
    {
        _other = _scheduler.AddWorker();
        _gone = _scheduler.Join("same", "test://same");
        _held = _scheduler.Hold(_other);
        _running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["same"] }, _held);
        _scheduler.Retire(_gone);
        _scheduler.RemoveWorker(_gone);
        _successor = _scheduler.Join("same", "test://same");
        Assert.Equal(_successor, _scheduler.Sent.Latest[_running].Worker); // The same name, address and place in the table.
        Assert.Equal(_gone.Index, _successor.Index);
    }

    [Fact]
    public void The_answer_of_a_worker_that_does_not_have_the_task_changes_nothing()
    {
        var before = _scheduler.Describe();

        _scheduler.Finish(_other, _running);

        Assert.Equal(before, _scheduler.Describe());
    }

    public static TheoryData<string> Kinds =>
    [
        nameof(FinishedBatch), nameof(TaskErred), nameof(TaskRescheduled), nameof(TaskLongRunning), nameof(WorkerStalled), nameof(InputMissing),
        nameof(StealResponse), nameof(ReplicasAdded), nameof(DataMissing), nameof(TasksReturned), nameof(AdmissionClosed), nameof(StatusChanged),
        nameof(Goodbye), nameof(LogEventMessage), nameof(Heartbeat),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_of_a_removed_incarnation_changes_nothing(string kind)
    {
        var before = _scheduler.Describe();
        _scheduler.Sent.Clear();

        _scheduler.Handle(_gone, Make(kind));

        var order = _scheduler.Sent.Order.ToList();
        Assert.Equal(before, _scheduler.Describe());
        Assert.Equal(kind == nameof(Heartbeat) ? ["same: HeartbeatMissing"] : [], order); // It is told why, and nothing else happens.
        Assert.Empty(_scheduler.EventsOf("topic"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_is_understood_from_a_member(string kind)
    {
        _scheduler.Handle(_successor, Make(kind));

        Assert.NotEqual(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void The_end_of_an_old_connection_does_not_remove_who_has_its_name_now()
    {
        _scheduler.RemoveWorker(_gone, CloseReason.SchedulerLost);

        Assert.True(_successor.IsMember);
        Assert.Equal([_running], _scheduler.ProcessingOn(_successor));
    }

    [Fact]
    public void A_heartbeat_of_a_removed_incarnation_is_no_sign_of_life_of_its_successor()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerTimeToLive = TimeSpan.FromSeconds(10) });
        var old = scheduler.Join("same", "test://same");
        scheduler.RemoveWorker(old);
        var successor = scheduler.Join("same", "test://same");

        scheduler.Advance(TimeSpan.FromSeconds(9));
        scheduler.Beat(old);
        scheduler.Advance(TimeSpan.FromSeconds(1));

        Assert.False(successor.IsMember);
    }

    private Message Make(string kind)
    {
        var attempt = _scheduler.Sent.Latest[_running].Attempt;
        return kind switch
        {
            nameof(FinishedBatch) => Batch<FinishedBatch, FinishedTask>(new FinishedTask { Key = _running, Count = 1, Attempt = attempt, NBytes = 8 }),
            nameof(TaskErred) => new TaskErred(_running, attempt, new TaskError(TaskErrorKind.Failed, _running, "it broke")),
            nameof(TaskRescheduled) => new TaskRescheduled(_running, attempt),
            nameof(TaskLongRunning) => new TaskLongRunning(_running, attempt),
            nameof(WorkerStalled) => new WorkerStalled(1),
            nameof(InputMissing) => new InputMissing(_running, attempt, _held, _other.Address),
            nameof(StealResponse) => Batch<StealResponse, StealAnswer>(new StealAnswer { Key = _running, Attempt = attempt, GivenUp = true }),
            nameof(ReplicasAdded) => Batch<ReplicasAdded, CopyMade>(new CopyMade { Key = _held }),
            nameof(DataMissing) => new DataMissing(_held, _other.Address),
            nameof(TasksReturned) => Batch<TasksReturned, TaskAttempt>(new TaskAttempt { Key = _running, Attempt = attempt }),
            nameof(AdmissionClosed) => new AdmissionClosed(1),
            nameof(StatusChanged) => new StatusChanged(Status.Paused),
            nameof(Goodbye) => new Goodbye(CloseReason.UserRequest, "late"),
            nameof(LogEventMessage) => new LogEventMessage("topic", "late"),
            nameof(Heartbeat) => new Heartbeat(_gone.Id, isStalled: true, 1, 1),
            _ => throw new ArgumentException(kind),
        };
    }

    private static TBatch Batch<TBatch, TEntry>(TEntry entry)
        where TBatch : Batch<TEntry>, new()
        where TEntry : struct
    {
        var batch = BatchPool<TBatch>.Get();
        batch.Add(entry);
        return batch;
    }
}
