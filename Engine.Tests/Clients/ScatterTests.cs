using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class ScatterTests
{
    [Fact]
    public async Task A_list_is_one_value_and_tasks_use_it()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        byte[] bytes = [1, 2, 3];

        Future<byte[]> data = await cluster.Client.ScatterAsync(bytes).Within("scatter");
        var length = cluster.Client.Submit(static (byte[] b) => b.Length, data);

        Assert.Equal(FutureStatus.Finished, data.Status);
        Assert.Equal(3, await length);
        ClusterKind.AssertSame(bytes, await data);
    }

    [Fact]
    public async Task Many_values_are_a_future_each_and_spread_over_the_workers()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);

        var data = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 20)).Within("scatter");

        Assert.Equal(Enumerable.Range(0, 20), await cluster.Client.GatherAsync(data));
        var holders = await cluster.Client.WhoHasAsync(data);
        Assert.Equal(2, holders.Values.Select(Assert.Single).Distinct().Count());
        Assert.Empty(await cluster.Client.ScatterManyAsync(Array.Empty<int>()).Within("scatter of nothing"));
    }

    [Fact]
    public async Task Data_lies_on_the_worker_that_was_asked_for()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);

        var data = await cluster.Client.ScatterAsync("x", new ScatterOptions { Workers = ["1"] }).Within("scatter");

        Assert.Equal(["1"], await HoldersOf(cluster, data));
    }

    [Fact]
    public async Task A_scatter_ends_when_all_its_replicas_are_held()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 4);

        var data = await cluster.Client.ScatterAsync("x", new ScatterOptions { Replicas = 3 }).Within("scatter");

        Assert.Equal(3, (await HoldersOf(cluster, data)).Count);
        Assert.Equal("x", await data);
    }

    [Fact]
    public async Task A_broadcast_is_held_by_all()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);

        var everywhere = await cluster.Client.ScatterAsync("x", new ScatterOptions { Broadcast = true }).Within("broadcast");
        var onTwo = await cluster.Client.ScatterAsync("y", new ScatterOptions { Broadcast = true, Workers = ["0", "2"] }).Within("broadcast to two");

        Assert.Equal(["0", "1", "2"], await HoldersOf(cluster, everywhere));
        Assert.Equal(["0", "2"], await HoldersOf(cluster, onTwo));
    }

    [Fact]
    public async Task More_replicas_than_workers_are_as_many_as_there_are()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);

        var data = await cluster.Client.ScatterAsync(1, new ScatterOptions { Replicas = 5 }).Within("scatter");

        Assert.Equal(2, (await HoldersOf(cluster, data)).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task Data_is_lost_with_its_last_holder(int length)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var data = await cluster.Client.ScatterAsync(new byte[length]).Within("scatter");
        await CloseHolders(cluster, data);

        var error = await Assert.ThrowsAsync<LostDataException>(() => data.AsTask()).Within("reading what is lost");
        var dependent = cluster.Client.Submit(static (byte[] b) => b.Length, data);

        Assert.Equal(data.Key, error.Key);
        Assert.Equal(FutureStatus.Lost, data.Status);
        Assert.Equal(data.Key, (await Assert.ThrowsAsync<LostDataException>(() => dependent.AsTask()).Within("dependent")).Key);
    }

    [Fact]
    public async Task Lost_data_is_not_tried_again()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var data = await cluster.Client.ScatterAsync(1).Within("scatter");
        await CloseHolders(cluster, data);
        await Assert.ThrowsAsync<LostDataException>(() => data.AsTask()).Within("reading what is lost");

        await data.RetryAsync().Within("retry");

        Assert.Equal(FutureStatus.Lost, data.Status);
    }

    [Fact]
    public async Task A_replica_survives_a_worker()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var data = await cluster.Client.ScatterAsync(new byte[100_000], new ScatterOptions { Replicas = 2 }).Within("scatter");
        var holders = await HoldersOf(cluster, data);

        var left = await cluster.ListenAsync("workers", "left"); // The scheduler may hear of it a moment later.
        await cluster.CloseWorkerAsync(holders[0]);
        await left;

        Assert.Equal(100_000, (await data.AsTask().Within("reading")).Length);
        Assert.Equal([holders[1]], await HoldersOf(cluster, data));
    }

    [Fact]
    public async Task Data_is_found_by_its_key_and_a_key_in_use_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var data = await cluster.Client.ScatterAsync("x", new ScatterOptions { Key = "data" }).Within("scatter");
        var found = await (await cluster.ConnectAsync()).FindAsync<string>("data").Within("finding");

        await Assert.ThrowsAsync<KeyConflictException>(() => cluster.Client.ScatterAsync("y", new ScatterOptions { Key = "data" })).Within("refusal");

        Assert.Equal("x", await found);
        Assert.Equal("x", await data);
    }

    [Fact]
    public async Task Giving_up_gives_the_data_up()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0);
        using var source = new CancellationTokenSource();
        var scattering = cluster.Client.ScatterAsync(1, cancellationToken: source.Token);

        await source.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scattering).Within("end of the attempt");
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(0, cluster.Client.PendingCount);
    }

    [Fact]
    public async Task What_can_not_be_scattered_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => 1);

        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Client.ScatterAsync(future));
        await Assert.ThrowsAsync<ArgumentException>("options", () => cluster.Client.ScatterManyAsync([1, 2], new ScatterOptions { Key = "two" }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("Replicas", () => cluster.Client.ScatterAsync(1, new ScatterOptions { Replicas = 0 }));
        await Assert.ThrowsAsync<ArgumentNullException>("values", () => cluster.Client.ScatterManyAsync<int>(null!));
    }

    [Fact]
    public async Task A_null_is_data()
    {
        await using var cluster = await ClusterFixture.StartAsync();

        var data = await cluster.Client.ScatterAsync((string?)null).Within("scatter");

        Assert.Null(await data);
    }

    private static async Task<List<string>> HoldersOf(ClusterFixture cluster, Future data)
    {
        var holders = (await cluster.Client.WhoHasAsync([data]).Within("who has"))[data.Key];
        var names = (await cluster.Client.GetWorkersAsync()).ToDictionary(static worker => worker.Id, static worker => worker.Name);
        return [.. holders.Select(holder => names[holder]).Order(StringComparer.Ordinal)];
    }

    private static async Task CloseHolders(ClusterFixture cluster, Future data)
    {
        foreach (var name in await HoldersOf(cluster, data))
        {
            await cluster.CloseWorkerAsync(name);
        }
    }
}
