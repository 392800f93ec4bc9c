using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Who is silent for too long is replaced; who is paused gets nothing, and for too long is retired.</summary>
public sealed class LivenessTests
{
    private static readonly SchedulerSettings s_settings = new() { WorkerSaturation = 1, UnknownDurationSeconds = 1 };

    private readonly SchedulerFixture _scheduler = new(s_settings with { WorkerTimeToLive = TimeSpan.FromSeconds(30) });

    [Fact]
    public void A_worker_may_be_silent_for_less_than_its_time_to_live_T115()
    {
        var worker = _scheduler.AddWorker();

        _scheduler.Advance(TimeSpan.FromSeconds(29.9)); // However many heartbeats failed to arrive.
        Assert.True(worker.IsMember);
        _scheduler.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(worker.IsMember);
        Assert.Equal((CloseReason.Expired, false), (_scheduler.RemovalOf(worker).Reason, _scheduler.RemovalOf(worker).IsExpected));
    }

    [Fact]
    public void A_time_to_live_is_never_less_than_ten_heartbeats()
    {
        var scheduler = new SchedulerFixture(s_settings with { WorkerTimeToLive = TimeSpan.FromSeconds(1) });
        var worker = scheduler.AddWorker();

        scheduler.Advance(TimeSpan.FromSeconds(4.9));
        Assert.True(worker.IsMember);
        scheduler.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(worker.IsMember);
    }

    [Fact]
    public void A_time_to_live_grows_with_the_interval_when_workers_join()
    {
        var scheduler = new SchedulerFixture(s_settings with { WorkerTimeToLive = TimeSpan.FromSeconds(1) });
        var workers = Enumerable.Range(0, 11).Select(_ => scheduler.AddWorker()).ToList(); // The interval is 1 s now.

        scheduler.Advance(TimeSpan.FromSeconds(9.9));
        Assert.All(workers, static worker => Assert.True(worker.IsMember));
        scheduler.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Contains(workers, static worker => !worker.IsMember);
    }

    [Fact]
    public void Any_message_is_a_sign_of_life()
    {
        var worker = _scheduler.AddWorker();
        var running = _scheduler.Submit();

        _scheduler.Advance(TimeSpan.FromSeconds(29));
        _scheduler.Finish(running);
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        _scheduler.Handle(worker, new LogEventMessage("topic", "still here"));
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        Assert.IsType<HeartbeatOk>(_scheduler.Beat(worker));
        _scheduler.Advance(TimeSpan.FromSeconds(29));

        Assert.True(worker.IsMember);
    }

    [Fact]
    public void After_a_sign_of_life_the_time_to_live_begins_anew_and_ends()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        _scheduler.Beat(worker);
        _scheduler.Advance(TimeSpan.FromSeconds(1));
        _scheduler.Advance(TimeSpan.FromSeconds(28.9));
        Assert.True(worker.IsMember);

