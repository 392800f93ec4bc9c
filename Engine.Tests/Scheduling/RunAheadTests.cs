using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>A task goes to the worker that still makes its inputs, and comes back if they won't come.</summary>
public sealed class RunAheadTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void A_whole_chain_goes_to_the_worker_that_has_its_first_task()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(4);

        Assert.Equal(chain, _scheduler.ProcessingOn(worker));
        Assert.All(_scheduler.Sent.Computes.Skip(1), sent => Assert.Equal(worker.Address, Assert.Single(sent.Dependencies).Holder));
    }

    [Fact]
    public void A_chain_goes_along_when_its_first_task_leaves_the_queue()
    {
        var chain = Chain(3);
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(chain[1]));

        var worker = _scheduler.AddWorker();

        Assert.Equal(chain, _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void What_waits_at_a_worker_is_no_load_until_its_inputs_are_there()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(3);
        Assert.Equal((3, 1, 2), (worker.Processing.Count, worker.ActiveCount, worker.AheadCount));
        var occupancy = worker.Occupancy;

        _scheduler.Finish(chain[0]);

        Assert.Equal((2, 1, 1), (worker.Processing.Count, worker.ActiveCount, worker.AheadCount));
        Assert.Equal(occupancy, worker.Occupancy, 0.5);
        _scheduler.Finish(chain[1], chain[2]);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(chain[2]));
        Assert.Equal((0, 0), (worker.Processing.Count, worker.AheadCount));
    }

    [Fact]
    public void Inputs_that_the_worker_holds_already_are_no_hindrance()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var held = _scheduler.Hold(worker);
        var made = _scheduler.Submit(held);

        var both = _scheduler.Submit(held, made);

        Assert.Equal([made, both], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void Inputs_on_two_workers_are_waited_for()
    {
        var left = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var sum = _scheduler.Submit(_scheduler.Submit(), _scheduler.Submit());
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(sum));

        var held = _scheduler.Hold(left);
        var made = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w1"] });

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(_scheduler.Submit(held, made)));
    }

    [Fact]
    public void What_many_need_is_waited_for_so_that_they_can_be_shared_out()
    {
        var worker = _scheduler.AddWorker();
        var other = _scheduler.AddWorker();
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var first = _scheduler.Submit(input);
        var second = _scheduler.Submit(input);
        Assert.Equal([input, first], _scheduler.ProcessingOn(worker));

        _scheduler.Finish(input);

        Assert.Equal([first], _scheduler.ProcessingOn(worker));
        Assert.Equal([second], _scheduler.ProcessingOn(other));
    }

    [Fact]
    public void A_restricted_task_waits_for_its_inputs()
    {
        _scheduler.AddWorker();
        _scheduler.AddWorker();
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });

        var restricted = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w1"] }, input);

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(restricted));
    }

    [Fact]
    public void Elements_of_a_map_are_waited_for()
    {
        _scheduler.AddWorker();
        var elements = _scheduler.Map(2);

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(_scheduler.Submit(elements)));
    }

    [Fact]
    public void Nothing_follows_to_a_worker_that_is_leaving()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.AddWorker();
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        _scheduler.Retire(worker);

        var task = _scheduler.Submit(input);

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(task));
    }

    [Fact]
    public void What_was_sent_ahead_fails_with_what_it_needs_and_is_freed_at_the_worker()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(3);

        _scheduler.Fail(worker, chain[0]);

        Assert.All(chain, key => Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(key)));
        Assert.Equal(chain[1..], _scheduler.Sent.Frees.Select(static freed => freed.Key));
        Assert.Equal((0, 0), (worker.Processing.Count, worker.AheadCount));
    }

    [Fact]
    public void What_waits_for_a_task_that_is_tried_again_goes_where_that_goes()
    {
        var worker = _scheduler.AddWorker();
        var flaky = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 });
        var task = _scheduler.Submit(flaky);
        var other = _scheduler.AddWorker(threads: 2);

        _scheduler.Fail(worker, flaky);

        var runner = _scheduler.Sent.Latest[flaky].Worker;
        Assert.Equal((runner, 2), _scheduler.Sent.Latest[task]);
        Assert.Contains(new SentAttempt(worker, task, 1), _scheduler.Sent.Frees);
        _scheduler.Finish(flaky, task);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
        Assert.Equal(0, worker.AheadCount + other.AheadCount);
    }

    [Fact]
    public void What_waits_for_a_stolen_task_follows_it_to_the_thief()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity });
        var victim = scheduler.AddWorker();
        scheduler.Submit();
        var stolen = scheduler.Submit();
        var task = scheduler.Submit(stolen);
        var thief = scheduler.AddWorker();
        Assert.Equal([stolen], scheduler.Sent.Steals.Select(static steal => steal.Key)); // What was sent ahead could not run elsewhere.

        scheduler.GiveUpAll();

        Assert.Equal([stolen, task], scheduler.ProcessingOn(thief));
        Assert.Equal(0, victim.AheadCount);
    }

    [Fact]
    public void What_was_sent_ahead_is_recalled_in_a_retirement_and_runs_elsewhere()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(3);
        var other = _scheduler.AddWorker();
        var request = _scheduler.Retire(worker);
        _scheduler.Return(worker, chain[1]);
        Assert.Equal([chain[0]], _scheduler.ProcessingOn(worker));
        _scheduler.Acknowledge(worker);

        _scheduler.Finish(worker, chain[0]);
        _scheduler.MakeCopies();

        var row = _scheduler.RowOf(request);
        Assert.Equal((RetirementOutcome.Retired, 1, 2), (row.Outcome, row.WaitedForCount, row.RecalledCount));
        Assert.Equal(chain[1..], _scheduler.ProcessingOn(other));
        Assert.Empty(_scheduler.RemovalOf(worker).Recomputed);
    }

    [Fact]
    public void A_death_blames_what_ran_and_not_what_waited_for_it()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { AllowedFailures = 0 });
        var worker = scheduler.AddWorker(threads: 2);
        var input = scheduler.Submit();
        var task = scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 }, input);
        var free = scheduler.Submit();

        scheduler.RemoveWorker(worker);

        Assert.Equal([FutureStatus.Error], scheduler.ToldOf(input));
        Assert.Equal([FutureStatus.Error], scheduler.ToldOf(free)); // The second slot was not taken by what waited.
        Assert.Equal(input, scheduler.NoticesOf(task).Single().Error!.Key);
    }

    [Fact]
    public void After_a_death_nothing_is_sent_ahead_of_its_inputs_so_that_the_next_one_blames_the_killer()
    {
        var first = _scheduler.AddWorker();
        var chain = Chain(2);

        _scheduler.RemoveWorker(first);
        var second = _scheduler.AddWorker();
        Assert.Equal([chain[0]], _scheduler.ProcessingOn(second));
        _scheduler.Finish(chain[0]);

        Assert.Equal([chain[1]], _scheduler.ProcessingOn(second));
    }

    [Fact]
    public void Nor_after_further_deaths_whichever_of_two_tasks_they_meet()
    {
        var first = _scheduler.AddWorker();
        var chain = Chain(2);
        _scheduler.RemoveWorker(first); // It had both.
        var second = _scheduler.AddWorker();
        _scheduler.RemoveWorker(second); // It had the first.
        var third = _scheduler.AddWorker();
        _scheduler.Finish(chain[0]);
        Assert.Equal([chain[1]], _scheduler.ProcessingOn(third));
        _scheduler.RemoveWorker(third); // It had the second.

        var fourth = _scheduler.AddWorker();

        Assert.Equal([chain[0]], _scheduler.ProcessingOn(fourth));
    }

    [Fact]
    public void After_an_announced_end_a_chain_goes_along_again()
    {
        var first = _scheduler.AddWorker();
        var chain = Chain(2);

        _scheduler.RemoveWorker(first, expected: true);
        var second = _scheduler.AddWorker();

        Assert.Equal(chain, _scheduler.ProcessingOn(second));
    }

    [Fact]
    public void A_lost_input_takes_back_what_waits_for_another()
    {
        var worker = _scheduler.AddWorker();
        var held = _scheduler.Hold(worker);
        var made = _scheduler.Submit();
        var both = _scheduler.Submit(held, made);
        Assert.Equal(1, worker.AheadCount);

        _scheduler.Handle(_scheduler.Client, new DataMissing(held, worker.Address, isUnreachable: false));

        Assert.Contains(new SentAttempt(worker, both, 1), _scheduler.Sent.Frees);
        Assert.Equal((worker, 2), _scheduler.Sent.Latest[both]); // Again, because it makes the lost one anew.
        _scheduler.Finish(made, held, both);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(both));
    }

    [Fact]
    public void A_chain_that_is_given_up_is_freed_whole()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(3);

        _scheduler.Release(chain);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Equal((0, 0, 0), (worker.Processing.Count, worker.AheadCount, worker.ActiveCount));
        Assert.Equal(chain.Order(), _scheduler.Sent.Frees.Select(static freed => freed.Key).Order());
    }

    [Fact]
    public void What_needs_one_of_several_that_are_sent_together_follows_it()
    {
        var inputs = _scheduler.SubmitMany(3, new TestWork());
        var reader = _scheduler.Submit(inputs[2]);

        var worker = _scheduler.AddWorker(threads: 4);

        Assert.Equal([.. inputs, reader], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_worker_that_takes_no_work_is_not_asked_for_any_when_inputs_are_made_there()
    {
        var worker = _scheduler.AddWorker();
        var chain = Chain(2);
        _scheduler.SubmitMany(2, new TestWork(), new TaskOptions { Workers = ["w0"] });
        _scheduler.Handle(worker, new StatusChanged(Status.Paused));

        _scheduler.Finish(chain[0]);

        Assert.Equal((3, -1), (worker.ActiveCount, worker.BusyPlace));
    }

    [Fact]
    public void A_task_that_cannot_be_run_is_not_sent_ahead()
    {
        _scheduler.AddWorker();
        var input = _scheduler.Submit();

        var task = _scheduler.Submit(input, new TaskKey(_scheduler.Client.Id, 99));

        Assert.Equal([input], _scheduler.Sent.Computes.Select(static sent => sent.Key));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_task_with_options_that_leave_it_free_where_to_run_is_sent_ahead()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 }, input);

        Assert.Equal([input, task], _scheduler.ProcessingOn(worker));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void A_task_with_more_than_eight_inputs_waits_for_them(int inputs, bool isSent)
    {
        var worker = _scheduler.AddWorker();
        var held = Enumerable.Range(1, inputs - 1).Select(_ => _scheduler.Hold(worker)).ToArray();
        var made = _scheduler.Submit();

        var task = _scheduler.Submit([.. held, made]);

        Assert.Equal(isSent, _scheduler.ProcessingOn(worker).Contains(task));
    }

    [Fact]
    public void A_copy_of_an_input_at_the_worker_is_no_hindrance()
    {
        var first = _scheduler.AddWorker();
        var maker = _scheduler.AddWorker();
        var held = _scheduler.Hold(first);
        _scheduler.AddReplica(maker, held);
        var made = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w1"] });

        var task = _scheduler.Submit(held, made);

        Assert.Equal([made, task], _scheduler.ProcessingOn(maker));
    }

    [Fact]
    public void Nothing_follows_a_task_that_a_worker_died_of()
    {
        var first = _scheduler.AddWorker();
        var suspect = _scheduler.Submit();
        _scheduler.RemoveWorker(first);
        var second = _scheduler.AddWorker();

        var reader = _scheduler.Submit(suspect);

        Assert.Equal([suspect], _scheduler.ProcessingOn(second));
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(reader));
    }

    private TaskKey[] Chain(int length)
    {
        var chain = new TaskKey[length];
        for (var i = 0; i < length; i++)
        {
            chain[i] = i == 0 ? _scheduler.Submit() : _scheduler.Submit(chain[i - 1]);
        }

        return chain;
    }
}
