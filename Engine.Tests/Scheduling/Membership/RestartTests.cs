using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Workers are replaced by fresh ones of the same nannies.</summary>
public sealed class RestartTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 });

    [Fact]
    public void A_restart_does_not_wait_for_a_successor_whose_nanny_has_gone()
    {
        var (going, staying) = (_scheduler.AddNanny("going", number: 1), _scheduler.AddNanny("staying", number: 2));
        var workers = new[] { _scheduler.AddWorker(going), _scheduler.AddWorker(staying) };
        var restart = _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ById(workers.Select(static worker => worker.Id)), null, wait: true));

        _scheduler.Cut(going);
        Assert.Null(_scheduler.AnswerTo(restart));
        _scheduler.AddWorker(staying);

        var report = Assert.IsType<RestartReport>(_scheduler.AnswerTo(restart)?.Value);
        Assert.Equal([RestartOutcome.NoNanny, RestartOutcome.Restarted], report.Rows.OrderBy(static row => row.Before.Number).Select(static row => row.Outcome));
    }

    [Fact]
    public void A_restart_of_all_cancels_the_tasks_of_all_clients_and_says_why_T090_T097()
    {
        var other = _scheduler.AddClient();
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        var (held, running) = (_scheduler.Hold(worker), _scheduler.Submit());
        var waiting = _scheduler.Submit(running);
        var others = _scheduler.Submit(other, new TestWork());
        _scheduler.Sent.Clear();

        _scheduler.AskLater(new RestartRequest(null, wait: false));

        Assert.All([held, running, waiting], key => Assert.Equal([FutureStatus.Cancelled], _scheduler.ToldOf(key)));
        Assert.Equal([FutureStatus.Cancelled], _scheduler.ToldOf(others, other));
        Assert.All(_scheduler.Sent.Notices, static notice => Assert.Equal("the scheduler was restarted by a client", notice.Error!.Message));
        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Contains(Restarted.Instance, _scheduler.Sent.Happened);
    }

    [Fact]
    public void A_restart_of_all_drops_datasets_and_what_was_let_run()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.Publish("set", _scheduler.Hold(worker));
        _scheduler.FireAndForget(_scheduler.Submit());
        _scheduler.Map(300);

        _scheduler.AskLater(new RestartRequest(null, wait: false));

        Assert.Empty((IReadOnlyList<string>)_scheduler.Ask(new ListDatasetsRequest())!);
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_restart_of_all_drops_what_several_clients_want_and_what_is_left_of_clients_that_have_gone()
    {
        _scheduler.AddWorker(_scheduler.AddNanny());
        var (going, other) = (_scheduler.AddClient(), _scheduler.AddClient());
        var named = _scheduler.Submit(going, new TestWork(), new TaskOptions { Name = "shared" });
        Assert.Equal(named, _scheduler.FindKey("shared", other));
        _scheduler.FindKey("shared", _scheduler.Client);
        _scheduler.RemoveClient(going);
        Assert.Equal(1, _scheduler.Machine.TaskCount);

        _scheduler.AskLater(new RestartRequest(null, wait: false));

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Equal("Restarted", _scheduler.StoryOf(named)[^1].Stimulus);
    }

    [Fact]
    public void A_restart_of_all_ends_what_was_let_run_by_a_client_that_has_gone()
    {
        _scheduler.AddWorker(_scheduler.AddNanny());
        var going = _scheduler.AddClient();
        _scheduler.Ask(new FireAndForgetRequest([_scheduler.Submit(going, new TestWork())]), going);
        _scheduler.RemoveClient(going);
        Assert.Equal(1, _scheduler.Machine.TaskCount);

        _scheduler.AskLater(new RestartRequest(null, wait: false));

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void Who_does_not_wait_is_answered_once()
    {
        var nanny = _scheduler.AddNanny();
        _scheduler.AddWorker(nanny);
        var restart = _scheduler.AskLater(new RestartRequest(null, wait: false));

        _scheduler.AddWorker(nanny);

        Assert.Single(_scheduler.Sent.Replies, reply => reply.RequestId == restart);
    }

    [Fact]
    public void Of_several_that_have_left_the_first_is_named()
    {
        WorkerState[] gone = [_scheduler.AddWorker(_scheduler.AddNanny("n1", number: 1)), _scheduler.AddWorker(_scheduler.AddNanny("n2", number: 2))];
        _scheduler.AddWorker();
        _scheduler.Retire(gone);
        _scheduler.Acknowledge(gone);

        var error = Assert.IsType<UnknownWorkerException>(_scheduler.Ask(new RestartWorkersRequest(WorkerSelector.ById(gone.Select(static worker => worker.Id)), null, wait: true)));

        Assert.StartsWith($"{gone[0].Id} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void New_work_runs_on_the_successors()
    {
        var nanny = _scheduler.AddNanny();
        _scheduler.AddWorker(nanny);
        _scheduler.Submit();
        _scheduler.AskLater(new RestartRequest(null, wait: true));

        var key = _scheduler.Submit();
        Assert.NotEqual(SchedulerTaskState.Processing, _scheduler.StateOf(key));
        var successor = _scheduler.AddWorker(nanny);

        Assert.Equal(successor, _scheduler.Sent.Latest[key].Worker);
    }

    [Fact]
    public void The_answer_comes_when_all_successors_run_and_unrelated_workers_do_not_count_T091()
    {
        NannyState[] nannies = [.. Enumerable.Range(1, 2).Select(number => _scheduler.AddNanny($"n{number}", number: number))];
        WorkerState[] before = [.. nannies.Select(nanny => _scheduler.AddWorker(nanny))];
        var request = _scheduler.AskLater(new RestartRequest(null, wait: true));

        _scheduler.AddWorker();
        _scheduler.AddWorker(_scheduler.AddNanny("n3", number: 3));
        var second = _scheduler.AddWorker(nannies[1]);
        Assert.Null(_scheduler.AnswerTo(request));
        var first = _scheduler.AddWorker(nannies[0]);

        Assert.Equal(
            [(before[0].Id, RestartOutcome.Restarted, first.Id), (before[1].Id, RestartOutcome.Restarted, second.Id)],
            ReportOf(request).Rows.Select(static row => (row.Before, row.Outcome, row.After!.Value)));
        Assert.True(ReportOf(request).AllRestarted);
    }

    [Fact]
    public void At_the_deadline_it_is_told_who_has_not_come_back_T092()
    {
        NannyState[] nannies = [.. Enumerable.Range(1, 2).Select(number => _scheduler.AddNanny($"n{number}", number: number))];
        _scheduler.AddWorker(nannies[0]);
        _scheduler.AddWorker(nannies[1]);
        var request = _scheduler.AskLater(new RestartRequest(TimeSpan.FromSeconds(10), wait: true));
        _scheduler.AddWorker(nannies[0]);

        _scheduler.Advance(TimeSpan.FromSeconds(9));
        Assert.Null(_scheduler.AnswerTo(request));
        _scheduler.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([RestartOutcome.Restarted, RestartOutcome.TimedOut], ReportOf(request).Rows.Select(static row => row.Outcome));
        Assert.False(ReportOf(request).AllRestarted);
        _scheduler.AddWorker(nannies[1]); // Too late to be told, but it is welcome.
        Assert.Equal(2, _scheduler.Machine.RunningCount);
        Assert.Single(_scheduler.Sent.Replies, reply => reply.RequestId == request);
    }

    [Fact]
    public void A_worker_without_a_nanny_ends_and_its_row_says_so_T093_T095()
    {
        var nanny = _scheduler.AddNanny();
        _scheduler.AddWorker(nanny);
        var alone = _scheduler.AddWorker();
        var request = _scheduler.AskLater(new RestartRequest(null, wait: true));
        Assert.Null(_scheduler.AnswerTo(request));

        _scheduler.AddWorker(nanny);

        Assert.Equal([RestartOutcome.Restarted, RestartOutcome.NoNanny], ReportOf(request).Rows.Select(static row => row.Outcome));
        Assert.Contains(_scheduler.Sent.Told, told => told.Worker == alone && told.Message is CloseWorker);
        Assert.False(alone.IsMember);
    }

    [Fact]
    public void A_restart_of_workers_without_nannies_only_is_answered_at_once()
    {
        _scheduler.AddWorker();

        Assert.Equal(RestartOutcome.NoNanny, Assert.Single(ReportOf(_scheduler.AskLater(new RestartRequest(null, wait: true))).Rows).Outcome);
    }

    [Fact]
    public void Who_does_not_wait_is_answered_at_once()
    {
        _scheduler.AddWorker(_scheduler.AddNanny());

        Assert.Equal(RestartOutcome.TimedOut, Assert.Single(ReportOf(_scheduler.AskLater(new RestartRequest(null, wait: false))).Rows).Outcome);
    }

    [Fact]
    public void A_restart_of_some_keeps_the_tasks_and_values_of_the_others_T096()
    {
        var nanny = _scheduler.AddNanny();
        var (restarted, staying) = (_scheduler.AddWorker(nanny), _scheduler.AddWorker());
        var (held, running) = (_scheduler.Hold(staying), _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true }));

        var request = _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ByName("w0"), null, wait: true));
        Assert.Equal(["nanny: TellNanny", "w0: CloseWorker"], _scheduler.Sent.Order.Where(static line => line is "nanny: TellNanny" or "w0: CloseWorker"));
        _scheduler.AddWorker(nanny);

        Assert.True(ReportOf(request).AllRestarted);
        Assert.False(restarted.IsMember);
        Assert.Equal([staying.Address], _scheduler.HoldersOf(held));
        Assert.Equal(staying, _scheduler.Sent.Latest[running].Worker);
        Assert.Empty(_scheduler.ToldOf(running)); // It goes on elsewhere, and nothing counts against it.
        Assert.True(_scheduler.RemovalOf(restarted).IsExpected);
    }

    [Fact]
    public void A_worker_without_a_nanny_among_those_that_are_named_is_an_error_and_nothing_happens()
    {
        var nanny = _scheduler.AddNanny();
        var (worker, alone) = (_scheduler.AddWorker(nanny), _scheduler.AddWorker());
        var orphan = _scheduler.AddWorker(_scheduler.AddNanny("gone", number: 2));
        _scheduler.Machine.RemoveNanny(_scheduler.AddNanny("gone", number: 2), _scheduler.Now);

        Assert.Contains($"{alone.Id}", RefusalOf(worker, alone), StringComparison.Ordinal);
        Assert.Contains($"{orphan.Id}", RefusalOf(worker, orphan), StringComparison.Ordinal);

        Assert.All([worker, alone, orphan], static worker => Assert.Equal(Status.Running, worker.Status));
        Assert.DoesNotContain(_scheduler.Sent.Told, static told => told.Message is CloseWorker);
        Assert.DoesNotContain(_scheduler.Sent.Nannies, static told => told.Message.Intent == NannyIntent.Restart);
    }

    [Fact]
    public void A_worker_that_is_gone_cannot_be_restarted_and_nothing_happens()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        var retired = _scheduler.AddWorker();
        _scheduler.Retire(retired);
        _scheduler.Acknowledge(retired);

        Assert.IsType<UnknownWorkerException>(_scheduler.Ask(new RestartWorkersRequest(WorkerSelector.ById(worker.Id, new WorkerId(99)), null, wait: true)));
        Assert.IsType<UnknownWorkerException>(_scheduler.Ask(new RestartWorkersRequest(WorkerSelector.ById(worker.Id, retired.Id), null, wait: true)));

        Assert.True(worker.IsMember);
    }

    [Fact]
    public void A_restart_that_overtakes_a_retirement_leads_to_a_successor_7312()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.AddWorker();
        _scheduler.HoldData(worker);
        var retirement = _scheduler.Retire(worker);

        _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ById(worker.Id), null, wait: true));

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(retirement).Outcome);
        Assert.Equal([NannyIntent.Retire, NannyIntent.Restart], _scheduler.Sent.Nannies.Select(static told => told.Message.Intent));
        Assert.Equal(CloseReason.Restart, Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker)).Reason);
        Assert.Null(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
    }

    [Fact]
    public void A_retirement_of_a_worker_that_is_being_restarted_meets_nobody_and_its_successor_can_be_retired_7312()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ById(worker.Id), null, wait: true));

        Assert.Throws<UnknownWorkerException>(() => _scheduler.Retire(worker));
        Assert.Equal(CloseReason.Restart, Assert.IsType<HeartbeatMissing>(_scheduler.Beat(worker)).Reason);
        var successor = _scheduler.AddWorker(nanny);
        _scheduler.Retire(successor);
        _scheduler.Acknowledge(successor);

        Assert.NotNull(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
    }

    [Fact]
    public void A_lifetime_that_ends_in_a_restart_ends_for_good_if_somebody_retires_the_worker_meanwhile()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.AddWorker();
        var first = _scheduler.Retire(worker, new RetirementTerms(null, RunningTasks.WaitFor, OnDeadline.Abort, CloseWorkers: true, CloseReason.LifetimeRestart));

        _scheduler.Retire(worker);
        _scheduler.Acknowledge(worker);

        Assert.Equal(RetirementOutcome.Retired, _scheduler.RowOf(first).Outcome);
        Assert.Equal([NannyIntent.Run, NannyIntent.Retire], _scheduler.Sent.Nannies.Select(static told => told.Message.Intent));
        Assert.NotNull(_scheduler.Machine.FindRefusal(nanny.Id, null, _scheduler.Now));
        Assert.Equal(CloseReason.Retired, Assert.Single(_scheduler.Sent.Told.Select(static told => told.Message).OfType<CloseWorker>()).Reason);
    }

    [Fact]
    public void A_client_that_goes_while_it_waits_is_not_answered()
    {
        var nanny = _scheduler.AddNanny();
        _scheduler.AddWorker(nanny);
        var other = _scheduler.AddClient();
        var request = _scheduler.AskLater(new RestartRequest(TimeSpan.FromSeconds(1), wait: true), other);
        _scheduler.RemoveClient(other);

        _scheduler.AddWorker(nanny);
        _scheduler.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void A_task_that_hangs_does_not_hold_a_restart_up_T098_T120()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        var hanging = _scheduler.Submit();

        _scheduler.AskLater(new RestartRequest(null, wait: true));

        Assert.False(worker.IsMember);
        Assert.True(CloseTable.IsExpected(_scheduler.RemovalOf(worker).Reason));
        _scheduler.Finish(worker, hanging, attempt: 1); // It ends after all, of an incarnation that is gone.
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_nanny_can_ask_for_a_restart_of_its_own_worker_unless_that_leaves_for_good()
    {
        var (nanny, other) = (_scheduler.AddNanny(number: 1), _scheduler.AddNanny(number: 2));
        var older = _scheduler.AddWorker(nanny);
        var worker = _scheduler.AddWorker(nanny);
        _scheduler.AddWorker();

        _scheduler.AskRestart(nanny, older);
        _scheduler.AskRestart(other, worker);
        Assert.True(worker.IsMember);
        _scheduler.AskRestart(nanny, worker);
        Assert.Equal(CloseReason.Restart, _scheduler.RemovalOf(worker).Reason);

        var successor = _scheduler.AddWorker(nanny);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [successor.Address.Name] });
        _scheduler.Retire(successor);
        _scheduler.AskRestart(nanny, successor); // Its environment would be new, its end is not.
        Assert.Equal(Status.ClosingGracefully, successor.Status);
    }

    private RestartReport ReportOf(long request) => Assert.IsType<RestartReport>(_scheduler.AnswerTo(request)?.Value);

    private string RefusalOf(params WorkerState[] workers) =>
        Assert.IsType<ArgumentException>(_scheduler.Ask(new RestartWorkersRequest(WorkerSelector.ById(workers.Select(static worker => worker.Id)), null, wait: true))).Message;
}
