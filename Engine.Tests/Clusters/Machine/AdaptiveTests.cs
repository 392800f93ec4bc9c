using Engine.Clusters;
using Engine.Clusters.Machine;

namespace Engine.Tests.Clusters.Machine;

/// <summary>How many workers a load calls for, and which of them go.</summary>
public sealed class AdaptiveTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(100, 0, 0, 1, 20)] // 100 s of work in 5 s
    [InlineData(100, 0, 0, 4, 5)]
    [InlineData(100.1, 0, 0, 1, 21)]
    [InlineData(50, 50, 500, 1, 20)]
    [InlineData(0, 0, 0, 1, 0)]
    [InlineData(0, 0.001, 1, 1, 1)]
    public void The_target_is_the_time_that_the_work_takes_by_the_time_that_it_may_take(
        double occupancy, double queuedSeconds, int queued, int threads, int target)
    {
        var load = new ClusterLoad { OccupancySeconds = occupancy, QueuedSeconds = queuedSeconds, QueuedCount = queued, ProcessingCount = 1_000, Workers = Members(1, threads) };
        Assert.Equal(target, Machine().Target(load));
    }

    [Fact]
    public void There_are_no_more_threads_than_tasks()
    {
        var load = new ClusterLoad { OccupancySeconds = 10_000, ProcessingCount = 3, QueuedCount = 1, QueuedSeconds = 5_000, Workers = Members(1) };
        Assert.Equal(4, Machine().Target(load));
    }

    [Fact]
    public void The_mean_of_the_threads_counts_and_without_workers_that_of_the_spec()
    {
        var load = new ClusterLoad { OccupancySeconds = 60, ProcessingCount = 100, Workers = [Member(1, threads: 1), Member(2, threads: 5)] };
        Assert.Equal(4, Machine().Target(load));
        Assert.Equal(6, Machine(threads: 2).Target(load with { Workers = [] }));
    }

    [Fact]
    public void Work_without_a_worker_calls_for_one()
    {
        Assert.Equal(1, Machine().Target(new ClusterLoad { QueuedCount = 1, QueuedSeconds = 0 }));
        Assert.Equal(0, Machine().Target(new ClusterLoad()));
    }

    [Fact]
    public void Full_memory_doubles_the_workers()
    {
        var full = new ClusterLoad { Workers = [Member(1, held: 70, limit: 100), Member(2, held: 51, limit: 100)] };
        Assert.Equal(4, Machine().Target(full));
        Assert.Equal(0, Machine().Target(new ClusterLoad { Workers = [Member(1, held: 70, limit: 100), Member(2, held: 50, limit: 100)] }));
        Assert.Equal(0, Machine().Target(new ClusterLoad { Workers = [Member(1, held: 70), Member(2, held: 51)] }));
    }

    [Fact]
    public void Workers_that_are_paused_count()
    {
        var paused = new WorkerInfo { Id = new WorkerId(9), Name = "9", Address = string.Empty, Threads = 3, Status = Status.Paused };
        Assert.Equal(10, Machine().Target(new ClusterLoad { OccupancySeconds = 100, ProcessingCount = 1_000, Workers = [Member(1), paused] }));
    }

    [Fact]
    public void Workers_that_leave_do_not_count()
    {
        var leaving = new WorkerInfo { Id = new WorkerId(9), Name = "9", Address = string.Empty, Threads = 99, Status = Status.ClosingGracefully };
        Assert.Equal(20, Machine().Target(new ClusterLoad { OccupancySeconds = 100, ProcessingCount = 1_000, Workers = [Member(1), leaving] }));
    }

    [Fact]
    public void The_target_keeps_between_minimum_and_maximum()
    {
        var machine = Machine(new AdaptiveOptions { Minimum = 2, Maximum = 10 });
        Assert.Equal(2, machine.Target(new ClusterLoad()));
        Assert.Equal(10, machine.Target(new ClusterLoad { OccupancySeconds = 1e9, ProcessingCount = 1_000_000, Workers = Members(1) }));
        Assert.Equal(1_000_000, Machine().Target(new ClusterLoad { OccupancySeconds = 1e300, ProcessingCount = int.MaxValue, Workers = Members(1) }));
    }

    [Fact]
    public void One_decision_is_up_down_or_same()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 1 });
        var plan = Planned(3);
        Assert.Equal(5, machine.Decide(5, plan, Members(3), s_second).GrowTo);
        Assert.Equal(AdaptiveDecision.Same, machine.Decide(3, plan, Members(3), s_second));
        var down = machine.Decide(2, plan, Members(3), s_second);
        Assert.Equal((0, "1"), (down.GrowTo, Assert.Single(down.Remove)));
    }

    [Fact]
    public void A_worker_goes_when_it_was_dispensable_several_times_in_a_row()
    {
        var machine = Machine();
        var (plan, all) = (Planned(3), Members(3));
        Assert.Empty(machine.Decide(1, plan, all, s_second).Remove);
        Assert.Empty(machine.Decide(1, plan, [.. all.Skip(1)], s_second).Remove); // 1 has work meanwhile.
        Assert.Equal(["2"], machine.Decide(1, plan, all, s_second).Remove); // 2 was suggested three times, 1 once.
        Assert.Empty(machine.Decide(3, plan, all, s_second).Remove); // Forgets all.
        Assert.Empty(machine.Decide(1, plan, all, s_second).Remove);
        Assert.Empty(machine.Decide(1, plan, all, s_second).Remove);
        Assert.Equal(["1", "2"], machine.Decide(1, plan, all, s_second).Remove);
    }

    [Fact]
    public void Those_that_have_not_arrived_go_first_the_latest_before_others()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 1 });
        IReadOnlyList<PlannedWorker> plan = [.. Planned(2), new PlannedWorker("3", default), new PlannedWorker("4", default)];
        Assert.Equal(["4"], machine.Decide(3, plan, Members(2), s_second).Remove);
        Assert.Equal(["1", "3", "4"], machine.Decide(1, plan, Members(2), s_second).Remove.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_one_goes_whom_the_scheduler_needs()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 1 });
        Assert.Equal(["3"], machine.Decide(0, Planned(3), [Member(3), Member(9)], s_second).Remove); // 9 is somebody else's.
        Assert.Equal(AdaptiveDecision.Same, machine.Decide(0, Planned(3), [], s_second));
    }

    [Fact]
    public void A_group_goes_as_a_whole_or_not_at_all()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 1, GroupBy = static worker => worker.Threads == 1 ? "small" : "large" });
        IReadOnlyList<WorkerInfo> dispensable = [Member(1), Member(3, threads: 4), Member(2), Member(4, threads: 4)];
        Assert.Empty(machine.Decide(3, Planned(4), dispensable, s_second).Remove);
        Assert.Equal(["1", "2"], machine.Decide(2, Planned(4), dispensable, s_second).Remove);
        Assert.Equal(["1", "2"], machine.Decide(1, Planned(4), dispensable, s_second).Remove);
        Assert.Equal(["1", "2", "3", "4"], machine.Decide(0, Planned(4), dispensable, s_second).Remove.Order(StringComparer.Ordinal));
        machine.OnRefused("1", s_second);
        Assert.Equal(["3", "4"], machine.Decide(2, Planned(4), dispensable, s_second).Remove);
    }

    [Fact]
    public void A_round_that_calls_for_more_ends_the_row()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 2 });
        var (plan, all) = (Planned(3), Members(3));
        Assert.Empty(machine.Decide(2, plan, all, s_second).Remove);
        Assert.Equal(4, machine.Decide(4, plan, all, s_second).GrowTo);

        Assert.Empty(machine.Decide(2, plan, all, s_second).Remove);
        Assert.Single(machine.Decide(2, plan, all, s_second).Remove);
    }

    [Fact]
    public void A_worker_that_was_refused_is_left_alone_for_a_while()
    {
        var machine = Machine(new AdaptiveOptions { WaitCount = 1 });
        machine.OnRefused("1", s_second);
        Assert.Equal(["2"], machine.Decide(0, Planned(2), Members(2), TimeSpan.FromSeconds(30.9)).Remove);
        Assert.Equal(["1", "2"], machine.Decide(0, Planned(2), Members(2), TimeSpan.FromSeconds(31)).Remove);
    }

    [Fact]
    public void Other_options_hold_from_the_next_round()
    {
        var machine = Machine();
        Assert.Empty(machine.Decide(1, Planned(2), Members(2), s_second).Remove);
        machine.Options = new AdaptiveOptions { WaitCount = 2 };
        Assert.Equal(["1"], machine.Decide(1, Planned(2), Members(2), s_second).Remove);
    }

    private static AdaptiveStateMachine Machine(AdaptiveOptions? options = null, int threads = 1) => new(options ?? new AdaptiveOptions(), threads);

    private static List<PlannedWorker> Planned(int count) => [.. Members(count).Select(static member => new PlannedWorker(member.Name, member.Id))];

    private static List<WorkerInfo> Members(int count, int threads = 1) => [.. Enumerable.Range(1, count).Select(id => Member(id, threads))];

    private static WorkerInfo Member(int id, int threads = 1, long held = 0, long? limit = null) => new()
    {
        Id = new WorkerId(id),
        Name = $"{id}",
        Address = $"inproc://{id}",
        Threads = threads,
        HeldBytes = held,
        MemoryLimit = limit,
    };
}
