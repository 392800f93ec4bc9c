using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Retirement at the scheduler's machine: design 5.2 step by step.</summary>
public sealed class RetirementTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 });

    [Fact]
    public void The_nanny_is_told_first_then_the_worker_and_plugins_last()
    {
        var nanny = _scheduler.AddNanny();
        var leaving = _scheduler.AddWorker(nanny);
        _scheduler.AddWorker();
        Assert.NotNull(_scheduler.Client);
        _scheduler.Sent.Clear();

        _scheduler.Retire(leaving);

        Assert.Equal(["nanny: TellNanny", "w0: CloseAdmission", "plugins: WorkerStatusChanged"], _scheduler.Sent.Order.Where(static line => !line.Contains("TopicEvent", StringComparison.Ordinal)));
        Assert.Equal(NannyIntent.Retire, Assert.Single(_scheduler.Sent.Nannies).Message.Intent);
    }

    [Fact]
    public void What_only_the_leaving_worker_holds_is_moved_before_it_is_removed()
    {
        var (leaving, staying) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var (computed, data) = (_scheduler.Hold(leaving), _scheduler.HoldData(leaving));

        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.MakeCopies();

        var row = _scheduler.RowOf(request);
        Assert.Equal((RetirementOutcome.Retired, 2, 0), (row.Outcome, row.MovedCount, row.Lost.Count + row.Recomputed.Count + row.Interrupted.Count));
        Assert.Equal([staying.Address], _scheduler.HoldersOf(computed));
        Assert.Equal([staying.Address], _scheduler.HoldersOf(data));
        Assert.Equal([computed, data], _scheduler.RemovalOf(leaving).Moved);
        Assert.Single(_scheduler.StoryOf(computed), static line => line.Finish == "Memory"); // It was not computed again.
    }

    [Fact]
    public void A_worker_that_has_not_acknowledged_is_not_removed_however_empty_it_looks()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();

        var request = _scheduler.Retire(leaving);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.Acknowledge(leaving);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    [Fact]
    public void A_result_that_comes_after_everything_was_moved_is_moved_too()
    {
        var leaving = _scheduler.AddWorker();
        var staying = _scheduler.AddWorker();
        var first = _scheduler.Hold(leaving);
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });

        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        _scheduler.MakeCopies();
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.Finish(leaving, running);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.MakeCopies();

        Assert.Equal((1, 2), (_scheduler.RowOf(request).WaitedForCount, _scheduler.RowOf(request).MovedCount));
        Assert.Equal([staying.Address], _scheduler.HoldersOf(running));
        Assert.Equal([staying.Address], _scheduler.HoldersOf(first));
    }

    [Fact]
    public void A_slow_scatter_to_a_worker_that_retires_is_moved_before_it_goes_R2()
    {
        var leaving = _scheduler.AddWorker();
        var staying = _scheduler.AddWorker();
        var scattering = _scheduler.Submit(new Engine.Tasks.ConstantWork(Engine.Data.DataValue.From("precious")), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });

        var request = _scheduler.Retire(leaving);
        _scheduler.Finish(leaving, scattering); // The value was put there before the worker heard of its retirement.
        _scheduler.Acknowledge(leaving);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(scattering));
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
        Assert.Equal([staying.Address], _scheduler.HoldersOf(scattering));
    }

    [Fact]
    public void Running_tasks_are_waited_for_and_run_once_R5()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var waiting = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });

        var request = _scheduler.Retire(leaving);
        _scheduler.Return(leaving, waiting);
        _scheduler.Acknowledge(leaving);
        Assert.Equal("w1", _scheduler.Sent.Latest[waiting].Worker.Address.Name);
        _scheduler.Finish(leaving, running);
        _scheduler.MakeCopies();

        var row = _scheduler.RowOf(request);
        Assert.Equal((1, 1, 0), (row.WaitedForCount, row.RecalledCount, row.Interrupted.Count));
        Assert.Equal(1, _scheduler.Sent.Latest[running].Attempt);
    }

    [Fact]
    public void With_Interrupt_running_tasks_are_placed_elsewhere_at_once_and_nothing_counts_against_them()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { AllowedFailures = 0 });
        var leaving = scheduler.AddWorker();
        scheduler.AddWorker();
        var running = scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });

        var request = scheduler.Retire(leaving, new RetirementOptions { RunningTasks = RunningTasks.Interrupt });
        Assert.Empty(scheduler.Sent.Interrupts);
        scheduler.Acknowledge(leaving);

        Assert.Equal(running, Assert.Single(scheduler.Sent.Interrupts).Key);
        Assert.Equal([running], scheduler.RowOf(request).Interrupted);
        Assert.Equal("w1", scheduler.Sent.Latest[running].Worker.Address.Name);
        Assert.Equal(SchedulerTaskState.Processing, scheduler.StateOf(running));
    }

    [Fact]
    public void Nothing_is_sent_to_a_worker_that_leaves()
    {
        var leaving = _scheduler.AddWorker();
        var staying = _scheduler.AddWorker();
        var held = _scheduler.Hold(leaving);
        _scheduler.Retire(leaving);
        _scheduler.Sent.Clear();

        var dependents = Enumerable.Range(0, 4).Select(_ => _scheduler.Submit(held)).ToList();
        var free = _scheduler.SubmitMany(4, new TestWork());
        var data = _scheduler.Submit(new Engine.Tasks.ConstantWork(Engine.Data.DataValue.From("data")), new TaskOptions { Replicas = int.MaxValue });

        Assert.All(_scheduler.Sent.Computes, sent => Assert.Equal(staying, sent.Worker));
        Assert.All(dependents.Concat(free).Append(data), key => Assert.Equal(staying, _scheduler.Sent.Latest[key].Worker));
    }

    [Fact]
    public void A_worker_whose_data_nobody_can_take_is_refused_at_once_and_runs_again_R3()
    {
        var nanny = _scheduler.AddNanny();
        var only = _scheduler.AddWorker(nanny);
        var data = _scheduler.HoldData(only);

        var request = _scheduler.Retire(only);

        var row = _scheduler.RowOf(request);
        Assert.Equal((RetirementOutcome.Refused, RefusalReason.NoRecipient), (row.Outcome, row.Refusal));
        Assert.Equal(Status.Running, only.Status);
        Assert.Equal([only.Address], _scheduler.HoldersOf(data));
        Assert.Equal([NannyIntent.Retire, NannyIntent.Run], _scheduler.Sent.Nannies.Select(static sent => sent.Message.Intent));
        Assert.Contains(_scheduler.Sent.Told, static told => told.Message is OpenAdmission);
        Assert.DoesNotContain(_scheduler.Sent.Told, static told => told.Message is CloseWorker);
        Assert.Equal(only, _scheduler.Sent.Latest[_scheduler.Submit()].Worker);
    }

    [Fact]
    public void Two_retirements_of_one_worker_that_are_refused_leave_it_running_once()
    {
        var only = _scheduler.AddWorker();
        var other = _scheduler.AddWorker();
        _scheduler.HoldData(only);
        _scheduler.Handle(other, new StatusChanged(Status.Paused));
        var options = new RetirementOptions { Deadline = TimeSpan.FromSeconds(10) };

        var first = _scheduler.Retire(only, options);
        var second = _scheduler.Retire(only, options);
        _scheduler.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(RetirementOutcome.Refused, _scheduler.RowOf(first).Outcome);
        Assert.Same(_scheduler.RowOf(first), _scheduler.RowOf(second));
        Assert.Equal(Status.Running, only.Status);
        Assert.Equal(only, _scheduler.Sent.Latest[_scheduler.Submit()].Worker);
    }

    [Fact]
    public void A_worker_that_was_paused_before_is_paused_again_when_it_is_refused()
    {
        var only = _scheduler.AddWorker();
        _scheduler.HoldData(only);
        _scheduler.Handle(only, new StatusChanged(Status.Paused));

        _scheduler.Retire(only);

        Assert.Equal(Status.Paused, only.Status);
    }

    [Fact]
    public void All_workers_at_once_leave_one_that_holds_everything()
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 4).Select(_ => _scheduler.AddWorker())];
        var keys = workers.Select(worker => _scheduler.HoldData(worker)).ToList();

        var request = _scheduler.Retire(workers);
        for (var round = 0; round < 4; round++)
        {
            _scheduler.Acknowledge([.. workers.Where(static worker => worker.Retirement is { IsAcknowledged: false })]);
            _scheduler.MakeCopies();
        }

        var report = _scheduler.ReportOf(request)!;
        var refused = Assert.Single(report.Rows, static row => row.Outcome == RetirementOutcome.Refused);
        Assert.All(keys, key => Assert.Equal([refused.Id], _scheduler.HoldersOf(key).Select(static holder => holder.Id)));
    }

    [Fact]
    public void A_recipient_that_starts_to_leave_is_replaced()
    {
        var leaving = _scheduler.AddWorker();
        var first = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Equal(first, Assert.Single(_scheduler.Sent.Acquires).Worker);
        var second = _scheduler.AddWorker();

        _scheduler.Retire(first);

        Assert.Equal(second, _scheduler.Sent.Acquires[^1].Worker);
        _scheduler.MakeCopies();
        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
        Assert.Contains(second.Address, _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_recipient_that_dies_is_replaced()
    {
        var leaving = _scheduler.AddWorker();
        var first = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(9) });
        _scheduler.Acknowledge(leaving);
        _scheduler.RemoveWorker(first);
        Assert.Null(_scheduler.ReportOf(request)); // Somebody may come before the deadline.

        var second = _scheduler.AddWorker();
        _scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
        Assert.Equal([second.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_recipient_that_never_progresses_leads_to_a_refusal_at_the_deadline()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(5) });
        _scheduler.Acknowledge(leaving);

        _scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal((RetirementOutcome.Refused, RefusalReason.Deadline), (_scheduler.RowOf(request).Outcome, _scheduler.RowOf(request).Refusal));
        Assert.Equal(Status.Running, leaving.Status);
        Assert.Contains(leaving.Address, _scheduler.HoldersOf(data));
    }

    [Fact]
    public void At_the_deadline_what_is_given_up_is_listed_by_key()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var (computed, data) = (_scheduler.Hold(leaving), _scheduler.HoldData(leaving));
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });
        var request = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(5), OnDeadline = OnDeadline.GiveUp });
        _scheduler.Acknowledge(leaving);

        _scheduler.Advance(TimeSpan.FromSeconds(5));

        var row = _scheduler.RowOf(request);
        Assert.Equal(RetirementOutcome.Retired, row.Outcome);
        Assert.Equal([data], row.Lost);
        Assert.Equal([computed], row.Recomputed);
        Assert.Equal([running], row.Interrupted);
        Assert.Equal([FutureStatus.Finished, FutureStatus.Lost], _scheduler.ToldOf(data));
        Assert.Equal([data], _scheduler.RemovalOf(leaving).Lost);
    }

    [Fact]
    public void A_deadline_of_zero_with_GiveUp_is_a_forced_end_that_says_what_it_cost()
    {
        var leaving = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);

        var request = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.Zero, OnDeadline = OnDeadline.GiveUp });
        _scheduler.Advance(TimeSpan.Zero);

        Assert.Equal([data], _scheduler.RowOf(request).Lost);
    }

    [Fact]
    public void A_second_caller_joins_and_can_only_make_it_stricter()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });
        var first = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);

        var second = _scheduler.Retire(leaving, new RetirementOptions { RunningTasks = RunningTasks.Interrupt });

        Assert.Equal([running], _scheduler.RowOf(first).Interrupted);
        Assert.Same(_scheduler.RowOf(first), _scheduler.RowOf(second));
        Assert.Single(_scheduler.Sent.Told, static told => told.Message is CloseAdmission);
    }

    [Fact]
    public void Asking_again_for_a_worker_that_was_retired_gives_what_became_of_it()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var first = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);

        Assert.Same(_scheduler.RowOf(first), _scheduler.RowOf(_scheduler.Retire(leaving)));
    }

    [Fact]
    public void An_acknowledgement_of_an_aborted_retirement_changes_nothing()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(1) });
        var old = (CloseAdmission)_scheduler.Sent.Told.Last(static told => told.Message is CloseAdmission).Message;
        _scheduler.Advance(TimeSpan.FromSeconds(1));
        var request = _scheduler.Retire(leaving);
        _scheduler.Finish(leaving, running);
        _scheduler.MakeCopies();

        _scheduler.Handle(leaving, new AdmissionClosed(old.Retirement));

        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.Acknowledge(leaving);
        Assert.NotNull(_scheduler.ReportOf(request));
    }

    [Fact]
    public void A_worker_that_dies_while_it_retires_is_reported_with_what_was_lost()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving);

        _scheduler.RemoveWorker(leaving, CloseReason.Crashed);

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(request).Outcome);
        Assert.Equal([data], _scheduler.RowOf(request).Lost);
    }

    [Fact]
    public void A_worker_that_is_left_to_its_host_is_not_told_to_end()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        _scheduler.Retire(leaving, new RetirementOptions { CloseWorkers = false });
        _scheduler.Acknowledge(leaving);

        Assert.DoesNotContain(_scheduler.Sent.Told, static told => told.Message is CloseWorker);
        Assert.IsType<HeartbeatMissing>(_scheduler.Beat(leaving));
    }

    [Fact]
    public void Recipients_are_never_known_to_leave_no_later_than_the_source()
    {
        var leaving = _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(60));
        _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(30));
        _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(60));
        var later = _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(90));
        for (var i = 0; i < 10; i++)
        {
            _scheduler.HoldData(leaving);
        }

        _scheduler.Retire(leaving);

        Assert.Equal(10, _scheduler.Sent.Acquires.Count);
        Assert.All(_scheduler.Sent.Acquires, sent => Assert.Equal(later, sent.Worker));
    }

    [Fact]
    public void A_move_that_fails_because_of_the_way_is_tried_with_somebody_else_and_later_again()
    {
        var leaving = _scheduler.AddWorker();
        var first = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);

        _scheduler.Handle(first, new DataMissing(data, leaving.Address, isUnreachable: true));
        Assert.Null(_scheduler.ReportOf(request));
        Assert.Equal([leaving.Address], _scheduler.HoldersOf(data)); // It is there, only the way to it is bad.
        _scheduler.Sent.Acquires.Clear();
        _scheduler.Advance(TimeSpan.FromSeconds(1));
        _scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(request).Outcome);
    }

    [Fact]
    public void Work_that_a_plugin_adds_has_to_end_first()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var request = _scheduler.Retire(WorkerSelector.ById(leaving.Id), null, new Dictionary<WorkerId, PluginAnswer> { [leaving.Id] = new(null, 2) });
        _scheduler.Acknowledge(leaving);

        _scheduler.WorkDone(leaving);
        Assert.Null(_scheduler.ReportOf(request));
        _scheduler.WorkDone(leaving);

        Assert.NotNull(_scheduler.ReportOf(request));
    }

    [Fact]
    public void A_veto_of_a_plugin_refuses_and_touches_nothing()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.AddWorker();

        var request = _scheduler.Retire(WorkerSelector.ById(worker.Id), null, new Dictionary<WorkerId, PluginAnswer> { [worker.Id] = new("it holds a lease", 0) });

        Assert.Equal((RefusalReason.Vetoed, "it holds a lease"), (_scheduler.RowOf(request).Refusal, _scheduler.RowOf(request).Detail));
        Assert.DoesNotContain(_scheduler.Sent.Told, static told => told.Message is CloseAdmission);
        Assert.Equal([_scheduler.RowOf(request)], Ended());
    }

    [Fact]
    public void The_end_of_a_retirement_is_told_once_however_many_asked_for_it()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var requests = new[] { _scheduler.Retire(leaving), _scheduler.Retire(leaving) };
        Assert.Empty(Ended());

        _scheduler.Acknowledge(leaving);

        Assert.Equal([_scheduler.RowOf(requests[0])], Ended());
        Assert.Same(_scheduler.RowOf(requests[0]), _scheduler.RowOf(requests[1]));
    }

    [Fact]
    public void A_retirement_that_is_aborted_is_told_as_refused()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.HoldData(worker);

        var request = _scheduler.Retire(worker);

        Assert.Equal(RefusalReason.NoRecipient, _scheduler.RowOf(request).Refusal);
        Assert.Equal([_scheduler.RowOf(request)], Ended());
    }

    [Fact]
    public void Selectors_that_meet_nobody_are_errors_and_nothing_is_done()
    {
        var worker = _scheduler.AddWorker();

        Assert.Contains("worker-99", Assert.Throws<UnknownWorkerException>(() => _scheduler.Retire(WorkerSelector.ById(worker.Id, new WorkerId(99)))).Message, StringComparison.Ordinal);
        Assert.Throws<UnknownWorkerException>(() => _scheduler.Retire(WorkerSelector.ByName("nobody")));
        Assert.Throws<UnknownWorkerException>(() => _scheduler.Retire(WorkerSelector.ByAddress(worker.Address.Name))); // A name is no address.
        Assert.Equal(Status.Running, worker.Status);
    }

    [Fact]
    public void Ninety_percent_of_a_cluster_leave_at_once_and_nothing_is_lost()
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 20).Select(_ => _scheduler.AddWorker())];
        var keys = workers.SelectMany(worker => Enumerable.Range(0, 5).Select(i => i % 2 == 0 ? _scheduler.Hold(worker) : _scheduler.HoldData(worker))).ToList();

        var request = _scheduler.Retire(workers[..18]);
        _scheduler.Acknowledge(workers[..18]);
        while (_scheduler.Sent.Acquires.Count > 0)
        {
            _scheduler.MakeCopies();
        }

        Assert.True(_scheduler.ReportOf(request)!.AllRetired);
        Assert.All(keys, key => Assert.NotEmpty(_scheduler.HoldersOf(key)));
        Assert.Equal(90, _scheduler.ReportOf(request)!.Rows.Sum(static row => row.MovedCount));
    }

    [Fact]
    public void A_successor_that_knocks_before_the_end_of_a_retiring_worker_was_noticed_is_refused_I1()
    {
        var nanny = _scheduler.AddNanny();
        var leaving = _scheduler.AddWorker(nanny);
        _scheduler.AddWorker();
        var request = _scheduler.Retire(leaving);

        Assert.Throws<WorkerRefusedException>(() => _scheduler.AddWorker(nanny));
        _scheduler.Advance(TimeSpan.Zero); // Ends the step.

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(request).Outcome);
    }

    private IEnumerable<RetirementRow> Ended() => _scheduler.Sent.Happened.OfType<RetirementEnded>().Select(static ended => ended.Row);
}
