using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Which values a worker that leaves has to pass on, when, and what is told of it (I2).</summary>
public sealed class RetirementMovesTests
{
    private static readonly SchedulerSettings s_settings = new() { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 };

    private readonly SchedulerFixture _scheduler = new(s_settings);

    [Fact]
    public void What_stays_elsewhere_is_not_moved()
    {
        var (leaving, staying) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        _scheduler.Copy(data, 2);
        var holder = _scheduler.HoldersOf(data).Single(holder => holder != leaving.Address);

        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);

        Assert.Empty(_scheduler.Sent.Acquires);
        Assert.Equal(0, _scheduler.RowOf(request).MovedCount);
        Assert.Equal([holder], _scheduler.HoldersOf(data));
        Assert.True(staying.IsMember);
    }

    [Fact]
    public void As_many_copies_as_were_wished_for_stay()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        _scheduler.AskLater(new ReplicateRequest([data], 2));
        _scheduler.MakeCopies();
        var third = _scheduler.AddWorker();

        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Equal(third, Assert.Single(_scheduler.Sent.Acquires).Worker);
        _scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
        Assert.Equal(2, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void A_worker_stays_until_all_copies_are_made_that_were_asked_for_before()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        _scheduler.AskLater(new ReplicateRequest([data], 3));
        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Equal(2, _scheduler.Sent.Acquires.Count);

        _scheduler.MakeCopy(_scheduler.Sent.Acquires[0]);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.MakeCopy(_scheduler.Sent.Acquires[1]);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_value_whose_other_holder_breaks_off_is_moved_before_the_leaving_worker_goes_I2(bool leavingHasCopy)
    {
        var first = _scheduler.AddWorker(_scheduler.AddNanny());
        var second = _scheduler.AddWorker(_scheduler.AddNanny(number: 2));
        var data = _scheduler.HoldData(first);
        _scheduler.Copy(data, 2);
        var third = _scheduler.AddWorker();
        var (leaving, other) = leavingHasCopy ? (second, first) : (first, second);
        var request = _scheduler.Retire(leaving);

        _scheduler.Cut(other); // What its nanny says of it is awaited.
        _scheduler.Acknowledge(leaving);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
        Assert.Contains(third.Address, _scheduler.HoldersOf(data));
    }

    [Fact]
    public void Copies_that_were_wished_for_are_passed_on_in_order_when_their_worker_retires()
    {
        var (first, leaving) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        TaskKey[] data = [_scheduler.HoldData(first), _scheduler.HoldData(first)];
        _scheduler.AskLater(new ReplicateRequest(data, 2));
        _scheduler.MakeCopies();
        var third = _scheduler.AddWorker();

        _scheduler.Retire(leaving);

        Assert.Equal(data.Select(key => (third, key)), _scheduler.Sent.Acquires.Select(static sent => (sent.Worker, sent.Key)));
    }

    [Fact]
    public void A_copy_that_was_fetched_as_an_input_counts_although_another_one_was_asked_for()
    {
        var holder = _scheduler.AddWorker();
        var taker = _scheduler.AddWorker();
        var data = _scheduler.HoldData(holder);
        _scheduler.AskLater(new ReplicateRequest([data], 2));
        Assert.Single(_scheduler.Sent.Acquires);
        var batch = Engine.Collections.BatchPool<ReplicasAdded>.Get();
        batch.Add(new CopyMade { Key = data, Number = 0 });

        _scheduler.Handle(taker, batch);

        Assert.Equal([holder.Address, taker.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void Data_that_its_only_holder_does_not_have_is_lost_and_data_that_can_not_be_reached_is_not_I11()
    {
        var holder = _scheduler.AddWorker();
        var (unreachable, missing) = (_scheduler.HoldData(holder), _scheduler.HoldData(holder));

        _scheduler.Handle(_scheduler.AddWorker(), new DataMissing(unreachable, holder.Address, isUnreachable: true));
        _scheduler.Handle(_scheduler.Client, new DataMissing(missing, holder.Address));

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(unreachable));
        Assert.Equal([FutureStatus.Finished, FutureStatus.Lost], _scheduler.ToldOf(missing));
    }

    [Fact]
    public void Two_that_leave_with_one_value_both_stay_until_a_third_has_it()
    {
        var (first, second) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(first);
        _scheduler.Copy(data, 2);
        var third = _scheduler.AddWorker();

        var request = _scheduler.Retire(first, second);
        _scheduler.Acknowledge(first, second);
        Assert.True(first.IsMember && second.IsMember);
        _scheduler.MakeCopies();

        Assert.True(_scheduler.ReportOf(request)!.AllRetired);
        Assert.Equal([third.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_value_whose_other_holder_begins_to_leave_is_looked_after_by_both()
    {
        var (first, second) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(first);
        _scheduler.Copy(data, 2);
        _scheduler.AddWorker();
        var running = Run(first);
        _scheduler.Retire(first);
        _scheduler.Acknowledge(first);
        Assert.Empty(_scheduler.Sent.Acquires);

        _scheduler.Retire(second);
        Assert.Equal(data, Assert.Single(_scheduler.Sent.Acquires).Key);
        _scheduler.MakeCopies();
        _scheduler.Finish(first, running);
        _scheduler.MakeCopies();

        Assert.Equal([data, running], _scheduler.RemovalOf(first).Moved);
    }

    [Fact]
    public void A_value_whose_other_holder_dies_is_moved_at_once_although_a_task_still_runs()
    {
        var (leaving, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(leaving);
        _scheduler.Copy(data, 2);
        var third = _scheduler.AddWorker();
        Run(leaving);
        _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);

        _scheduler.RemoveWorker(other);

        Assert.Equal((third, data), Assert.Single(_scheduler.Sent.Acquires) is var sent ? (sent.Worker, sent.Key) : default);
    }

    [Fact]
    public void All_that_leave_with_a_value_look_after_it_when_the_last_that_stays_dies()
    {
        WorkerState[] holders = [_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker()];
        var data = _scheduler.HoldData(holders[0]);
        _scheduler.Copy(data, 3);
        _scheduler.AddWorker();
        var running = holders[..2].Select(Run).ToList();
        _scheduler.Retire(holders[..2]);
        _scheduler.Acknowledge(holders[..2]);

        _scheduler.RemoveWorker(holders[2]);
        _scheduler.MakeCopies();
        _scheduler.Finish(holders[0], running[0]);
        _scheduler.Finish(holders[1], running[1]);
        _scheduler.MakeCopies();

        Assert.Equal([data, running[0]], _scheduler.RemovalOf(holders[0]).Moved);
        Assert.Equal([data, running[1]], _scheduler.RemovalOf(holders[1]).Moved);
    }

    [Fact]
    public void A_recipient_that_begins_to_leave_is_replaced_at_once_although_a_task_still_runs()
    {
        var (leaving, first) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.HoldData(leaving);
        Run(leaving);
        _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Equal(first, Assert.Single(_scheduler.Sent.Acquires).Worker);
        var second = _scheduler.AddWorker();

        _scheduler.Retire(first);

        Assert.Equal(second, _scheduler.Sent.Acquires[^1].Worker);
    }

    [Fact]
    public void Whoever_comes_is_asked_at_once_for_what_nobody_could_take_although_a_task_still_runs()
    {
        var leaving = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        Run(leaving);
        _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(60) });
        _scheduler.Acknowledge(leaving);
        Assert.Empty(_scheduler.Sent.Acquires);

        var newcomer = _scheduler.AddWorker();

        Assert.Equal((newcomer, data), Assert.Single(_scheduler.Sent.Acquires) is var sent ? (sent.Worker, sent.Key) : default);
    }

    [Fact]
    public void Whoever_is_no_longer_paused_is_asked_for_what_nobody_could_take()
    {
        var (leaving, paused) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.HoldData(leaving);
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));
        _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(60) });
        _scheduler.Acknowledge(leaving);

        _scheduler.Handle(paused, new StatusChanged(Status.Running));

        Assert.Equal(paused, Assert.Single(_scheduler.Sent.Acquires).Worker);
    }

    [Fact]
    public void Without_anybody_who_could_take_its_values_a_worker_is_refused_at_its_deadline()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(60) });

        _scheduler.Advance(TimeSpan.FromSeconds(60));

        var row = _scheduler.RowOf(request);
        Assert.Equal(RefusalReason.NoRecipient, row.Refusal);
        Assert.Contains("no running worker can take the 1 values", row.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_so_many_values_are_under_way_at_a_time_and_what_was_given_up_meanwhile_is_passed_over()
    {
        var scheduler = new SchedulerFixture(s_settings with { MovesMax = 2 });
        var (leaving, staying) = (scheduler.AddWorker(), scheduler.AddWorker());
        var keys = Enumerable.Range(0, 5).Select(_ => scheduler.HoldData(leaving)).ToList();
        var request = scheduler.Retire(leaving);
        scheduler.Acknowledge(leaving);
        Assert.Equal(keys[..2], scheduler.Sent.Acquires.Select(static sent => sent.Key));

        scheduler.Release(keys[2]);
        scheduler.MakeCopies();
        Assert.Equal(keys[3..], scheduler.Sent.Acquires.Select(static sent => sent.Key));
        scheduler.MakeCopies();

        Assert.Equal(4, scheduler.RowOf(request).MovedCount);
        Assert.All(keys.Where(key => key != keys[2]), key => Assert.Equal([staying.Address], scheduler.HoldersOf(key)));
    }

    [Fact]
    public void A_value_that_is_given_up_on_its_way_is_not_waited_for()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Null(_scheduler.ReportOf(request));

        _scheduler.Release(data);

        Assert.Equal((RetirementOutcome.Retired, 0), (_scheduler.RowOf(request).Outcome, _scheduler.RowOf(request).MovedCount));
    }

    [Fact]
    public void A_value_that_nobody_got_and_that_is_given_up_is_not_waited_for()
    {
        var (leaving, first) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving);
        _scheduler.Handle(first, new DataMissing(data, leaving.Address, isUnreachable: true));
        _scheduler.Release(data);

        _scheduler.Acknowledge(leaving);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    [Fact]
    public void A_move_that_failed_is_tried_again_after_a_pause_and_not_before()
    {
        var (leaving, first) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(leaving);
        _scheduler.Advance(TimeSpan.FromSeconds(10));
        _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        _scheduler.Handle(first, new DataMissing(data, leaving.Address, isUnreachable: true));
        _scheduler.Sent.Acquires.Clear();

        _scheduler.Advance(s_settings.MoveRetryDelay - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_scheduler.Sent.Acquires);
        _scheduler.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(data, Assert.Single(_scheduler.Sent.Acquires).Key);
    }

    /// <summary>Another process has taken the address, and says at once that it has nothing.</summary>
    [Fact]
    public void A_copy_is_not_asked_for_again_while_it_is_not_known_what_became_of_its_holder()
    {
        var (leaving, first) = (_scheduler.AddWorker(_scheduler.AddNanny()), _scheduler.AddWorker());
        var data = _scheduler.HoldData(leaving);
        _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        _scheduler.Cut(leaving);
        _scheduler.Sent.Acquires.Clear();

        _scheduler.Handle(first, new DataMissing(data, leaving.Address));

        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void A_report_says_what_was_moved_how_long_it_took_and_why_it_ended()
    {
        var leaving = _scheduler.AddWorker(_scheduler.AddNanny(), host: "h");
        _scheduler.AddWorker();
        _scheduler.HoldData(leaving, bytes: 100);
        _scheduler.HoldData(leaving, bytes: 30);
        _scheduler.Advance(TimeSpan.FromSeconds(10));
        var request = _scheduler.Retire(leaving);
        _scheduler.MakeCopies();
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        _scheduler.Acknowledge(leaving);

        var row = _scheduler.RowOf(request);
        Assert.Equal((2, 130L, TimeSpan.FromSeconds(2), "it was retired"), (row.MovedCount, row.MovedBytes, row.Duration, row.Detail));
        Assert.Equal((leaving.Nanny, "h"), (row.Nanny, row.Host));
    }

    [Fact]
    public void Progress_says_what_runs_what_is_still_to_be_moved_and_how_much_time_there_is()
    {
        var scheduler = new SchedulerFixture(s_settings with { MovesMax = 1 });
        var leaving = scheduler.AddWorker();
        var taker = scheduler.AddWorker(null, leaves: TimeSpan.FromHours(1));
        for (var i = 0; i < 4; i++)
        {
            scheduler.HoldData(leaving);
        }

        scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        scheduler.Advance(TimeSpan.FromSeconds(10));
        scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(60) });
        scheduler.MakeCopy(scheduler.Sent.Acquires[0]);
        scheduler.Handle(taker, new DataMissing(scheduler.Sent.Acquires[^1].Key, leaving.Address, isUnreachable: true)); // Stuck; the next one is under way, one waits.
        scheduler.Advance(TimeSpan.FromMilliseconds(50));

        var progress = Assert.Single((IReadOnlyList<RetirementProgress>)scheduler.Ask(new RetirementsRequest())!);
        Assert.Equal(new RetirementProgress(leaving.Id, 1, 3, 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(59.95)), progress);
    }

    [Fact]
    public void A_retirement_without_a_deadline_has_no_time_left_to_tell_of()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        _scheduler.Retire(leaving);

        Assert.Null(Assert.Single((IReadOnlyList<RetirementProgress>)_scheduler.Ask(new RetirementsRequest())!).Remaining);
    }

    [Fact]
    public void A_task_that_is_given_back_and_that_nobody_wants_any_more_is_passed_over()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var task = Run(leaving);
        _scheduler.Retire(leaving);
        _scheduler.Release(task);
        _scheduler.Sent.Clear();

        _scheduler.Return(leaving, task);

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Equal(SchedulerTaskState.Forgotten, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_that_is_given_back_by_a_worker_that_stays_after_all_makes_room_there()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = 1, UnknownDurationSeconds = 1 });
        var worker = scheduler.AddWorker();
        var task = scheduler.Submit();
        scheduler.Retire(worker, new RetirementOptions { Deadline = TimeSpan.FromSeconds(1) });
        scheduler.Advance(TimeSpan.FromSeconds(1));

        scheduler.Return(worker, task); // It was on its way when the retirement was aborted.

        Assert.Equal((worker, 2), scheduler.Sent.Latest[task]);
    }

    [Fact]
    public void The_time_that_a_plugins_work_took_counts()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var request = _scheduler.Retire(WorkerSelector.ById(leaving.Id), null, new Dictionary<WorkerId, PluginAnswer> { [leaving.Id] = new(null, 1) });
        _scheduler.Acknowledge(leaving);
        _scheduler.Advance(TimeSpan.FromSeconds(7));

        _scheduler.WorkDone(leaving);
        _scheduler.WorkDone(leaving); // One too many: it has left.

        Assert.Equal(TimeSpan.FromSeconds(7), _scheduler.RowOf(request).Duration);
    }

    [Fact]
    public void Work_of_a_plugin_that_ends_twice_does_not_count_twice()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var request = _scheduler.Retire(WorkerSelector.ById(leaving.Id), null, new Dictionary<WorkerId, PluginAnswer> { [leaving.Id] = new(null, 1) });
        _scheduler.WorkDone(leaving);
        _scheduler.WorkDone(leaving);

        _scheduler.Acknowledge(leaving);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    [Fact]
    public void Plugins_that_say_nothing_of_a_worker_hold_nothing_up()
    {
        var (leaving, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.AddWorker();
        var request = _scheduler.Retire(WorkerSelector.ById(leaving.Id), null, new Dictionary<WorkerId, PluginAnswer> { [other.Id] = new(null, 1) });

        _scheduler.Acknowledge(leaving);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    private TaskKey Run(WorkerState worker) => _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [worker.Address.Name] });
}
