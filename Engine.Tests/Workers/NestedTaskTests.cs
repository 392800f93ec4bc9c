using Engine.Tests.TestKit;

namespace Engine.Tests.Workers;

public class NestedTaskTests
{
    [Fact]
    public async Task Tasks_that_await_tasks_of_their_own_end_on_one_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var value = await cluster.Client.Submit(FibonacciAsync, 12).AsTask().Within("the value");

        Assert.Equal(144, value);
    }

    [Fact]
    public async Task Tasks_that_block_on_tasks_of_their_own_end_on_one_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var value = await cluster.Client.Submit(FibonacciBlocking, 8).AsTask().Within("the value");

        Assert.Equal(21, value);
    }

    [Fact]
    public async Task Tasks_that_leave_their_slot_and_block_end_on_one_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var value = await cluster.Client.Submit(FibonacciBesideSlot, 8).AsTask().Within("the value");

        Assert.Equal(21, value);
    }

    [Fact]
    public async Task Nested_tasks_spread_over_workers_and_threads()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3, threads: 2);

        var values = await cluster.Client.GatherAsync(cluster.Client.Map(FibonacciAsync, [10, 11, 9])).Within("the values");

        Assert.Equal([55, 89, 34], values);
    }

    [Fact]
    public async Task A_task_may_gather_a_map_of_its_own_on_one_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var value = await cluster.Client.Submit(static async (TaskContext context) =>
        {
            var squares = context.Client.Map(static (int x) => x * x, Enumerable.Range(0, 1000));
            return (await context.Client.GatherAsync(squares)).Sum();
        }).AsTask().Within("the value");

        Assert.Equal(332_833_500, value);
    }

    [Fact]
    public async Task A_task_may_await_several_tasks_at_once_on_one_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var value = await cluster.Client.Submit(static async (TaskContext context) =>
        {
            var parts = Enumerable.Range(1, 20).Select(i => context.Client.Submit(static (int x) => x, i).AsTask());
            return (await Task.WhenAll(parts)).Sum();
        }).AsTask().Within("the value");

        Assert.Equal(210, value);
    }

    [Fact]
    public async Task A_task_that_waits_for_room_leaves_its_slot_to_those_it_waits_for()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await using var inner = await cluster.Cluster.ConnectAsync(new ClientOptions { PendingTasksMax = 1 });

        var value = await cluster.Client.Submit(async (TaskContext context) =>
        {
            var parts = new List<Future<int>>();
            for (var i = 0; i < 10; i++)
            {
                parts.Add(await inner.SubmitAsync(static (int x) => x, i));
            }

            return (await inner.GatherAsync(parts)).Sum();
        }).AsTask().Within("the value");

        Assert.Equal(45, value);
    }

    [Fact]
    public async Task A_nested_failure_reaches_the_outer_future_as_it_was_thrown()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(static async (TaskContext context) =>
            await context.Client.Submit(static int () => throw new InvalidOperationException("inner")));

        var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

        var nested = Assert.IsType<TaskFailedException>(error.InnerException);
        Assert.Equal("inner", Assert.IsType<InvalidOperationException>(nested.InnerException).Message);
    }

    [Fact]
    public async Task Tasks_on_one_worker_share_its_client()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, threads: 4);

        var clients = await cluster.Client.GatherAsync(
            cluster.Client.Map(static (int x, TaskContext context) => context.Client.Id.ToString(), Enumerable.Range(0, 20))).Within("the clients");

        Assert.Single(clients.Distinct());
        Assert.NotEqual(cluster.Client.Id.ToString(), clients[0]);
    }

    [Fact]
    public async Task A_task_that_waits_for_another_is_released_when_its_worker_closes()
    {
        var gate = new Gate();
        var end = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var cluster = await ClusterFixture.StartAsync(workers: 1))
        {
            using var outer = cluster.Client.Submit(async (TaskContext context) =>
            {
                var inner = context.Client.Submit(async (TaskContext innerContext) =>
                {
                    await gate.PassAsync(innerContext.Token);
                    return 1;
                });
                try
                {
                    return await inner;
                }
                catch (Exception exception)
                {
                    end.SetResult(exception);
                    throw;
                }
            });
            await gate.Entered;
        }

        Assert.IsType<FutureCancelledException>(await end.Task.Within("the outer task is released"));
    }

    private static async Task<int> FibonacciAsync(int n, TaskContext context)
    {
        if (n < 2)
        {
            return n;
        }

        var left = context.Client.Submit(FibonacciAsync, n - 1);
        var right = context.Client.Submit(FibonacciAsync, n - 2);
        return await left + await right;
    }

    private static int FibonacciBlocking(int n, TaskContext context)
    {
        if (n < 2)
        {
            return n;
        }

        var left = context.Client.Submit(FibonacciBlocking, n - 1);
        var right = context.Client.Submit(FibonacciBlocking, n - 2);
        return left.GetAwaiter().GetResult() + right.GetAwaiter().GetResult();
    }

    private static int FibonacciBesideSlot(int n, TaskContext context)
    {
        if (n < 2)
        {
            return n;
        }

        context.Secede();
        return FibonacciBlocking(n, context);
    }
}
