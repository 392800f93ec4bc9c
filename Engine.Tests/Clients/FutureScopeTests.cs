using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class FutureScopeTests
{
    [Fact]
    public async Task The_end_of_a_scope_releases_what_was_submitted_through_it()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var outside = cluster.Client.Submit(static () => 1);
        Future<int> inside;
        FutureMap<int> map;
        using (var scope = cluster.Client.Scope())
        {
            inside = scope.Submit(static (int x) => x + 1, outside);
            map = scope.Map(static (int x) => x, [1, 2, 3]);
            Assert.Equal(2, await inside);
            Assert.Equal(new[] { 1, 2, 3 }, await cluster.Client.GatherAsync(map));
        }

        Assert.Equal(FutureStatus.Released, inside.Status);
        Assert.All(map, static each => Assert.Equal(FutureStatus.Released, each.Status));
        Assert.Equal(1, await outside);
        await Assert.ThrowsAsync<FutureCancelledException>(() => inside.AsTask());
    }

    [Fact]
    public async Task What_is_kept_stays()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        Future<int> kept;
        Future<int> element;
        FutureMap<int> map;
        FutureMap<int> keptMap;
        using (var scope = cluster.Client.Scope())
        {
            kept = scope.Keep(scope.Submit(static () => 1));
            map = scope.Map(static (int x) => x, [1, 2, 3]);
            element = scope.Keep(map[1]);
            keptMap = scope.Keep(scope.Map(static (int x) => x, [4, 5]));
        }

        Assert.Equal(1, await kept);
        Assert.Equal(2, await element);
        Assert.Equal(new[] { 4, 5 }, await cluster.Client.GatherAsync(keptMap));
        Assert.Equal([FutureStatus.Released, FutureStatus.Released], [map[0].Status, map[2].Status]);
    }

    [Fact]
    public async Task A_graph_runs_in_a_scope()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var graph = new TaskGraph();
        var one = graph.Add("one", static () => 1);
        var two = graph.Add("two", static (int x) => x + 1, one);
        Future<int> future;
        using (var scope = cluster.Client.Scope())
        {
            future = scope.Submit(graph, two).Get(two);
            Assert.Equal(2, await future);
        }

        Assert.Equal(FutureStatus.Released, future.Status);
    }

    [Fact]
    public async Task A_scope_that_has_ended_takes_nothing()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var scope = cluster.Client.Scope();
        scope.Dispose();
        scope.Dispose();

        Assert.Throws<ObjectDisposedException>(() => scope.Submit(static () => 1));
        Assert.Throws<ObjectDisposedException>(() => scope.Map(static (int x) => x, [1]));
        Assert.Throws<ObjectDisposedException>(() => scope.Keep(cluster.Client.Submit(static () => 1)));
        Assert.Throws<ObjectDisposedException>(() => scope.Keep(cluster.Client.Map(static (int x) => x, [1])));
    }

    [Fact]
    public async Task Submitting_waits_for_the_room_of_the_client()
    {
        await using var cluster = await ClusterFixture.StartAsync(client: new ClientOptions { PendingTasksMax = 1 });
        var gate = new Gate<int>();
        var first = cluster.Client.Submit(gate.RunAsync);
        using var scope = cluster.Client.Scope();
        var submitting = scope.SubmitAsync(static () => 2).AsTask();
        Assert.False(submitting.IsCompleted);

        gate.Open(1);

        Assert.Equal(2, await await submitting.Within("room"));
        Assert.Equal(1, await first);
    }
}
