using Engine.Tests.TestKit;
using Engine.Workers.Execution;

namespace Engine.Tests.Workers;

/// <summary>I12: no worker runs more functions than it has slots.</summary>
public class SlotTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task No_worker_runs_more_functions_than_it_has_threads_whatever_they_wait_for(int threads)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, threads: threads);
        var meter = new RunningMeter();
        var futures = new List<Future<int>>();
        for (var i = 0; i < 100; i++)
        {
            futures.Add(cluster.Client.Submit((int x, TaskContext context) => Plain(x, context, meter), i));
            futures.Add(cluster.Client.Submit((int x, TaskContext context) => YieldingAsync(x, context, meter), i));
            futures.Add(cluster.Client.Submit((int x, TaskContext context) => NestedAsync(x, context, meter), i));
            futures.Add(cluster.Client.Submit((int x, TaskContext context) => NestedBlocking(x, context, meter), i));
            futures.Add(cluster.Client.Submit((int x, TaskContext context) => Seceding(x, context, meter), i));
        }

        var values = await cluster.Client.GatherAsync(futures).Within("all values");

        Assert.Equal(Enumerable.Range(0, 500).Select(i => i / 5), values);
        Assert.True(meter.Highest <= threads, $"{meter.Highest} functions ran at the same time on {threads} threads");
    }

    [Fact]
    public async Task Functions_on_the_threads_of_one_worker_run_at_the_same_time()
    {
        const int threads = 4;
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, threads: threads);
        using var barrier = new Barrier(threads);
        var futures = Enumerable.Range(0, threads).Select(i => cluster.Client.Submit(() => barrier.SignalAndWait(TimeSpan.FromSeconds(30)))).ToList();

        Assert.All(await cluster.Client.GatherAsync(futures).Within("all have met"), Assert.True);
    }

    [Fact]
    public async Task Elements_of_a_map_run_on_all_threads_of_a_worker()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, threads: 4);
        using var barrier = new Barrier(4);
        var map = cluster.Client.Map((int x) => barrier.SignalAndWait(TimeSpan.FromSeconds(30)), Enumerable.Range(0, 4));

        Assert.All(await cluster.Client.GatherAsync(map).Within("all have met"), Assert.True);
    }

    [Fact]
    public async Task A_slot_that_is_asked_for_is_given_in_turn_and_before_lanes_get_it()
    {
        var pool = new SlotPool(1);
        Assert.True(pool.TryAcquire());
        var (first, second) = (pool.AcquireAsync(), pool.AcquireAsync());
        Assert.True(pool.IsAwaited);

        Assert.False(pool.Release());
        await first.Within("the first");
        Assert.False(second.IsCompleted);
        Assert.False(pool.TryAcquire());

        Assert.False(pool.Release());
        await second.Within("the second");
        Assert.False(pool.IsAwaited);
        Assert.True(pool.Release());
        Assert.Equal(1, pool.Free);
    }

    private static int Plain(int x, TaskContext context, RunningMeter meter)
    {
        meter.Enter(context);
        meter.Leave(context);
        return x;
    }

    private static async Task<int> YieldingAsync(int x, TaskContext context, RunningMeter meter)
    {
        meter.Enter(context);
        await Task.Yield(); // The function keeps its slot.
        meter.Leave(context);
        return x;
    }

    private static async Task<int> NestedAsync(int x, TaskContext context, RunningMeter meter)
    {
        meter.Enter(context);
        var first = context.Client.Submit(static (int y) => y, x);
        var second = context.Client.Submit(static (int y) => y, x);
        meter.Leave(context);
        await first;
        meter.Enter(context);
        meter.Leave(context);
        var value = await second;
        meter.Enter(context);
        await Task.Yield();
        meter.Leave(context);
        return value;
    }

    private static int NestedBlocking(int x, TaskContext context, RunningMeter meter)
    {
        meter.Enter(context);
        var nested = context.Client.Submit(static (int y) => y, x);
        meter.Leave(context);
        var value = nested.GetAwaiter().GetResult();
        meter.Enter(context);
        meter.Leave(context);
        return value;
    }

    private static int Seceding(int x, TaskContext context, RunningMeter meter)
    {
        meter.Enter(context);
        meter.Leave(context);
        context.Secede();
        return context.Client.Submit(static (int y) => y, x).GetAwaiter().GetResult();
    }
}
