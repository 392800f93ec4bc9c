using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>There is one way in for a worker and one way out, and plugins see each once (I4).</summary>
public sealed class MembershipTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 });

    [Fact]
    public void Each_incarnation_joins_once_and_leaves_once_in_that_order_although_all_have_one_name_and_address_I4()
    {
        for (var i = 0; i < 3; i++)
        {
            var worker = _scheduler.Join("same", "test://same");
            _scheduler.RemoveWorker(worker, i % 2 == 0 ? CloseReason.Crashed : CloseReason.UserRequest);
            _scheduler.RemoveWorker(worker, CloseReason.Crashed); // Its connection breaks after its goodbye.
        }

        Assert.Equal(["+1", "-1", "+2", "-2", "+3", "-3"], Comings());
    }

    [Fact]
    public void Two_workers_of_one_name_and_address_at_a_time_are_two_members()
    {
        var (first, second) = (_scheduler.Join("same", "test://same"), _scheduler.Join("same", "test://same"));
        var held = _scheduler.Hold(first);

        _scheduler.RemoveWorker(second);

        Assert.Equal([first.Address], _scheduler.HoldersOf(held));
        Assert.Equal(["+1", "+2", "-2"], Comings());
    }

    [Fact]
    public void A_nannys_successor_removes_its_predecessor_before_it_joins_if_nobody_had_noticed_the_end()
    {
        var nanny = _scheduler.AddNanny();
        var before = _scheduler.AddWorker(nanny, "w");
        var running = _scheduler.Submit();

        var after = _scheduler.AddWorker(nanny, "w");

        Assert.Equal(["+1", "-1", "+2"], Comings());
        Assert.Equal((CloseReason.Crashed, false), (_scheduler.RemovalOf(before).Reason, _scheduler.RemovalOf(before).IsExpected));
        Assert.Equal(after, _scheduler.Sent.Latest[running].Worker);
        _scheduler.RemoveWorker(before); // Now its connection's end is noticed.
        _scheduler.Exited(nanny, before);
        Assert.Equal(["+1", "-1", "+2"], Comings());
    }

    [Fact]
    public void The_scheduler_closes_with_one_end_for_each_worker()
    {
        _scheduler.AddWorker();
        _scheduler.RemoveWorker(_scheduler.AddWorker());
        _scheduler.AddWorker();

        _scheduler.CloseScheduler();

        Assert.Equal(["+1", "+2", "-2", "+3", "-1", "-3"], Comings());
        Assert.All(_scheduler.Sent.Happened.OfType<WorkerRemoved>().Skip(1), static removed => Assert.Equal((CloseReason.SchedulerClosed, true), (removed.Reason, removed.IsExpected)));
    }

    [Fact]
    public void Plugins_hear_of_an_end_after_the_state_has_changed_and_after_peers_and_clients_R4()
    {
        var leaving = _scheduler.AddWorker();
        var staying = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });
        _scheduler.Sent.Clear();
        List<string> seen = [];
        _scheduler.Sent.Publishing = happened =>
        {
            if (happened is WorkerRemoved)
            {
                seen.AddRange(_scheduler.Machine.Workers.Select(static worker => $"{worker.Id} {worker.Status} {worker.Processing.Count}"));
            }
        };

        _scheduler.RemoveWorker(leaving);

        Assert.Equal([$"{staying.Id} Running 1"], seen); // Gone, and its task is at the other one already.
        Assert.Equal(
            ["w1: ComputeBatch", "w1: WorkersDeparted", "client: KeyNotices", "plugins: WorkerRemoved"],
            _scheduler.Sent.Order.Where(static line => !line.Contains("TopicEvent", StringComparison.Ordinal)));
        Assert.Equal(staying, _scheduler.Sent.Latest[running].Worker);
        Assert.Equal([FutureStatus.Lost], _scheduler.ToldOf(data));
    }

    [Fact]
    public void The_event_names_what_the_worker_had_and_what_became_of_it()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var (computed, data) = (_scheduler.Hold(leaving), _scheduler.HoldData(leaving));
        var (copied, copiedData) = (_scheduler.Hold(leaving), _scheduler.HoldData(leaving, replicas: 1));
        _scheduler.Copy(copied, 2);
        _scheduler.Copy(copiedData, 2);
        var processing = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });

        _scheduler.RemoveWorker(leaving);

        var removed = _scheduler.RemovalOf(leaving);
        Assert.Equal([processing], removed.Processing);
        Assert.Equal([data], removed.Lost);
        Assert.Equal([computed], removed.Recomputed);
        Assert.Empty(removed.Moved);
        Assert.Equal(("gone", Status.Running, 4), (removed.Detail, removed.Worker.Status, removed.Worker.HeldCount));
    }

    [Fact]
    public void What_had_copies_once_and_has_none_any_more_is_lost_with_its_last_holder()
    {
        var (first, second) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(first);
        _scheduler.Copy(data, 2);
        _scheduler.RemoveWorker(second);

        _scheduler.RemoveWorker(first);

        Assert.Equal([data], _scheduler.RemovalOf(first).Lost);
    }

    [Fact]
    public void The_event_of_a_retired_worker_lists_what_was_moved_and_nothing_as_lost()
    {
        var leaving = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var (computed, data) = (_scheduler.Hold(leaving), _scheduler.HoldData(leaving));

        _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        _scheduler.MakeCopies();

        var removed = _scheduler.RemovalOf(leaving);
        Assert.Equal((CloseReason.Retired, true), (removed.Reason, removed.IsExpected));
        Assert.Equal([computed, data], removed.Moved);
        Assert.Empty(removed.Lost.Concat(removed.Recomputed).Concat(removed.Processing));
    }

    [Fact]
    public void Peers_are_told_of_all_who_left_in_a_step_with_one_message_and_only_those_that_stay()
    {
        var (first, second) = (_scheduler.AddWorker(_scheduler.AddNanny("n1", number: 1)), _scheduler.AddWorker(_scheduler.AddNanny("n2", number: 2)));
        var retiring = _scheduler.AddWorker();
        var staying = _scheduler.AddWorker();
        var paused = _scheduler.AddWorker();
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [retiring.Address.Name] });
        _scheduler.Retire(retiring);

        _scheduler.AskLater(new RestartWorkersRequest(WorkerSelector.ById(first.Id, second.Id), null, wait: true));

        var told = _scheduler.Sent.Told.Where(static told => told.Message is WorkersDeparted).ToList();
        Assert.Equal([staying, paused], told.Select(static told => told.Worker));
        Assert.All(told, sent => Assert.Equal([first.Id, second.Id], ((WorkersDeparted)sent.Message).Workers));
    }

    [Fact]
    public void A_nanny_speaks_of_its_own_worker_only()
    {
        var (mine, other) = (_scheduler.AddNanny("mine", number: 1), _scheduler.AddNanny("other", number: 2));
        var older = _scheduler.AddWorker(mine);
        _scheduler.Exited(mine, older);
        var worker = _scheduler.AddWorker(mine);
        var running = _scheduler.Submit();
        var alone = _scheduler.AddWorker();

        _scheduler.Exited(mine, older); // Seen before the successor was started, told late.
        _scheduler.Exited(other, worker);
        _scheduler.Exited(mine, alone);

        Assert.Equal(["+1", "-1", "+2", "+3"], Comings());
        Assert.Equal([running], _scheduler.ProcessingOn(worker));
        _scheduler.Exited(mine, worker);
        Assert.Equal("-2", Comings()[^1]);
    }

    [Fact]
    public void A_nanny_that_comes_back_is_told_again_what_is_intended_with_its_worker()
    {
        var leaving = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.AddWorker();
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        _scheduler.Machine.RemoveNanny(_scheduler.AddNanny(), _scheduler.Now); // Its connection broke.
        _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(1) });
        Assert.DoesNotContain(_scheduler.Sent.Nannies, static told => told.Message.Intent == NannyIntent.Retire);

        _scheduler.AddNanny();
        Assert.Equal(NannyIntent.Retire, _scheduler.Sent.Nannies[^1].Message.Intent);

        _scheduler.Machine.RemoveNanny(_scheduler.AddNanny(), _scheduler.Now);
        _scheduler.Advance(TimeSpan.FromSeconds(1)); // It is refused meanwhile.
        _scheduler.AddNanny();
        Assert.Equal((NannyIntent.Run, leaving.Id), (_scheduler.Sent.Nannies[^1].Message.Intent, _scheduler.Sent.Nannies[^1].Message.Worker));
    }

    [Fact]
    public void The_end_of_a_nannys_connection_does_not_remove_its_worker()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);

        _scheduler.Machine.RemoveNanny(nanny, _scheduler.Now);

        Assert.True(worker.IsMember);
    }

    [Fact]
    public void An_old_connection_of_a_nanny_that_ends_does_not_remove_the_new_one()
    {
        var old = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.Machine.RemoveNanny(old, _scheduler.Now);

        _scheduler.Retire(worker);

        Assert.Equal(NannyIntent.Retire, _scheduler.Sent.Nannies[^1].Message.Intent);
    }

    [Fact]
    public void A_task_is_never_left_with_a_worker_that_is_gone()
    {
        var workers = Enumerable.Range(0, 3).Select(_ => _scheduler.AddWorker()).ToList();
        var keys = _scheduler.SubmitMany(9, new TestWork());

        _scheduler.RemoveWorker(workers[0], expected: true);
        _scheduler.RemoveWorker(workers[1], expected: true);

        Assert.All(keys, key => Assert.Equal(workers[2], _scheduler.Sent.Latest[key].Worker));
        Assert.Equal(9, _scheduler.ProcessingOn(workers[2]).Count());
    }

    [Fact]
    public void Plugins_are_told_a_workers_whole_life_in_order_T026()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.AddWorker();
        _scheduler.Handle(worker, new StatusChanged(Status.Paused));
        _scheduler.Handle(worker, new StatusChanged(Status.Running));
        _scheduler.Retire(worker);
        _scheduler.Acknowledge(worker);

        var told = _scheduler.Sent.Happened.Select(happened => happened switch
        {
            WorkerAdded added when added.Worker.Id == worker.Id => "added",
            WorkerStatusChanged changed when changed.Worker.Id == worker.Id => $"{changed.Before} to {changed.Worker.Status}",
            WorkerRemoved removed when removed.Worker.Id == worker.Id => $"removed, {removed.Reason}, expected {removed.IsExpected}",
            _ => string.Empty,
        }).Where(static line => line.Length > 0);
        Assert.Equal(
            ["added", "Running to Paused", "Paused to Running", "Running to ClosingGracefully", "removed, Retired, expected True"], told);
    }

    [Fact]
    public void The_log_tells_an_announced_end_from_a_death_T027()
    {
        var (retired, closed, dead) = (_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.Retire(retired);
        _scheduler.Acknowledge(retired);
        _scheduler.Handle(closed, new Goodbye(CloseReason.UserRequest, "its program is over"));
        _scheduler.RemoveWorker(dead, CloseReason.Crashed);

        Assert.Equal(
            ["worker-1 (w0) left, as announced: it was retired", "worker-2 (w1) left, as announced: its program is over", "worker-3 (w2) left, unannounced: gone"],
            _scheduler.EventsOf("workers").Select(static line => (string)line.Content!).Where(static line => line.Contains(" left, ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_is_let_in_is_told_so_with_his_number_and_when_his_first_heartbeat_is_due()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);

        Assert.Contains("nanny: NannyRegistered", _scheduler.Sent.Order);
        var registered = Assert.Single(_scheduler.Sent.Told.Select(static told => told.Message).OfType<WorkerRegistered>());
        Assert.Equal((worker.Address, TimeSpan.FromSeconds(0.5)), (registered.Self, registered.HeartbeatInterval));
    }

    [Fact]
    public void A_connection_that_ends_after_the_goodbye_tells_nothing_new()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.RemoveWorker(worker, CloseReason.UserRequest);

        _scheduler.Cut(worker);

        Assert.Equal(CloseReason.UserRequest, _scheduler.RemovalOf(worker).Reason);
    }

    [Fact]
    public void Who_waits_for_a_retirement_is_released_when_the_scheduler_closes_I6()
    {
        var request = _scheduler.Retire(_scheduler.AddWorker());

        _scheduler.CloseScheduler();

        Assert.Equal((RetirementOutcome.Refused, RefusalReason.SchedulerClosed), (_scheduler.RowOf(request).Outcome, _scheduler.RowOf(request).Refusal));
        Assert.Equal([_scheduler.RowOf(request)], _scheduler.Sent.Happened.OfType<RetirementEnded>().Select(static ended => ended.Row));
    }

    [Fact]
    public void A_nanny_that_comes_back_is_told_for_what_reason_its_worker_leaves()
    {
        var worker = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.AddNanny();
        Assert.Equal((NannyIntent.Run, "it runs"), (_scheduler.Sent.Nannies[^1].Message.Intent, _scheduler.Sent.Nannies[^1].Message.Detail));

        _scheduler.Retire(worker, new RetirementTerms(null, RunningTasks.WaitFor, OnDeadline.Abort, CloseWorkers: true, CloseReason.LifetimeOver));
        _scheduler.AddNanny();

        var told = _scheduler.Sent.Nannies[^1].Message;
        Assert.Equal((NannyIntent.Retire, CloseReason.LifetimeOver, "it is being retired"), (told.Intent, told.Reason, told.Detail));
    }

    [Fact]
    public void Who_waits_for_workers_is_answered_once()
    {
        var wait = _scheduler.AskLater(new WaitForWorkersRequest(1));
        _scheduler.AddWorker();
        _scheduler.AddWorker();

        Assert.Single(_scheduler.Sent.Replies, reply => reply.RequestId == wait);
    }

    [Fact]
    public void A_tasks_story_says_which_coming_or_going_moved_it_and_each_is_a_step_of_its_own()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3, NannysWordLimit = TimeSpan.FromHours(1) });
        var anywhere = new TaskOptions { Workers = ["nobody"], AllowOtherWorkers = true };
        var task = scheduler.Submit(new TestWork(), anywhere);
        var first = Step("WorkerAdded", () => scheduler.AddWorker("first"));
        Step("WorkerRemoved", () => Done(() => scheduler.Cut(first)));
        var nanny = scheduler.AddNanny();
        var second = Step("WorkerAdded", () => scheduler.AddWorker(nanny, "second"));
        Step("WorkerRemoved", () => scheduler.Knock(nanny));
        var third = Step("WorkerAdded", () => scheduler.AddWorker(nanny, "third"));
        scheduler.Cut(third);
        Step("WorkerRemoved", () => Done(() => scheduler.Cut(nanny)));
        var fourth = Step("WorkerAdded", () => scheduler.AddWorker("fourth"));
        scheduler.Retire(fourth, new RetirementOptions { RunningTasks = RunningTasks.Interrupt });
        Step("Retirement", () => Done(() => scheduler.Return(fourth, task)));
        Assert.False(second.IsMember);

        static bool Done(Action act)
        {
            act();
            return true;
        }

        T Step<T>(string stimulus, Func<T> act)
        {
            var before = scheduler.StoryOf(task);
            var result = act();
            var added = scheduler.StoryOf(task)[before.Count..];
            Assert.NotEmpty(added);
            Assert.All(added, line => Assert.Equal((stimulus, true), (line.Stimulus, line.Step > before[^1].Step)));
            return result;
        }
    }

    private List<string> Comings() => [.. _scheduler.Sent.Happened.Select(static happened => happened switch
    {
        WorkerAdded added => $"+{added.Worker.Id.Number}",
        WorkerRemoved removed => $"-{removed.Worker.Id.Number}",
        _ => string.Empty,
    }).Where(static line => line.Length > 0)];
}
