using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>A death that was announced blames no task; an unannounced one blames those that ran, and says why (I10).</summary>
public sealed class BlameTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings
    {
        WorkerSaturation = double.PositiveInfinity,
        UnknownDurationSeconds = 1e-3,
        AllowedFailures = 0,
    });

    public static TheoryData<CloseReason> Announced => [.. Enum.GetValues<CloseReason>().Where(CloseTable.IsExpected)];

    public static TheoryData<CloseReason> Unannounced => [.. Enum.GetValues<CloseReason>().Where(static reason => !CloseTable.IsExpected(reason))];

    [Theory]
    [MemberData(nameof(Announced))]
    public void A_goodbye_with_an_expected_reason_blames_nobody_I10(CloseReason reason)
    {
        var (leaving, running) = RunOnAWorker();

        _scheduler.Handle(leaving, new Goodbye(reason, "as announced"));

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.NotEqual(leaving, _scheduler.Sent.Latest[running].Worker);
        Assert.True(_scheduler.RemovalOf(leaving).IsExpected);
    }

    [Theory]
    [MemberData(nameof(Unannounced))]
    public void An_unannounced_end_blames_what_ran_and_names_its_cause_I10(CloseReason reason)
    {
        var nanny = _scheduler.AddNanny();
        var leaving = _scheduler.AddWorker(nanny);
        var running = _scheduler.Submit();
        _scheduler.AddWorker();

        _scheduler.Exited(nanny, leaving, reason, "here is why");

        var notice = Assert.Single(_scheduler.NoticesOf(running));
        Assert.Equal(TaskErrorKind.KilledWorker, notice.Error!.Kind);
        Assert.Contains($"{reason}: here is why", notice.Error.Message, StringComparison.Ordinal);
        Assert.Contains("w0", notice.Error.Message, StringComparison.Ordinal);
        Assert.False(_scheduler.RemovalOf(leaving).IsExpected);
    }

    [Fact]
    public void Only_the_tasks_that_ran_are_blamed_the_first_ones_and_those_that_left_their_slot()
    {
        var leaving = _scheduler.AddWorker(threads: 2);
        var keys = _scheduler.SubmitMany(6, new TestWork());
        _scheduler.Secede(leaving, keys[0]);
        _scheduler.AddWorker(threads: 2);
        _scheduler.Sent.Steals.Clear();

        _scheduler.RemoveWorker(leaving);

        Assert.All(keys[..3], key => Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(key))); // One beside its slot, two in slots.
        Assert.All(keys[3..], key => Assert.Empty(_scheduler.ToldOf(key)));
    }

    [Fact]
    public void Four_rolling_restarts_kill_nothing()
    {
        var nannies = Enumerable.Range(1, 2).Select(number => _scheduler.AddNanny($"n{number}", number: number)).ToList();
        var workers = nannies.Select(nanny => _scheduler.AddWorker(nanny)).ToList();
        var running = _scheduler.Submit();
        for (var round = 0; round < 4; round++)
        {
            var has = workers.IndexOf(_scheduler.Sent.Latest[running].Worker);
            _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ById(workers[has].Id), null, wait: true));
            _scheduler.Exited(nannies[has], workers[has], CloseReason.Crashed); // Killed hard after its grace: it was told to end before.
            workers[has] = _scheduler.AddWorker(nannies[has]);
        }

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.True(_scheduler.Sent.Latest[running].Attempt >= 5);
        _scheduler.Finish(running);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(running));
    }

    [Fact]
    public void A_retirement_at_its_deadline_blames_nobody()
    {
        var leaving = _scheduler.AddWorker();
        var running = _scheduler.Submit();
        _scheduler.AddWorker();

        _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(1), OnDeadline = OnDeadline.GiveUp });
        _scheduler.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.Equal("w1", _scheduler.Sent.Latest[running].Worker.Address.Name);
    }

    [Fact]
    public void A_task_that_leaves_a_worker_before_that_dies_is_not_blamed()
    {
        var (leaving, running) = RunOnAWorker();
        _scheduler.Handle(leaving, new TaskRescheduled(running, 1));
        var next = _scheduler.Sent.Latest[running].Worker;

        _scheduler.RemoveWorker(next == leaving ? _scheduler.Machine.Workers.First(worker => worker != leaving) : leaving);

        Assert.Empty(_scheduler.ToldOf(running));
    }

    private (WorkerState Worker, TaskKey Running) RunOnAWorker()
    {
        var worker = _scheduler.AddWorker();
        var running = _scheduler.Submit();
        _scheduler.AddWorker();
        return (worker, running);
    }
}
