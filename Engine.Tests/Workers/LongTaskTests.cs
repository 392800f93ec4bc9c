using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Workers;

/// <summary>A task that is much longer than the engine thought, in the middle of short ones.</summary>
public sealed class LongTaskTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task What_a_lane_finished_before_its_long_task_is_told()
    {
        await using var cluster = await StartAsync(workers: 1, threads: 1);
        await using var clock = new ClockDriver(_time, cluster.Time);
        var gate = new Gate();
        var before = Enumerable.Range(0, 20).Select(i => cluster.Client.Submit(static (int x) => x, i)).ToList();
        var stuck = cluster.Client.Submit(() => Passed(gate));

        Assert.Equal(Enumerable.Range(0, 20), await cluster.Client.GatherAsync(before).Within("the tasks before the long one"));
        await gate.Entered;
        gate.Open();
        Assert.Equal(-1, await stuck.AsTask().Within("the long task"));
    }

    [Fact]
    public async Task What_a_lane_finished_before_its_long_task_is_told_also_while_another_lane_is_idle()
    {
        await using var cluster = await StartAsync(workers: 1, threads: 2);
        await using var clock = new ClockDriver(_time, cluster.Time);
        for (var round = 0; round < 50; round++)
        {
            var gate = new Gate();
            var quick = cluster.Client.Submit(static (int x) => x, round);
            var stuck = cluster.Client.Submit(() => Passed(gate));

            Assert.Equal(round, await quick.AsTask().Within($"the quick task of round {round}"));
            gate.Open();
            Assert.Equal(-1, await stuck.AsTask().Within("the long task"));
        }
    }

    [Fact]
    public async Task What_waits_behind_a_long_task_runs_on_another_worker()
    {
        await using var cluster = await StartAsync(workers: 2, threads: 1);
        await using var clock = new ClockDriver(_time, cluster.Time);
        var gate = new Gate();
        var before = Enumerable.Range(0, 100).Select(i => cluster.Client.Submit(static (int x) => x, i)).ToList();
        var stuck = cluster.Client.Submit(() => Passed(gate));
        var after = Enumerable.Range(0, 400).Select(i => cluster.Client.Submit(static (int x) => x, i)).ToList();

        Assert.Equal(Enumerable.Range(0, 100), await cluster.Client.GatherAsync(before).Within("the tasks before the long one"));
        Assert.Equal(Enumerable.Range(0, 400), await cluster.Client.GatherAsync(after).Within("the tasks after the long one"));

        await gate.Entered;
        gate.Open();
        Assert.Equal(-1, await stuck.AsTask().Within("the long task"));
    }

    [Fact]
    public async Task Elements_behind_a_long_element_of_a_map_run_on_another_worker()
    {
        await using var cluster = await StartAsync(workers: 2, threads: 1);
        await using var clock = new ClockDriver(_time, cluster.Time);
        var gate = new Gate();
        var map = cluster.Client.Map((int x) => x == 100 ? Passed(gate) : x, Enumerable.Range(0, 1000));
        var others = Enumerable.Range(0, 1000).Where(static i => i != 100).ToList();

        var values = await cluster.Client.GatherAsync([.. others.Select(i => map[i])]).Within("the other elements");

        Assert.Equal(others, values);
        gate.Open();
        Assert.Equal(-1, await map[100].AsTask().Within("the long element"));
    }

    /// <summary>A cluster that believes all tasks to be short.</summary>
    private async Task<ClusterFixture> StartAsync(int workers, int threads)
    {
        var cluster = await ClusterFixture.StartAsync(workers, threads, options => options.TimeProvider = _time);
        for (var i = 0; i < 20; i++)
        {
            var values = await cluster.Client.GatherAsync(
                Enumerable.Range(0, 500).Select(x => cluster.Client.Submit(static (int y) => y, x)).ToList()).Within("short tasks");
            Assert.Equal(500, values.Length);
        }

        return cluster;
    }

    private static int Passed(Gate gate)
    {
        gate.Pass();
        return -1;
    }
}