        _scheduler.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(worker.IsMember);
    }

    [Theory]
    [InlineData(false, CloseReason.Missing)]
    [InlineData(true, CloseReason.Restart)]
    public void A_silent_worker_hears_whether_a_successor_takes_its_place(bool hasNanny, CloseReason reason)
    {
        _scheduler.AddWorker(hasNanny ? _scheduler.AddNanny() : null);

        _scheduler.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(reason, Assert.Single(_scheduler.Sent.Told.Select(static told => told.Message).OfType<CloseWorker>()).Reason);
    }

    [Fact]
    public void A_status_that_is_said_again_is_no_change()
    {
        var worker = _scheduler.AddWorker();

        _scheduler.Handle(worker, new StatusChanged(Status.Running));

        Assert.DoesNotContain(_scheduler.Sent.Happened, static happened => happened is WorkerStatusChanged);
    }

    [Fact]
    public void What_a_worker_has_in_its_store_is_what_its_last_heartbeat_said()
    {
        var worker = _scheduler.AddWorker();

        _scheduler.Handle(worker, new Heartbeat(worker.Id, false, 0, 123));

        Assert.Equal(123, Assert.Single((IReadOnlyList<WorkerInfo>)_scheduler.Ask(new WorkersRequest())!).SpilledBytes);
    }

    [Fact]
    public void Who_is_no_longer_paused_is_given_what_nobody_could_run_and_counts_for_those_who_wait_for_workers()
    {
        var worker = _scheduler.AddWorker();
        var held = _scheduler.Hold(worker);
        _scheduler.Handle(worker, new StatusChanged(Status.Paused));
        var dependent = _scheduler.Submit(held);
        var wait = _scheduler.AskLater(new WaitForWorkersRequest(1));
        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(dependent));
        Assert.Null(_scheduler.AnswerTo(wait));

        _scheduler.Handle(worker, new StatusChanged(Status.Running));

        Assert.Equal(worker, _scheduler.Sent.Latest[dependent].Worker);
        Assert.Equal(1, _scheduler.AnswerTo(wait)?.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_limit_or_without_heartbeats_nobody_expires(bool hasLimit)
    {
        var scheduler = new SchedulerFixture(s_settings with
        {
            WorkerTimeToLive = hasLimit ? TimeSpan.FromSeconds(1) : null,
            HeartbeatInterval = hasLimit ? Timeout.InfiniteTimeSpan : null,
        });
        var worker = scheduler.AddWorker();

        scheduler.Advance(TimeSpan.FromDays(30));

        Assert.True(worker.IsMember);
    }

    [Fact]
    public void An_expired_worker_with_a_nanny_is_replaced_and_the_nanny_hears_of_it_first_8538()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        var running = _scheduler.Submit();
        _scheduler.Sent.Clear();

        _scheduler.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(
            ["nanny: TellNanny", "w0: CloseWorker", "plugins: WorkerRemoved"],
            _scheduler.Sent.Order.Where(static line => !line.Contains("TopicEvent", StringComparison.Ordinal)));
        Assert.Equal((NannyIntent.Restart, CloseReason.Expired), (_scheduler.Sent.Nannies[0].Message.Intent, _scheduler.Sent.Nannies[0].Message.Reason));
        Assert.Equal(CloseReason.Restart, Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker)).Reason);
        Assert.Null(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
        Assert.Equal(_scheduler.AddWorker(nanny), _scheduler.Sent.Latest[running].Worker); // Placed again once.
        Assert.Equal(2, _scheduler.Sent.Latest[running].Attempt);
    }

    [Fact]
    public void An_expired_worker_without_a_nanny_is_told_that_it_is_missing()
    {
        var worker = _scheduler.AddWorker();

        _scheduler.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(CloseReason.Missing, Assert.IsType<CloseWorker>(_scheduler.Sent.Told[^1].Message).Reason);
        Assert.Equal(CloseReason.Missing, Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker)).Reason);
    }

    [Fact]
    public void A_worker_that_expires_while_it_retires_is_not_replaced()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny, host: "h");
        _scheduler.AddWorker();
        var request = _scheduler.Retire(worker);

        _scheduler.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(request).Outcome);
        Assert.DoesNotContain(_scheduler.Sent.Nannies, static told => told.Message.Intent == NannyIntent.Restart);
        Assert.Equal((NannyIntent.Close, worker.Id), (_scheduler.Sent.Nannies[^1].Message.Intent, _scheduler.Sent.Nannies[^1].Message.Worker)); // It may hang.
        Assert.Equal(CloseReason.Missing, Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker)).Reason);
        Assert.NotNull(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
        Assert.NotNull(_scheduler.Machine.FindRefusal(null, "h", _scheduler.Now));
    }

    [Theory]
    [InlineData(CloseReason.Crashed)]
    [InlineData(CloseReason.MemoryLimit)]
    [InlineData(CloseReason.UserRequest)]
    public void A_worker_that_dies_while_it_retires_is_not_replaced(CloseReason reason)
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny, host: "h");
        _scheduler.AddWorker();
        _scheduler.Retire(worker);

        _scheduler.RemoveWorker(worker, reason);

        Assert.NotNull(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now)); // Intent first: its end was final.
        Assert.NotNull(_scheduler.Machine.FindRefusal(null, "h", _scheduler.Now));
    }

    [Fact]
    public void A_paused_worker_gets_no_tasks_and_no_copies_and_the_queue_stays_where_it_is()
    {
        var (paused, running) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(running);
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));
        _scheduler.Sent.Clear();

        var keys = _scheduler.SubmitMany(3, new TestWork());
        _scheduler.AskLater(new ReplicateRequest([data], 2));

        Assert.All(_scheduler.Sent.Computes, sent => Assert.Equal(running, sent.Worker));
        Assert.Equal(2, keys.Count(key => _scheduler.StateOf(key) == SchedulerTaskState.Queued));
        Assert.Empty(_scheduler.Sent.Acquires);
        Assert.Equal([Status.Paused, Status.Running], ((IReadOnlyList<WorkerInfo>)_scheduler.Ask(new WorkersRequest())!).Select(static info => info.Status));
    }

    [Fact]
    public void A_worker_that_is_resumed_gets_work_of_the_queue_T143()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.Handle(worker, new StatusChanged(Status.Paused));
        var keys = _scheduler.SubmitMany(3, new TestWork());
        Assert.Empty(_scheduler.Sent.Computes);

        _scheduler.Handle(worker, new StatusChanged(Status.Running));

        Assert.Equal([keys[0]], _scheduler.Sent.Computes.Select(static sent => sent.Key));
    }

    [Fact]
    public void What_a_worker_was_given_before_it_paused_it_keeps()
    {
        var worker = _scheduler.AddWorker();
        var running = _scheduler.Submit();

        _scheduler.Handle(worker, new StatusChanged(Status.Paused));

        Assert.Equal([running], _scheduler.ProcessingOn(worker));
        _scheduler.Finish(worker, running);
        Assert.Equal([worker.Address], _scheduler.HoldersOf(running));
    }

    [Fact]
    public void A_worker_that_is_paused_for_long_is_proposed_for_retirement_and_its_tasks_go_elsewhere()
    {
        var scheduler = Pausing();
        var (paused, other) = (scheduler.AddWorker(), scheduler.AddWorker());
        var waiting = scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });
        scheduler.Handle(paused, new StatusChanged(Status.Paused));

        scheduler.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(Proposals(scheduler));
        scheduler.Advance(TimeSpan.FromSeconds(1));
        scheduler.Accept(Assert.Single(Proposals(scheduler)));
        scheduler.Return(paused, waiting);
        scheduler.Acknowledge(paused);

        Assert.False(paused.IsMember);
        Assert.Equal(CloseReason.Retired, scheduler.RemovalOf(paused).Reason);
        Assert.Equal(other, scheduler.Sent.Latest[waiting].Worker);
    }

    [Fact]
    public void A_worker_that_is_refused_after_a_long_pause_is_tried_again_after_as_long()
    {
        var scheduler = Pausing();
        var paused = scheduler.AddWorker();
        scheduler.HoldData(paused);
        scheduler.Handle(paused, new StatusChanged(Status.Paused));

        for (var proposals = 1; proposals <= 5; proposals++)
        {
            scheduler.Advance(TimeSpan.FromSeconds(59));
            scheduler.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(proposals, Proposals(scheduler).Count);
            scheduler.Accept(Proposals(scheduler)[^1]); // Refused at once: there is nobody to take its data.
            Assert.Equal(Status.Paused, paused.Status);
        }
    }

    [Fact]
    public void A_worker_that_is_vetoed_after_a_long_pause_is_tried_again_after_as_long()
    {
        var scheduler = Pausing();
        scheduler.Handle(scheduler.AddWorker(), new StatusChanged(Status.Paused));

        scheduler.Advance(TimeSpan.FromSeconds(60)); // A plugin has something against it: nothing happens.
        scheduler.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(2, Proposals(scheduler).Count);
    }

    [Fact]
    public void A_retirement_that_is_refused_only_after_longer_than_the_limit_is_tried_again_too()
    {
        var scheduler = Pausing();
        var paused = scheduler.AddWorker();
        scheduler.AddWorker();
        scheduler.HoldData(paused);
        scheduler.Handle(paused, new StatusChanged(Status.Paused));
        scheduler.Retire(paused, new RetirementOptions { Deadline = TimeSpan.FromMinutes(5) });

        scheduler.Advance(TimeSpan.FromMinutes(2));
        scheduler.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(Status.Paused, paused.Status);
        Assert.Empty(Proposals(scheduler));
        scheduler.Advance(TimeSpan.FromMinutes(1));

        Assert.Single(Proposals(scheduler));
    }

    [Fact]
    public void A_worker_that_pauses_while_it_retires_and_is_refused_is_watched_like_any_paused_one()
    {
        var scheduler = Pausing();
        var paused = scheduler.AddWorker();
        scheduler.AddWorker();
        scheduler.HoldData(paused);
        scheduler.Retire(paused, new RetirementOptions { Deadline = TimeSpan.FromSeconds(10) });
        scheduler.Handle(paused, new StatusChanged(Status.Paused));
        scheduler.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(Status.Paused, paused.Status);

        scheduler.Advance(TimeSpan.FromSeconds(60));

        Assert.Single(Proposals(scheduler));
    }

    [Fact]
    public void A_pause_that_ends_in_time_leads_to_nothing()
    {
        var scheduler = Pausing();
        var worker = scheduler.AddWorker();
        scheduler.Handle(worker, new StatusChanged(Status.Paused));
        scheduler.Advance(TimeSpan.FromSeconds(30));
        scheduler.Handle(worker, new StatusChanged(Status.Running));
        scheduler.Advance(TimeSpan.FromSeconds(20));
        scheduler.Handle(worker, new StatusChanged(Status.Paused));

        scheduler.Advance(TimeSpan.FromSeconds(59)); // Of the second pause.

        Assert.Empty(Proposals(scheduler));
        scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(Proposals(scheduler));
    }

    private static SchedulerFixture Pausing() => new(s_settings with { PausedLimit = TimeSpan.FromSeconds(60), WorkerSaturation = double.PositiveInfinity });

    private static List<RetirementProposed> Proposals(SchedulerFixture scheduler) => [.. scheduler.Sent.Happened.OfType<RetirementProposed>()];
}
