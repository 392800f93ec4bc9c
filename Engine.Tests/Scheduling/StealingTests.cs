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

    private (WorkerState Victim, TaskKey[] Tasks) Busy(int tasks)
    {
        var victim = _scheduler.AddWorker();
        return (victim, _scheduler.SubmitMany(tasks, new TestWork()));
    }
}
