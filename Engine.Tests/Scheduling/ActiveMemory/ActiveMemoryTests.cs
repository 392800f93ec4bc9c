using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>Rounds of the active memory manager: policies propose, the manager decides.</summary>
public sealed class ActiveMemoryTests
{
    private static readonly SchedulerSettings s_settings = new()
    {
        ActiveMemoryInterval = TimeSpan.FromSeconds(2),
        WorkerSaturation = double.PositiveInfinity,
        UnknownDurationSeconds = 1e-3,
        WorkStealing = false,
    };

    private readonly SchedulerFixture _scheduler = new(s_settings);

    [Fact]
    public void Superfluous_copies_are_dropped_in_the_next_round_T175()
    {
        var key = HoldOn(AddWorkers(3));

        _scheduler.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(3, _scheduler.HoldersOf(key).Count);
        _scheduler.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Single(_scheduler.HoldersOf(key));
        Assert.Equal(2, _scheduler.Sent.Frees.Count(sent => sent.Key == key));
    }

    [Fact]
    public void There_are_rounds_only_while_there_is_something_to_do()
    {
        var workers = AddWorkers(2);
        _scheduler.HoldData(workers[0]);
        Assert.Null(_scheduler.Machine.NextDeadline);

        HoldOn(workers);
        Assert.NotNull(_scheduler.Machine.NextDeadline);
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(_scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void It_can_be_stopped_started_and_run_once_T170()
    {
        var workers = AddWorkers(2);
        Assert.Equal(true, Steer(ActiveMemoryCommand.IsRunning));
        Assert.Equal(false, Steer(ActiveMemoryCommand.Stop));
        var first = HoldOn(workers);
        _scheduler.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _scheduler.HoldersOf(first).Count);

        Assert.Equal(false, Steer(ActiveMemoryCommand.RunOnce));
        Assert.Single(_scheduler.HoldersOf(first));

        var second = HoldOn(workers);
        Assert.Equal(true, Steer(ActiveMemoryCommand.Start));
        Assert.Equal(true, Steer(ActiveMemoryCommand.Start));
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(_scheduler.HoldersOf(second));
    }

    [Fact]
    public void It_can_be_off_from_the_start()
    {
        var scheduler = new SchedulerFixture(s_settings with { ActiveMemory = false });

        Assert.Equal(false, scheduler.Ask(new ActiveMemoryRequest(ActiveMemoryCommand.IsRunning)));
    }

    [Fact]
    public void A_retirement_does_not_need_it_T176()
    {
        var scheduler = new SchedulerFixture(s_settings with { ActiveMemory = false });
        var (leaving, staying) = (scheduler.AddWorker(), scheduler.AddWorker());
        var data = scheduler.HoldData(leaving);

        var request = scheduler.Retire(leaving);
        scheduler.Acknowledge(leaving);
        scheduler.MakeCopies();

        Assert.Equal(RetirementOutcome.Retired, scheduler.RowOf(request).Outcome);
        Assert.Equal([staying.Address], scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_policy_that_throws_is_logged_and_the_others_run()
    {
        var runs = 0;
        _scheduler.Machine.AddPolicy(new Policy("broken", static _ => throw new InvalidOperationException("bad")));
        _scheduler.Machine.AddPolicy(new Policy("good", _ => runs++));

        Steer(ActiveMemoryCommand.RunOnce);

        Assert.Equal(1, runs);
        Assert.Contains("broken threw InvalidOperationException: bad", (string)Assert.Single(_scheduler.EventsOf("plugins")).Content!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_of_the_same_name_takes_the_place_of_the_older_one_T170()
    {
        List<string> ran = [];
        _scheduler.Machine.AddPolicy(new Policy("p", _ => ran.Add("old")));
        _scheduler.Machine.AddPolicy(new Policy("p", _ => ran.Add("new")));

        Steer(ActiveMemoryCommand.RunOnce);
        Assert.True(_scheduler.Machine.RemovePolicy("p"));
        Assert.False(_scheduler.Machine.RemovePolicy("p"));
        Steer(ActiveMemoryCommand.RunOnce);

        Assert.Equal(["new"], ran);
    }

    [Fact]
    public void A_policy_may_change_the_policies()
    {
        _scheduler.Machine.AddPolicy(new Policy("once", _ => _scheduler.Machine.RemovePolicy("once")));

        Steer(ActiveMemoryCommand.RunOnce);

        Assert.False(_scheduler.Machine.RemovePolicy("once"));
    }

    [Fact]
    public void The_last_copy_is_never_dropped_however_much_a_policy_insists_I11_T171()
    {
        var workers = AddWorkers(3);
        var key = HoldOn(workers);
        List<WorkerId?> dropped = [];

        Run(manager =>
        {
            for (var i = 0; i < 5; i++)
            {
                dropped.Add(manager.Drop(key));
            }

            dropped.AddRange(manager.Find(key)!.Holders.Select(holder => manager.Drop(key, [holder])));
        });

        Assert.Equal(2, dropped.Count(static id => id is not null));
        Assert.Single(_scheduler.HoldersOf(key));
    }

    [Fact]
    public void The_last_copy_on_a_worker_that_stays_is_not_dropped_for_one_that_leaves()
    {
        var (leaving, staying) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var key = HoldOn([leaving, staying]);
        _scheduler.Retire(leaving);

        Run(manager => Assert.Null(manager.Drop(key, [staying.Id])));

        Assert.Contains(staying.Address, _scheduler.HoldersOf(key));
    }

    [Fact]
    public void What_somebody_wished_is_kept_from_every_policy()
    {
        var workers = AddWorkers(4);
        var key = _scheduler.HoldData(workers[0]);
        _scheduler.AskLater(new ReplicateRequest([key], 3));
        _scheduler.MakeCopies();

        Run(manager => Assert.Null(manager.Drop(key)));
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(3, _scheduler.HoldersOf(key).Count);
    }

    [Fact]
    public void What_is_not_in_memory_is_neither_dropped_nor_copied_T171()
    {
        AddWorkers(2);
        var running = _scheduler.Submit();

        Run(manager =>
        {
            Assert.Null(manager.Find(running));
            Assert.Null(manager.Drop(running));
            Assert.Null(manager.Replicate(running));
            Assert.Null(manager.Drop(new TaskKey(_scheduler.Client.Id, 999)));
            Assert.Null(manager.Replicate(new TaskKey(_scheduler.Client.Id, 999)));
            Assert.Empty(manager.KeysOn(new WorkerId(999)));
        });
    }

    [Fact]
    public void A_copy_that_a_task_on_its_worker_is_about_to_read_is_not_dropped()
    {
        var workers = AddWorkers(2);
        var key = HoldOn(workers);
        var reading = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w1"] }, key);

        Run(manager => Assert.Null(manager.Drop(key, [workers[1].Id])));
        _scheduler.Finish(workers[1], reading);

        Run(manager => Assert.Equal(workers[1].Id, manager.Drop(key, [workers[1].Id])));
    }

    [Fact]
    public void Who_does_not_run_drops_before_who_does_T172()
    {
        var (full, paused) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.HoldData(full, bytes: 1000);
        var key = HoldOn([full, paused]);
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));

        Run(manager => Assert.Equal(paused.Id, manager.Drop(key)));
    }

    [Fact]
    public void Of_those_that_run_who_holds_most_drops_T172()
    {
        var workers = AddWorkers(3);
        _scheduler.HoldData(workers[1], bytes: 1000);
        var key = HoldOn(workers);

        Run(manager => Assert.Equal(workers[1].Id, manager.Drop(key)));
        Run(manager => Assert.Equal(workers[2].Id, manager.Drop(key, [workers[2].Id])));
    }

    [Fact]
    public void Who_runs_and_holds_least_takes_a_copy_T173()
    {
        var (source, full, empty, paused) = (_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.HoldData(full, bytes: 1000);
        var key = _scheduler.HoldData(source);
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));

        Run(manager =>
        {
            Assert.Null(manager.Replicate(key, [paused.Id]));
            Assert.Null(manager.Replicate(key, [source.Id])); // It has the value.
            Assert.Equal(empty.Id, manager.Replicate(key));
            Assert.Null(manager.Replicate(key, [empty.Id])); // It has been asked.
            Assert.Equal(full.Id, manager.Replicate(key));
            Assert.Null(manager.Replicate(key));
        });
        Assert.Equal([empty, full], _scheduler.Sent.Acquires.Select(static sent => sent.Worker));
    }

    [Fact]
    public void Memory_is_compared_by_the_limit_that_a_worker_has()
    {
        var source = _scheduler.AddWorker();
        var small = _scheduler.AddWorker(null, memoryLimit: 1000);
        var large = _scheduler.AddWorker(null, memoryLimit: 100_000);
        _scheduler.HoldData(small, bytes: 500);
        _scheduler.HoldData(large, bytes: 900);
        var key = _scheduler.HoldData(source);

        Run(manager => Assert.Equal(large.Id, manager.Replicate(key)));
    }

    [Fact]
    public void Who_is_known_to_leave_no_later_takes_no_copy_and_who_stays_goes_first_8050()
    {
        var source = _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(60));
        var earlier = _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(30));
        var later = _scheduler.AddWorker(null, leaves: TimeSpan.FromSeconds(90));
        var stays = _scheduler.AddWorker(null);
        _scheduler.HoldData(stays, bytes: 1000);
        var key = _scheduler.HoldData(source);

        Run(manager =>
        {
            Assert.Null(manager.Replicate(key, [earlier.Id]));
            Assert.Equal(stays.Id, manager.Replicate(key)); // Although it is fuller.
            Assert.Equal(later.Id, manager.Replicate(key));
        });
    }

