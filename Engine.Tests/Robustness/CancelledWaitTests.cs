using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

public class CancelledWaitTests
{
    [Fact]
    public async Task A_cancelled_wait_ends_with_the_callers_token_and_the_task_goes_on()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var future = cluster.Client.Submit(() =>
        {
            gate.Pass();
            return 1;
        });
        await gate.Entered;
        using var source = new CancellationTokenSource();
        var waits = new Task[] { future.AsTask(source.Token), cluster.Client.GatherAsync([future], source.Token), future.GetExceptionAsync(source.Token) };
        Assert.Equal(3, cluster.Client.WaiterCount(future.Key));

        await source.CancelAsync();

        foreach (var wait in waits)
        {
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within("the wait ends"));
            Assert.Equal(source.Token, error.CancellationToken);
        }

        Assert.Equal(0, cluster.Client.WaiterCount(future.Key));
        gate.Open();
        Assert.Equal(1, await future.AsTask().Within("the value"));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_before_it_begins_leaves_no_waiter()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0);
        var future = cluster.Client.Submit(static () => 1);
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => future.AsTask(cancelled).Within("the wait"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cluster.Client.GatherAsync([future], cancelled).Within("the gather"));

        Assert.Equal(0, cluster.Client.WaiterCount(future.Key));
        Assert.Equal(FutureStatus.Pending, future.Status);
    }

    [Fact]
    public async Task Of_many_waiters_the_cancelled_ones_go_and_the_others_get_the_value()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var future = cluster.Client.Submit(() =>
        {
            gate.Pass();
            return 1;
        });
        await gate.Entered;
        using var source = new CancellationTokenSource();
        var leaving = Enumerable.Range(0, 10).Select(_ => future.AsTask(source.Token)).ToList();
        var staying = Enumerable.Range(0, 10).Select(_ => future.AsTask()).ToList();

        await source.CancelAsync();

        foreach (var wait in leaving)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within("a cancelled wait"));
        }

        Assert.Equal(10, cluster.Client.WaiterCount(future.Key));
        gate.Open();
        Assert.All(await Task.WhenAll(staying).Within("the others"), static value => Assert.Equal(1, value));
        Assert.Equal(0, cluster.Client.WaiterCount(future.Key));
    }

    [Fact]
    public async Task Submitting_above_the_bound_waits_and_goes_on_when_there_is_room()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, client: new ClientOptions { PendingTasksMax = 2 });
        var gates = new[] { new Gate(), new Gate() };
        var first = await cluster.Client.SubmitAsync(() => Passed(gates[0], 1));
        var second = await cluster.Client.SubmitAsync(() => Passed(gates[1], 2));

        var third = cluster.Client.SubmitAsync(static () => 3).AsTask();

        Assert.False(third.IsCompleted);
        await gates[0].Entered;
        gates[0].Open();
        var future = await third.Within("room for the third");
        gates[1].Open();
        var values = await cluster.Client.GatherAsync([first, second, future]).Within("the values");
        Assert.Equal([1, 2, 3], values);
    }

    [Fact]
    public async Task Plain_submitting_goes_beyond_the_bound()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0, client: new ClientOptions { PendingTasksMax = 2 });
        var futures = Enumerable.Range(0, 10).Select(i => cluster.Client.Submit(static (int x) => x, i)).ToList();

        Assert.Equal(10, cluster.Client.PendingCount);
        cluster.Client.Release(futures);
        Assert.Equal(0, cluster.Client.PendingCount);
    }

    [Fact]
    public async Task Waiting_for_room_can_be_cancelled_and_submits_nothing_then()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0, client: new ClientOptions { PendingTasksMax = 1 });
        using var first = await cluster.Client.SubmitAsync(static () => 1);
        using var source = new CancellationTokenSource();
        var waiting = cluster.Client.SubmitAsync(static () => 2, cancellationToken: source.Token).AsTask();

        await source.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within("the wait ends"));
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(1, cluster.Client.PendingCount);
    }

    [Fact]
    public async Task Giving_a_future_up_makes_room()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0, client: new ClientOptions { PendingTasksMax = 1 });
        var first = await cluster.Client.SubmitAsync(static () => 1);
        var waiting = cluster.Client.SubmitAsync(static () => 2).AsTask();

        first.Dispose();

        Assert.Equal(FutureStatus.Pending, (await waiting.Within("room")).Status);
    }

    [Fact]
    public async Task Closing_releases_those_who_wait_for_room()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0, client: new ClientOptions { PendingTasksMax = 1 });
        using var first = await cluster.Client.SubmitAsync(static () => 1);
        var waiting = cluster.Client.SubmitAsync(static () => 2).AsTask();

        await cluster.Client.DisposeAsync().AsTask().Within("end of the client");

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Within("the wait ends"));
    }

    [Fact]
    public async Task A_fast_producer_with_a_bound_never_has_more_tasks_out_than_that()
    {
        const int most = 50;
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, client: new ClientOptions { PendingTasksMax = most });
        var futures = new List<Future<int>>();
        long highest = 0;
        for (var i = 0; i < 5000; i++)
        {
            futures.Add(await cluster.Client.SubmitAsync(static (int x) => x, i));
            highest = Math.Max(highest, cluster.Client.PendingCount);
        }

        Assert.Equal(Enumerable.Range(0, 5000), await cluster.Client.GatherAsync(futures).Within("the values"));
        Assert.True(highest <= most, $"{highest} tasks were out");
    }

    private static int Passed(Gate gate, int value)
    {
        gate.Pass();
        return value;
    }
}
