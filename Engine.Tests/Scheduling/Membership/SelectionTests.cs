using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Which workers the scheduler can do without. dask: <c>workers_to_close</c>.</summary>
public sealed class SelectionTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3, WorkStealing = false });

    [Fact]
    public void Idle_workers_go_first_then_those_that_hold_least_T213()
    {
        var (full, busy, half, empty) = (_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.Hold(full, bytes: 1000);
        _scheduler.Hold(half, bytes: 500);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w1"] });

        Assert.Equal([empty.Id, half.Id, full.Id, busy.Id], ToClose(new WorkersToClose { Count = 4 }));
        Assert.Equal([empty.Id, half.Id], ToClose(new WorkersToClose { Count = 2 }));
        Assert.Empty(ToClose(new WorkersToClose { Count = 0 }));
    }

    [Fact]
    public void Of_workers_that_are_alike_the_youngest_goes()
    {
        _scheduler.AddWorker();
        var youngest = _scheduler.AddWorker();

        Assert.Equal([youngest.Id], ToClose(new WorkersToClose { Count = 1 }));
    }

    [Fact]
    public void Of_groups_that_are_alike_that_with_the_youngest_member_goes()
    {
        foreach (var host in new[] { "outer", "inner", "inner", "outer" })
        {
            _scheduler.AddWorker(null, host: host);
        }

        var chosen = ToClose(new WorkersToClose { Count = 2, GroupBy = static info => info.Host! });

        Assert.Equal([1L, 4L], chosen.Select(static id => id.Number).Order());
    }

    [Fact]
    public void Of_groups_that_which_holds_least_in_all_goes()
    {
        WorkerState[] workers = [.. new[] { "even", "even", "uneven", "uneven" }.Select(host => _scheduler.AddWorker(null, host: host))];
        _scheduler.Hold(workers[0], bytes: 60);
        _scheduler.Hold(workers[1], bytes: 60);
        _scheduler.Hold(workers[2], bytes: 100);

        var chosen = ToClose(new WorkersToClose { Count = 2, GroupBy = static info => info.Host! });

        Assert.Equal([workers[2].Id, workers[3].Id], chosen.Order());
    }

    [Fact]
    public void The_memory_of_a_whole_group_goes_with_it()
    {
        WorkerState[] workers = [.. new[] { "full", "full", "empty", "empty" }.Select(host => _scheduler.AddWorker(null, host: host, memoryLimit: 300))];
        _scheduler.Hold(workers[0], bytes: 500);

        var chosen = ToClose(new WorkersToClose { MemoryRatio = 1, GroupBy = static info => info.Host! });

        Assert.Equal([workers[2].Id, workers[3].Id], chosen.Order());
    }

    [Fact]
    public void Without_limits_of_memory_what_is_held_keeps_nobody_and_the_minimum_does()
    {
        _scheduler.Hold(_scheduler.AddWorker());
        _scheduler.AddWorker();

        Assert.Equal(2, ToClose(new WorkersToClose()).Count);
        Assert.Single(ToClose(new WorkersToClose { Minimum = 1 }));
    }

    [Fact]
    public void More_than_there_are_is_all_and_a_minimum_stays()
    {
        AddWorkers(4);

        Assert.Equal(4, ToClose(new WorkersToClose { Count = 9 }).Count);
        Assert.Single(ToClose(new WorkersToClose { Count = 9, Minimum = 3 }));
        Assert.Empty(ToClose(new WorkersToClose { Count = 9, Minimum = 4 }));
        Assert.Empty(ToClose(new WorkersToClose { Minimum = 5 }));
    }

    [Fact]
    public void Without_a_count_all_idle_ones_go_and_no_busy_one()
    {
        var busy = _scheduler.AddWorker();
        var idle = AddWorkers(3);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [busy.Address.Name] });

        Assert.Equal(idle.Select(static worker => worker.Id), ToClose(new WorkersToClose()).Order());
    }

    [Theory]
    [InlineData(2.0, 2)] // 300 bytes are held: 600 have to stay.
    [InlineData(1.0, 3)]
    [InlineData(3.0, 1)]
    [InlineData(4.0, 0)]
    public void Without_a_count_as_much_memory_stays_as_the_ratio_says(double ratio, int closed)
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 4).Select(_ => _scheduler.AddWorker(null, memoryLimit: 300))];
        _scheduler.Hold(workers[0], bytes: 200);
        _scheduler.Hold(workers[1], bytes: 100);

        Assert.Equal(closed, ToClose(new WorkersToClose { MemoryRatio = ratio }).Count);
    }

    [Fact]
    public void Workers_with_long_running_tasks_are_never_chosen()
    {
        var (holdsParent, idle) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        _scheduler.Secede(holdsParent, _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] }));

        Assert.Equal([idle.Id], ToClose(new WorkersToClose { Count = 2 }));
    }

    [Fact]
    public void Workers_that_leave_are_never_chosen_and_do_not_count_as_staying()
    {
        var workers = AddWorkers(3);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"] });
        _scheduler.Retire(workers[0]);

        Assert.Equal([workers[2].Id], ToClose(new WorkersToClose { Count = 3, Minimum = 1 }));
    }

    [Fact]
    public void Groups_go_whole_or_not_at_all_T210()
    {
        var workers = AddWorkers(5);
        static string Pair(WorkerInfo info) => $"{(info.Id.Number - 1) / 2}"; // Two pairs and a single one.
        _scheduler.Hold(workers[4], bytes: 9);

        Assert.Equal([3, 4], Numbers(new WorkersToClose { Count = 2, GroupBy = Pair }));
        Assert.Equal([5], Numbers(new WorkersToClose { Count = 1, GroupBy = Pair })); // No pair fits.
        Assert.Equal([3, 4, 5], Numbers(new WorkersToClose { Count = 3, GroupBy = Pair }));
        Assert.Equal([5], Numbers(new WorkersToClose { Count = 5, Minimum = 4, GroupBy = Pair }));
    }

    [Fact]
    public void A_group_with_one_busy_worker_is_busy()
    {
        AddWorkers(4);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w3"] });
        static string Pair(WorkerInfo info) => $"{(info.Id.Number - 1) / 2}";

        Assert.Equal([1, 2], Numbers(new WorkersToClose { GroupBy = Pair }));
    }

    [Fact]
    public void A_group_of_which_one_worker_is_held_back_stays_as_a_whole()
    {
        AddWorkers(4);
        static string Pair(WorkerInfo info) => $"{(info.Id.Number - 1) / 2}";
        var valid = _scheduler.Machine.ValidForDownscaling().Where(static info => info.Id.Number != 4).ToList(); // By a plugin.

        Assert.Equal([1, 2], _scheduler.Machine.WorkersToClose(new WorkersToClose { Count = 4, GroupBy = Pair }, valid).Select(static info => info.Id.Number).Order());
    }

    [Fact]
    public void What_a_plugin_takes_off_the_list_is_not_chosen()
    {
        var workers = AddWorkers(3);
        var valid = _scheduler.Machine.ValidForDownscaling().Where(info => info.Id == workers[1].Id).ToList();

        var choice = Assert.IsType<RetirementChoice>(_scheduler.Machine.Choose(WorkerSelector.ByCount(3), valid));

        Assert.Equal([workers[1]], choice.Rows.Select(static row => row.Worker));
    }

    [Fact]
    public void By_count_of_none_is_nobody_and_no_error_T042()
    {
        AddWorkers(2);

        Assert.Empty(_scheduler.ReportOf(_scheduler.Retire(WorkerSelector.ByCount(0)))!.Rows);
    }

    [Fact]
    public void A_worker_that_is_named_twice_has_one_row()
    {
        var worker = AddWorkers(2)[0];

        _scheduler.Retire(WorkerSelector.ById(worker.Id, worker.Id));
        _scheduler.Acknowledge(worker);

        Assert.False(worker.IsMember);
        Assert.Single(_scheduler.Sent.Replies.Select(static reply => reply.Value).OfType<RetirementReport>().Single().Rows);
    }

    [Fact]
    public void A_name_means_all_who_have_it()
    {
        var twins = Enumerable.Range(0, 2).Select(_ => _scheduler.Join("twin", "test://twin")).ToList();
        _scheduler.AddWorker();

        var choice = Assert.IsType<RetirementChoice>(_scheduler.Machine.Choose(WorkerSelector.ByName("twin"), []));

        Assert.Equal(twins, choice.Rows.Select(static row => row.Worker));
    }

    [Fact]
    public void Selectors_that_meet_nobody_name_what_is_missing_and_who_there_is()
    {
        AddWorkers(2);

        foreach (var (selector, missing) in new[]
        {
            (WorkerSelector.ById(new WorkerId(7)), "worker-7"),
            (WorkerSelector.ByName("w0", "nobody"), "\"nobody\""),
            (WorkerSelector.ByAddress("test://nowhere"), "test://nowhere"),
        })
        {
            var error = Assert.IsType<UnknownWorkerException>(_scheduler.Machine.Choose(selector, []));
            Assert.Contains(missing, error.Message, StringComparison.Ordinal);
            Assert.Contains("w0, w1", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_condition_is_looked_up_by_who_asks_not_here() =>
        Assert.IsType<ArgumentException>(_scheduler.Machine.Choose(WorkerSelector.Where(static _ => true), []));

    [Fact]
    public void Selectors_without_anybody_and_rules_without_sense_are_refused_when_they_are_made()
    {
        Assert.Throws<ArgumentException>(static () => WorkerSelector.ById());
        Assert.Throws<ArgumentException>(static () => WorkerSelector.ByName());
        Assert.Throws<ArgumentException>(static () => WorkerSelector.ByAddress());
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ByCount(-1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ToClose(new WorkersToClose { Count = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ToClose(new WorkersToClose { Minimum = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ToClose(new WorkersToClose { MemoryRatio = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ToClose(new WorkersToClose { MemoryRatio = double.NaN }));
    }

    private List<WorkerId> ToClose(WorkersToClose rule) => [.. _scheduler.Machine.WorkersToClose(rule, _scheduler.Machine.ValidForDownscaling()).Select(static info => info.Id)];

    private List<long> Numbers(WorkersToClose rule) => [.. ToClose(rule).Select(static id => id.Number).Order()];

    private List<WorkerState> AddWorkers(int count) => [.. Enumerable.Range(0, count).Select(_ => _scheduler.AddWorker())];
}
