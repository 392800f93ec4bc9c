using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class AsCompletedTests
{
    private readonly Gate<int>[] _gates = [new(), new(), new()];

    [Fact]
    public async Task Futures_come_in_the_order_of_their_ends_failed_ones_too()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var futures = _gates.Select(gate => cluster.Client.Submit(gate.RunAsync)).ToArray();
        await using var ends = cluster.Client.AsCompleted(futures).GetAsyncEnumerator();

        _gates[1].Open(1);
        Assert.Same(futures[1], await NextAsync(ends));
        _gates[2].Fail(new InvalidOperationException("no"));
        Assert.Same(futures[2], await NextAsync(ends));
        Assert.Equal(FutureStatus.Error, ends.Current.Status);
        _gates[0].Open(0);
        Assert.Same(futures[0], await NextAsync(ends));

        Assert.False(await ends.MoveNextAsync());
    }

    [Fact]
    public async Task Those_that_have_ended_come_first()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var pending = cluster.Client.Submit(_gates[0].RunAsync);
        var ended = cluster.Client.Submit(static () => 1);
        await ended;
        await using var ends = cluster.Client.AsCompleted([pending, ended]).GetAsyncEnumerator();

        Assert.Same(ended, await NextAsync(ends));
    }

    [Fact]
    public async Task Leaving_early_leaves_no_waiter_behind()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var futures = _gates.Select(gate => cluster.Client.Submit(gate.RunAsync)).ToArray();
        _gates[0].Open(0);

        await foreach (var future in cluster.Client.AsCompleted(futures))
        {
            Assert.Same(futures[0], future);
            Assert.Equal(2, cluster.Client.AllWaiterCount);
            break;
        }

        Assert.Equal(0, cluster.Client.AllWaiterCount);
    }

    [Fact]
    public async Task Giving_up_leaves_no_waiter_behind()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var source = new CancellationTokenSource();
        var future = cluster.Client.Submit(_gates[0].RunAsync);
        await using var ends = cluster.Client.AsCompleted([future], source.Token).GetAsyncEnumerator();
        var next = ends.MoveNextAsync().AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next).Within("end of the enumeration");
        Assert.Equal(0, cluster.Client.AllWaiterCount);
    }

    [Fact]
    public async Task The_token_of_the_loop_counts_too()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var source = new CancellationTokenSource();
        var future = cluster.Client.Submit(_gates[0].RunAsync);
        await using var ends = cluster.Client.AsCompleted([future]).WithCancellation(source.Token).GetAsyncEnumerator();
        var next = ends.MoveNextAsync();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next).Within("end of the enumeration");
    }

    [Fact]
    public async Task Every_element_of_a_map_comes_once()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var map = cluster.Client.Map(static (int x) => x, Enumerable.Range(0, 1000));
        var values = new List<int>();

        await foreach (var future in cluster.Client.AsCompleted(map))
        {
            values.Add(await future);
        }

        Assert.Equal(Enumerable.Range(0, 1000), values.Order());
    }

    [Fact]
    public async Task A_future_that_is_named_twice_comes_twice()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => 1);
        var count = 0;

        await foreach (var each in cluster.Client.AsCompleted([future, future]))
        {
            Assert.Same(future, each);
            count++;
        }

        Assert.Equal(2, count);
    }

    [Fact]
    public async Task The_end_of_the_client_ends_all_futures()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var client = await cluster.ConnectAsync();
        var future = client.Submit(_gates[0].RunAsync);
        await using var ends = client.AsCompleted([future]).GetAsyncEnumerator();
        var next = ends.MoveNextAsync().AsTask();

        await client.DisposeAsync();

        Assert.True(await next.Within("end of the future"));
        Assert.Equal(FutureStatus.Cancelled, ends.Current.Status);
    }

    [Fact]
    public async Task A_task_that_takes_futures_as_they_end_leaves_its_slot_to_them()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var outer = cluster.Client.Submit(async context =>
        {
            var sum = 0;
            await foreach (var inner in context.Client.AsCompleted(context.Client.Map(static (int x) => x, [1, 2, 3])))
            {
                sum += await inner;
            }

            return sum;
        });

        Assert.Equal(6, await outer.AsTask().Within("task that waits"));
    }

    private static async Task<Future<int>> NextAsync(IAsyncEnumerator<Future<int>> ends)
    {
        Assert.True(await ends.MoveNextAsync().AsTask().Within("end of the next future"));
        return ends.Current;
    }
}