    [Fact]
    public void A_policy_sees_bytes_as_they_will_be_when_its_proposals_are_carried_out()
    {
        var (source, target) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var key = _scheduler.HoldData(source, bytes: 100);

        Run(manager =>
        {
            Assert.Equal([100, 0], manager.Workers.Select(static worker => worker.Bytes));
            manager.Replicate(key, [target.Id]);
            Assert.Equal([100, 100], manager.Workers.Select(static worker => worker.Bytes));
        });
        _scheduler.MakeCopies();
        Run(manager =>
        {
            Assert.Equal([key], manager.ReplicatedKeys);
            Assert.Equal([key], manager.KeysOn(target.Id));
            manager.Drop(key, [source.Id]);
            Assert.Equal([0, 100], manager.Workers.Select(static worker => worker.Bytes));
        });
    }

    [Fact]
    public void Copies_are_kept_for_tasks_that_have_yet_to_read_the_value_T175()
    {
        var workers = AddWorkers(4);
        var key = HoldOn(workers);
        var gate = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var (first, second) = (_scheduler.Submit(new TestWork(), null, key, gate), _scheduler.Submit(new TestWork(), null, key, gate));
        _scheduler.Secede(workers[0], gate); // Long running, so that it is no reader.

        Steer(ActiveMemoryCommand.RunOnce);
        Assert.Equal(2, _scheduler.HoldersOf(key).Count);
        _scheduler.Release(first, second);
        Steer(ActiveMemoryCommand.RunOnce);

        Assert.Single(_scheduler.HoldersOf(key));
    }

