using Engine.Tests.TestKit;

namespace Engine.Tests.Clusters;

public sealed class OwnTaskSchedulerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task One_thread_in_seeded_order_can_drive_a_whole_cluster(int seed)
    {
        using var thread = new SeededThread(seed);
        await using (var cluster = await ClusterFixture.StartAsync(workers: 3, configure: options => options.TaskScheduler = thread.Scheduler))
        {
            var squares = cluster.Client.Map(static (int x) => x * x, Enumerable.Range(0, 500));
            var sum = cluster.Client.Submit(static (IReadOnlyList<int> all) => all.Sum(), squares);
            var large = cluster.Client.Submit(static (int x) => new byte[10_000 + (x - x)], sum);
            var nested = cluster.Client.Submit(static async (TaskContext context) => await context.Client.Submit(static () => 5));

            Assert.Equal(41_541_750, await sum.AsTask().Within("the sum"));
            Assert.Equal(10_000, (await large.AsTask().Within("a large value")).Length);
            Assert.Equal(5, await nested.AsTask().Within("a nested task"));
        }

        Assert.True(thread.Scheduler.RunCount > 0);
    }

    [Fact]
    public async Task Functions_never_run_on_the_scheduler_of_the_loops()
    {
        using var thread = new SeededThread(seed: 1);
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: options => options.TaskScheduler = thread.Scheduler);

        var strayed = await cluster.Client.GatherAsync(cluster.Client.Map((int x) => thread.IsCurrent, Enumerable.Range(0, 100))).Within("the values");

        Assert.All(strayed, Assert.False);
    }
}
