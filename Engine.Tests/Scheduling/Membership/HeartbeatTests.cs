using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>A heartbeat is answered with when the next is due, or with why there is none: the recorded intent, never another one.</summary>
public sealed class HeartbeatTests
{
    private static readonly SchedulerSettings s_settings = new() { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 };

    private readonly SchedulerFixture _scheduler = new(s_settings with { WorkerTimeToLive = TimeSpan.FromSeconds(30) });

    [Fact]
    public void A_member_is_told_when_the_next_heartbeat_is_due() =>
        Assert.Equal(TimeSpan.FromSeconds(0.5), Assert.IsType<HeartbeatOk>(_scheduler.Beat(_scheduler.AddWorker())).Interval);

    [Fact]
    public void A_worker_that_was_retired_is_missing_and_told_why()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.Retire(worker);
        _scheduler.Acknowledge(worker);

        AssertMissing(worker, CloseReason.Missing, "it was retired");
    }

    [Fact]
    public void A_worker_that_was_restarted_is_told_that_it_is_to_be_replaced_6494()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.AskLater(new RestartRequest(null, wait: true));

        AssertMissing(worker, CloseReason.Restart, "a client restarts it");
    }

    [Fact]
    public void A_worker_whose_lifetime_is_over_is_replaced_if_that_was_recorded_before_it_was_removed_T005()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.Retire(worker, Terms(CloseReason.LifetimeRestart));
        _scheduler.Acknowledge(worker);

        AssertMissing(worker, CloseReason.Restart, "it was retired");
        Assert.Null(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
        Assert.Equal([NannyIntent.Run, NannyIntent.Restart], _scheduler.Sent.Nannies.Select(static told => told.Message.Intent));
    }

    [Fact]
    public void A_worker_whose_lifetime_is_over_for_good_is_not_replaced()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.Retire(worker, Terms(CloseReason.LifetimeOver));
        _scheduler.Acknowledge(worker);

        AssertMissing(worker, CloseReason.Missing, "it was retired");
        Assert.NotNull(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
    }

    [Fact]
    public void A_worker_that_was_thought_to_have_crashed_is_missing()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.RemoveWorker(worker, CloseReason.Crashed);

        AssertMissing(worker, CloseReason.Missing, "gone");
    }

    [Fact]
    public void A_worker_of_which_nothing_is_known_any_more_is_missing_like_a_retired_one()
    {
        var scheduler = new SchedulerFixture(s_settings with { LedgerLength = 1 });
        var worker = scheduler.AddWorker(scheduler.AddNanny());
        scheduler.AskLater(new RestartRequest(null, wait: true));
        scheduler.RemoveWorker(scheduler.AddWorker(), expected: true); // Pushes it off the ledger.

        var missing = Assert.IsType<HeartbeatMissing>(scheduler.Beat(worker));

        Assert.Equal((CloseReason.Missing, "the scheduler doesn't know it"), (missing.Reason, missing.Detail));
    }

    [Fact]
    public void A_heartbeat_while_a_worker_leaves_is_answered_as_any_other()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.AddWorker();
        _scheduler.Retire(worker);

        Assert.IsType<HeartbeatOk>(_scheduler.Beat(worker));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Heartbeats_before_or_after_a_removal_lead_to_the_same_state_T007(bool before, bool after)
    {
        Assert.Equal(Play(before: false, after: false), Play(before, after));

        static string Play(bool before, bool after)
        {
            var scheduler = new SchedulerFixture(s_settings);
            var nanny = scheduler.AddNanny();
            var worker = scheduler.AddWorker(nanny);
            scheduler.AddWorker();
            scheduler.HoldData(worker);
            scheduler.Retire(worker);
            scheduler.Acknowledge(worker);
            if (before)
            {
                Assert.IsType<HeartbeatOk>(scheduler.Beat(worker));
            }

            scheduler.MakeCopies();
            if (after)
            {
                Assert.Equal(CloseReason.Missing, Assert.IsType<HeartbeatMissing>(scheduler.Beat(worker)).Reason);
            }

            return $"{scheduler.Describe()}\n{scheduler.Machine.FindRefusal(nanny.Id, null, scheduler.Now)}";
        }
    }

    [Fact]
    public void No_data_is_ever_placed_on_a_worker_that_was_answered_missing_8522()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        var staying = _scheduler.AddWorker();
        _scheduler.Retire(worker, new RetirementOptions { CloseWorkers = false });
        _scheduler.Acknowledge(worker);
        Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker));
        _scheduler.Sent.Clear();

        var data = _scheduler.Submit(new Engine.Tasks.ConstantWork(Engine.Data.DataValue.From("data")), new TaskOptions { Replicas = int.MaxValue });
        _scheduler.Finish(staying, data);
        _scheduler.SubmitMany(9, new TestWork());

        Assert.Empty(_scheduler.Sent.Acquires);
        Assert.All(_scheduler.Sent.Computes, sent => Assert.Equal(staying, sent.Worker));
        Assert.Contains("retired", _scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now), StringComparison.Ordinal); // Nor may a successor come.
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(10, 0.5)]
    [InlineData(11, 1)]
    [InlineData(49, 1)]
    [InlineData(50, 2)]
    [InlineData(199, 2)]
    [InlineData(200, 2)]
    [InlineData(400, 3)]
    [InlineData(1000, 6)]
    public void Heartbeats_are_due_less_often_if_there_are_many_workers(int workers, double seconds)
    {
        var scheduler = new SchedulerFixture(validates: false);
        WorkerState last = null!; // There is at least one.
        for (var i = 0; i < workers; i++)
        {
            last = scheduler.AddWorker();
        }

        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.IsType<HeartbeatOk>(scheduler.Beat(last)).Interval);
    }

    [Fact]
    public void An_interval_that_is_set_does_not_depend_on_the_number_of_workers()
    {
        var scheduler = new SchedulerFixture(s_settings with { HeartbeatInterval = TimeSpan.FromSeconds(7) });
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TimeSpan.FromSeconds(7), Assert.IsType<HeartbeatOk>(scheduler.Beat(scheduler.AddWorker())).Interval);
        }
    }

    [Fact]
    public void A_stalled_worker_shows_as_stalled_and_is_logged_once_at_each_end()
    {
        var worker = _scheduler.AddWorker();
        Assert.False(Assert.Single(Workers()).IsStalled);

        _scheduler.Beat(worker, isStalled: true);
        _scheduler.Beat(worker, isStalled: true);
        Assert.True(Assert.Single(Workers()).IsStalled);
        _scheduler.Beat(worker);
        _scheduler.Beat(worker);

        Assert.False(Assert.Single(Workers()).IsStalled);
        Assert.Equal(2, _scheduler.EventsOf("workers").Count(static line => ((string)line.Content!).Contains("stalled", StringComparison.Ordinal)));
    }

    private static RetirementTerms Terms(CloseReason reason) => new(null, RunningTasks.WaitFor, OnDeadline.Abort, CloseWorkers: true, reason);

    private IReadOnlyList<WorkerInfo> Workers() => (IReadOnlyList<WorkerInfo>)_scheduler.Ask(new WorkersRequest())!;

    private void AssertMissing(WorkerState worker, CloseReason reason, string detail)
    {
        var missing = Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker));
        Assert.Equal((reason, detail), (missing.Reason, missing.Detail));
    }
}
