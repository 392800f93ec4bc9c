using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

public sealed class StealingTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity });

    [Fact]
    public void An_idle_worker_gets_tasks_that_have_not_started()
    {
        var (victim, tasks) = Busy(6);

        var thief = _scheduler.AddWorker();
        Assert.NotEmpty(_scheduler.Sent.Steals);
        Assert.DoesNotContain(_scheduler.Sent.Steals, steal => steal.Key == tasks[0]);
        var asked = _scheduler.Sent.Steals.Select(static steal => steal.Key).ToList();
        _scheduler.GiveUpAll();

        Assert.Contains(asked[0], _scheduler.ProcessingOn(thief));
        Assert.DoesNotContain(asked[0], _scheduler.ProcessingOn(victim));
        Assert.Equal(6, victim.Processing.Count + thief.Processing.Count);
    }

    [Fact]
    public void A_worker_that_runs_something_and_has_a_free_slot_gets_what_waits_elsewhere()
    {
        var victim = _scheduler.AddWorker("victim", threads: 2);
        _scheduler.SubmitMany(3, new TestWork());
        _scheduler.AddWorker("thief", threads: 2);
        var steal = Assert.Single(_scheduler.Sent.Steals);
        _scheduler.AnswerSteal(victim, steal.Key, givenUp: true);
        var late = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["victim"], AllowOtherWorkers = true });

        Assert.Equal(late, _scheduler.Sent.Steals[^1].Key); // The thief runs one of the three already.
    }

    [Fact]
    public void A_stolen_task_is_a_new_attempt()
    {
        Busy(2);
        _scheduler.AddWorker();

        _scheduler.GiveUpAll();

        Assert.Equal(2, _scheduler.Sent.Computes[^1].Attempt);
    }

    [Fact]
    public void A_worker_with_no_more_tasks_than_threads_keeps_them()
    {
        _scheduler.AddWorker(threads: 4);
        _scheduler.SubmitMany(4, new TestWork());

        _scheduler.AddWorker();

        Assert.Empty(_scheduler.Sent.Steals);
    }

    [Fact]
    public void A_refused_steal_changes_nothing()
    {
        var (victim, tasks) = Busy(2);
        _scheduler.AddWorker();
        var steal = Assert.Single(_scheduler.Sent.Steals);

        _scheduler.AnswerSteal(victim, steal.Key, givenUp: false);

        Assert.Equal(tasks, _scheduler.ProcessingOn(victim));
        _scheduler.Finish(victim, steal.Key);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(steal.Key));
    }

    [Fact]
    public void A_task_whose_steal_was_refused_runs_and_is_not_asked_for_again_and_again()
    {
        var (victim, _) = Busy(2);
        _scheduler.AddWorker();

        for (var i = 0; i < 10 && _scheduler.Sent.Steals.Count == i + 1; i++)
        {
            _scheduler.AnswerSteal(victim, _scheduler.Sent.Steals[i].Key, givenUp: false);
        }

        Assert.InRange(_scheduler.Sent.Steals.Count, 1, 2); // Each of the two once.
    }

    [Fact]
    public void A_stale_answer_to_a_steal_changes_nothing()
    {
        var (victim, tasks) = Busy(2);
        var thief = _scheduler.AddWorker();
        var steal = Assert.Single(_scheduler.Sent.Steals);
        _scheduler.Reschedule(victim, steal.Key);
        var placed = _scheduler.Sent.Latest[steal.Key];

        _scheduler.AnswerSteal(victim, steal.Key, givenUp: true, steal.Attempt);

        Assert.Equal(placed, _scheduler.Sent.Latest[steal.Key]);
        Assert.Equal(tasks.Length, victim.Processing.Count + thief.Processing.Count);
        Assert.Equal(0, victim.StealsUnderWay);
    }

    [Fact]
    public void A_task_that_ended_before_the_answer_stays_ended()
    {
        var (victim, _) = Busy(2);
        _scheduler.AddWorker();
        var steal = Assert.Single(_scheduler.Sent.Steals);

        _scheduler.Finish(victim, steal.Key);
        _scheduler.AnswerSteal(victim, steal.Key, givenUp: false, steal.Attempt);

        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(steal.Key));
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(steal.Key));
    }

    [Fact]
    public void A_victim_that_dies_takes_its_open_steals_along()
    {
        var (victim, tasks) = Busy(4);
        var thief = _scheduler.AddWorker();

        _scheduler.RemoveWorker(victim);

        Assert.Equal(tasks.Order(), _scheduler.ProcessingOn(thief).Order());
        _scheduler.AddWorker(); // Steals go on with other victims.
        Assert.Contains(_scheduler.Sent.Steals, steal => steal.Worker == thief);
    }

    [Fact]
    public void A_task_given_up_with_nobody_idle_any_more_is_placed_anew()
    {
        var (victim, _) = Busy(2);
        var thief = _scheduler.AddWorker();
        var steal = Assert.Single(_scheduler.Sent.Steals);
        _scheduler.RemoveWorker(thief);

        _scheduler.AnswerSteal(victim, steal.Key, givenUp: true);

        Assert.Contains(steal.Key, _scheduler.ProcessingOn(victim));
    }

    [Fact]
    public void A_task_given_up_whose_input_was_lost_meanwhile_waits_for_it()
    {
        var holder = _scheduler.AddWorker("holder");
        var victim = _scheduler.AddWorker("victim");
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["holder"] });
        _scheduler.Finish(holder, input);
        var readers = new[] { 1, 2 }.Select(_ => _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["victim", "thief"] }, input)).ToArray();
        _scheduler.AddWorker("thief");
        Assert.Equal(readers[1], Assert.Single(_scheduler.Sent.Steals).Key);

        _scheduler.RemoveWorker(holder);
        _scheduler.AnswerSteal(victim, readers[1], givenUp: true);

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(readers[1]));
    }

    [Fact]
    public void A_task_restricted_to_its_worker_is_not_stolen()
    {
        var victim = _scheduler.AddWorker("a");
        _scheduler.SubmitMany(4, new TestWork(), new TaskOptions { Workers = ["a"] });

        _scheduler.AddWorker("b");

        Assert.Empty(_scheduler.Sent.Steals);
        Assert.Equal(4, victim.Processing.Count);
    }

    [Fact]
    public void A_task_with_an_input_that_is_dear_to_move_is_not_stolen()
    {
        var victim = _scheduler.AddWorker("a");
        var input = _scheduler.Submit();
        _scheduler.Finish(victim, input, bytes: 100_000_000_000);
        _scheduler.Submit(input);
        _scheduler.Submit(input);

        _scheduler.AddWorker("b");

        Assert.Empty(_scheduler.Sent.Steals);
    }

    [Fact]
    public void A_long_running_task_is_not_stolen()
    {
        var (victim, tasks) = Busy(2);
        _scheduler.Secede(victim, tasks[0]);

        _scheduler.AddWorker();

        Assert.Empty(_scheduler.Sent.Steals);
    }

    [Fact]
    public void Without_work_stealing_everybody_keeps_what_they_have()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, WorkStealing = false });
        scheduler.AddWorker();
        scheduler.SubmitMany(10, new TestWork());

        scheduler.AddWorker();

        Assert.Empty(scheduler.Sent.Steals);
    }

    [Fact]
    public void Whatever_is_given_up_moves_though_it_is_the_first_task_of_all()
    {
        var (victim, tasks) = Busy(2);
        var thief = _scheduler.AddWorker();
        _scheduler.AnswerSteal(victim, tasks[1], givenUp: false);

        _scheduler.AnswerSteal(victim, tasks[0], givenUp: true);

        Assert.Equal([tasks[0]], _scheduler.ProcessingOn(thief));
    }

    [Fact]
    public void Nothing_more_is_asked_for_before_all_answers_are_there()
    {
        var (victim, tasks) = Busy(6);
        _scheduler.AddWorker();
        Assert.Equal([tasks[5], tasks[4]], Asked());

        _scheduler.AddWorker();
        _scheduler.AnswerSteal(victim, tasks[5], givenUp: false);
        Assert.Equal([tasks[5], tasks[4]], Asked());
        _scheduler.AnswerSteal(victim, tasks[4], givenUp: false);

        Assert.Equal(tasks[3], Asked()[2]);
    }

    [Fact]
    public void Each_idle_worker_is_to_get_as_much_of_what_waits_as_the_victim_keeps()
    {
        _scheduler.AddWorker("victim");
        _scheduler.AddWorker();
        _scheduler.AddWorker();

        _scheduler.SubmitMany(7, new TestWork(), new TaskOptions { Workers = ["victim"], AllowOtherWorkers = true });

        Assert.Equal(4, _scheduler.Sent.Steals.Count); // Of the six that wait.
    }

    [Fact]
    public void Who_has_the_longest_wait_for_a_slot_is_asked()
    {
        _scheduler.AddWorker("wide", threads: 4);
        var narrow = _scheduler.AddWorker("narrow");
        _scheduler.SubmitMany(6, new TestWork(), new TaskOptions { Workers = ["wide", "thief"] });
        _scheduler.SubmitMany(3, new TestWork(), new TaskOptions { Workers = ["narrow", "thief"] });

        _scheduler.AddWorker("thief");

        Assert.Same(narrow, Assert.Single(_scheduler.Sent.Steals).Worker);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(50, true)]
    public void Work_that_is_done_in_less_time_than_some_moves_take_stays(int tasks, bool isAsked)
    {
        var worker = _scheduler.AddWorker();
        var work = new TestWork();
        _scheduler.Finish(worker, _scheduler.Submit(work), seconds: 1e-4);
        _scheduler.SubmitMany(tasks, work);

        _scheduler.AddWorker();

        Assert.Equal(isAsked, _scheduler.Sent.Steals.Count > 0);
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(5, true)]
    public void A_task_moves_if_its_input_gets_there_in_half_the_time_of_its_wait(int readers, bool isAsked)
    {
        var victim = _scheduler.AddWorker();
        var input = _scheduler.Hold(victim, bytes: 1_000_000_000); // A second of moving.
        for (var i = 0; i < readers; i++)
        {
            _scheduler.Submit(input); // Half a second each.
        }

        _scheduler.AddWorker();

        Assert.Equal(isAsked, _scheduler.Sent.Steals.Count > 0);
    }

    [Fact]
    public void What_runs_longer_than_was_thought_counts_with_twice_its_time_and_what_waits_as_before()
    {
        var worker = _scheduler.AddWorker(threads: 2);
        var work = new TestWork();
        _scheduler.Finish(worker, _scheduler.Submit(work), seconds: 0.1);
        _scheduler.Secede(worker, _scheduler.Submit(work));
        _scheduler.Submit(work, null, _scheduler.Submit(work)); // The second waits for the first, and has no slot.
        _scheduler.SubmitMany(2, work);
        Assert.Equal((5, 3), (worker.Processing.Count, worker.ActiveCount));

        _scheduler.Handle(worker, new WorkerStalled(3));
        Assert.Equal(6 + 6 + 0.1, worker.Occupancy, tolerance: 1e-3);
        _scheduler.Handle(worker, new WorkerStalled(2)); // No longer than is thought by now.
        Assert.Equal(6 + 6 + 0.1, worker.Occupancy, tolerance: 1e-3);
    }

    [Fact]
    public void What_was_refused_is_asked_for_again_when_its_worker_has_stalled()
    {
        var (victim, tasks) = Busy(2);
        _scheduler.AddWorker();
        _scheduler.AnswerSteal(victim, tasks[1], givenUp: false);
        _scheduler.AnswerSteal(victim, tasks[0], givenUp: false);
        Assert.Equal([tasks[1], tasks[0]], Asked());

        _scheduler.Handle(victim, new WorkerStalled(10));

        Assert.Equal([tasks[1], tasks[0], tasks[1]], Asked());
    }

    [Fact]
    public void What_is_refused_after_a_stall_was_asked_for_before_it_and_is_not_at_once_again()
    {
        var (victim, tasks) = Busy(3);
        _scheduler.AddWorker();
        Assert.Equal([tasks[2]], Asked());

        _scheduler.Handle(victim, new WorkerStalled(10));
        _scheduler.AnswerSteal(victim, tasks[2], givenUp: false);

        Assert.Equal([tasks[2], tasks[1]], Asked());
    }

    [Fact]
    public void A_thief_gets_no_more_than_it_has_room_for()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = 0.5 });
        scheduler.AddWorker("victim");
        scheduler.SubmitMany(10, new TestWork(), new TaskOptions { Workers = ["victim"], AllowOtherWorkers = true });
        var thief = scheduler.AddWorker(threads: 4);
        Assert.Equal(4, scheduler.Sent.Steals.Count);

        scheduler.GiveUpAll();

        Assert.Equal(2, thief.Processing.Count); // Half of its threads.
    }

    private TaskKey[] Asked() => [.. _scheduler.Sent.Steals.Select(static steal => steal.Key)];

    private (WorkerState Victim, TaskKey[] Tasks) Busy(int tasks)
    {
        var victim = _scheduler.AddWorker();
        return (victim, _scheduler.SubmitMany(tasks, new TestWork()));
    }
}