    [Fact]
    public void Values_whose_holders_all_leave_are_copied_to_a_third_T179()
    {
        var workers = AddWorkers(3);
        var data = HoldOn(workers[..2]);

        var request = _scheduler.Retire(workers[0], workers[1]);
        _scheduler.Acknowledge(workers[0], workers[1]);
        _scheduler.MakeCopies();

        Assert.True(_scheduler.ReportOf(request)!.AllRetired);
        Assert.Equal([workers[2].Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void What_becomes_superfluous_later_is_dropped_in_a_later_round()
    {
        var workers = AddWorkers(2);
        HoldOn(workers);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        var later = HoldOn(workers);

        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Single(_scheduler.HoldersOf(later));
    }

    [Fact]
    public void Copies_that_tasks_had_yet_to_read_are_dropped_in_the_round_after_that()
    {
        var workers = AddWorkers(4);
        var key = HoldOn(workers[..2]);
        var gate = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var (first, second) = (_scheduler.Submit(new TestWork(), null, key, gate), _scheduler.Submit(new TestWork(), null, key, gate));
        _scheduler.Secede(workers[0], gate);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, _scheduler.HoldersOf(key).Count);

        _scheduler.Release(first, second);
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Single(_scheduler.HoldersOf(key));
    }

    [Fact]
    public void A_round_that_was_due_when_it_was_stopped_does_not_take_place_and_there_are_rounds_again_when_it_is_started()
    {
        var key = HoldOn(AddWorkers(2));

        Steer(ActiveMemoryCommand.Stop);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, _scheduler.HoldersOf(key).Count);

        Steer(ActiveMemoryCommand.Start);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(_scheduler.HoldersOf(key));
    }

    [Fact]
    public void A_policy_runs_once_in_an_interval_from_when_it_was_added_however_much_happens()
    {
        var runs = 0;
        _scheduler.Machine.AddPolicy(new Policy("counting", _ => runs++));
        List<int> counted = [];
        for (var second = 1; second <= 4; second++)
        {
            _scheduler.Advance(TimeSpan.FromSeconds(1));
            counted.Add(runs);
            HoldOn(AddWorkers(2));
        }

        Assert.Equal([0, 1, 1, 2], counted);
    }

    [Fact]
    public void Values_are_moved_round_by_round_from_when_somebody_asks_for_it()
    {
        var workers = AddWorkers(2);
        Assert.All(Enumerable.Range(0, 4), _ => _scheduler.HoldData(workers[0], bytes: 10));

        Assert.Equal(true, Steer(ActiveMemoryCommand.AddRebalance));
        for (var round = 0; round < 3; round++)
        {
            _scheduler.Advance(TimeSpan.FromSeconds(2));
            _scheduler.MakeCopies();
        }

        Assert.Equal((20, 20), (workers[0].NBytes, workers[1].NBytes));
    }

    [Fact]
    public void A_policy_sees_how_many_copies_somebody_wished()
    {
        var workers = AddWorkers(2);
        var (wished, plain) = (_scheduler.HoldData(workers[0]), _scheduler.HoldData(workers[0]));
        _scheduler.AskLater(new ReplicateRequest([wished], 3));

        Run(manager =>
        {
            Assert.Equal(3, manager.Find(wished)!.WantedReplicas);
            Assert.Equal(1, manager.Find(plain)!.WantedReplicas);
        });
    }

    [Fact]
    public void One_that_leaves_may_drop_its_copy_if_one_that_stays_has_another()
    {
        var (leaving, staying) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        var key = HoldOn([leaving, staying]);
        _scheduler.Retire(leaving);

        Run(manager => Assert.Equal(leaving.Id, manager.Drop(key)));

        Assert.Equal([staying.Address], _scheduler.HoldersOf(key));
    }

    private object? Steer(ActiveMemoryCommand command) => _scheduler.Ask(new ActiveMemoryRequest(command));

    /// <summary>One round in which a policy does what the test says; what it asserts is seen by the test.</summary>
    private void Run(Action<IActiveMemoryManager> propose)
    {
        Exception? failure = null;
        _scheduler.Machine.RemovePolicy("ReduceReplicas");
        _scheduler.Machine.AddPolicy(new Policy("test", manager => failure = Record.Exception(() => propose(manager))));
        Steer(ActiveMemoryCommand.RunOnce);
        _scheduler.Machine.RemovePolicy("test");
        Assert.Null(failure);
    }

    private List<WorkerState> AddWorkers(int count) => [.. Enumerable.Range(0, count).Select(_ => _scheduler.AddWorker())];

    /// <summary>A value that all of them hold, and that nobody wishes copies of.</summary>
    private TaskKey HoldOn(List<WorkerState> workers)
    {
        var key = _scheduler.HoldData(workers[0]);
        foreach (var worker in workers.Skip(1))
        {
            _scheduler.AddReplica(worker, key); // It read the value for a task.
        }

        return key;
    }
}
