using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class FireAndForgetTests
{
    private readonly Gate<int> _gate = new();
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_task_runs_to_its_end_although_its_future_is_released()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var root = cluster.Client.Submit(_gate.RunAsync);
        var leaf = cluster.Client.Submit(x => _ended.TrySetResult(x), root);

        cluster.Client.FireAndForget(leaf);
        cluster.Client.Release([root, leaf]);
        _gate.Open(6);

        Assert.Equal(6, await _ended.Task.Within("end of the task"));
        Assert.Equal(FutureStatus.Released, leaf.Status);
    }

    [Fact]
    public async Task A_task_runs_to_its_end_although_its_client_closes()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var client = await cluster.ConnectAsync();
        var root = client.Submit(_gate.RunAsync);
        client.FireAndForget([client.Submit(x => _ended.TrySetResult(x), root)]);

        await client.DisposeAsync();
        _gate.Open(6);

        Assert.Equal(6, await _ended.Task.Within("end of the task"));
    }

    [Fact]
    public async Task Its_value_goes_when_it_is_there()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(_gate.RunAsync);
        cluster.Client.FireAndForget(future);
        var key = future.Key;
        future.Dispose();
        _gate.Open(1);
        var after = cluster.Client.Submit(static () => 2);

        Assert.Equal(2, await after); // The only worker has ended the first before.

        Assert.Equal("Forgotten", (await cluster.Client.StoryAsync(key))[^1].Finish);
    }

    [Fact]
    public async Task What_can_not_run_any_more_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => 1);
        future.Dispose();
        var client = await cluster.ConnectAsync();
        var closed = client.Submit(static () => 1);
        await client.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => cluster.Client.FireAndForget(future));
        Assert.Throws<ObjectDisposedException>(() => client.FireAndForget(closed));
        Assert.Throws<ArgumentNullException>("future", () => cluster.Client.FireAndForget((Future)null!));
    }
}
