using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>What is refused is refused at once, with an exception that says what to do, and leaves nothing behind.</summary>
public class BadInputTests : IAsyncLifetime
{
    private ClusterFixture _cluster = null!; // Set before each test.

    private Client Client => _cluster.Client;

    public async Task InitializeAsync() => _cluster = await ClusterFixture.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Equal(7, await Client.Submit(static () => 7).AsTask().Within("a task after what was refused"));
        Assert.Equal(0, Client.PendingCount);
        await _cluster.DisposeAsync();
    }

    [Fact]
    public void A_null_function_is_refused()
    {
        Assert.Throws<ArgumentNullException>("function", () => Client.Submit((Func<int>)null!));
        Assert.Throws<ArgumentNullException>("function", () => Client.Submit((Func<int, int>)null!, 1));
        Assert.Throws<ArgumentNullException>("function", () => Client.Map((Func<int, int>)null!, [1]));
    }

    [Fact]
    public async Task A_null_function_is_refused_when_it_is_submitted_with_a_bound() =>
        await Assert.ThrowsAsync<ArgumentNullException>("function", async () => await Client.SubmitAsync((Func<int>)null!));

    [Fact]
    public void Null_lists_and_futures_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Client.Submit(static (int x) => x, (Future<int>)null!));
        Assert.Throws<ArgumentNullException>(() => Client.Submit(static (IReadOnlyList<int> x) => x.Count, (Future<int>[])null!));
        Assert.Throws<ArgumentNullException>(() => Client.Map(static (int x) => x, (int[])null!));
        Assert.Throws<ArgumentNullException>(() => Client.Release((IEnumerable<Future>)null!));
        Assert.Throws<ArgumentNullException>(() => Client.Release((FutureMap<int>)null!));
    }

    [Fact]
    public async Task A_gather_of_null_or_with_a_null_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("futures", () => Client.GatherAsync((IEnumerable<Future<int>>)null!));
        using var future = Client.Submit(static () => 1);
        var error = await Assert.ThrowsAsync<ArgumentException>("futures", () => Client.GatherAsync([future, null!]));

        Assert.Contains("at 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_release_with_a_null_releases_nothing()
    {
        using var future = Client.Submit(static () => 1);

        Assert.Throws<ArgumentNullException>(() => Client.Release([future, null!]));

        Assert.NotEqual(FutureStatus.Released, future.Status);
    }

    [Fact]
    public async Task A_gather_of_nothing_gives_nothing()
    {
        Assert.Empty(await Client.GatherAsync(Array.Empty<Future<int>>()).Within("an empty gather"));
        Assert.Empty(await Client.GatherAsync(Client.Map(static (int x) => x, Array.Empty<int>())).Within("an empty map"));
        Assert.Equal(0, await Client.Submit(static (IReadOnlyList<int> x) => x.Count, Array.Empty<Future<int>>()).AsTask().Within("an empty list"));
    }

    [Fact]
    public async Task A_future_that_was_given_up_is_refused_as_an_input_and_when_awaited()
    {
        var future = Client.Submit(static () => 1);
        Assert.Equal(1, await future.AsTask().Within("the value"));
        future.Dispose();
        future.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Client.Submit(static (int x) => x, future));
        Assert.Throws<ObjectDisposedException>(() => Client.Submit(static (IReadOnlyList<int> x) => x.Count, [future]));
        await Assert.ThrowsAsync<FutureCancelledException>(() => future.AsTask());
        await Assert.ThrowsAsync<FutureCancelledException>(() => Client.GatherAsync([future]));
        Assert.IsType<FutureCancelledException>(await future.GetExceptionAsync().Within("the exception"));
        Assert.True(future.IsDone);
    }

    [Fact]
    public async Task A_future_that_is_given_up_while_it_is_awaited_releases_who_awaits()
    {
        var gate = new Gate();
        var future = Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 1;
        });
        var (awaited, gathered) = (future.AsTask(), Client.GatherAsync([future]));
        await gate.Entered;

        future.Dispose();

        await Assert.ThrowsAsync<FutureCancelledException>(() => awaited.Within("who awaits"));
        await Assert.ThrowsAsync<FutureCancelledException>(() => gathered.Within("who gathers"));
    }

    [Fact]
    public async Task A_future_of_another_cluster_is_refused()
    {
        await using var other = await ClusterFixture.StartAsync();
        var mine = Client.Submit(static () => 1);
        var foreign = other.Client.Submit(static () => 2);
        Assert.Equal(mine.Key, foreign.Key); // The keys don't tell them apart.

        Assert.Throws<ArgumentException>(() => Client.Submit(static (int x) => x, foreign));
        Assert.Throws<ArgumentException>(() => Client.Release([foreign]));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.GatherAsync([mine, foreign]));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.GatherAsync(other.Client.Map(static (int x) => x, [1])));

        Assert.Equal(1, await mine.AsTask().Within("the own value"));
        Assert.Equal(2, await foreign.AsTask().Within("the other's value"));
    }

    [Fact]
    public async Task A_future_of_another_client_of_the_cluster_is_an_input_at_once()
    {
        var other = await _cluster.ConnectAsync();
        for (var i = 0; i < 100; i++)
        {
            var input = other.Submit(static (int x) => x, i); // Still in an open batch.
            Assert.Equal(i + 1, await Client.Submit(static (int x) => x + 1, input).AsTask().Within("the value"));
        }
    }

    [Fact]
    public void Options_of_a_task_out_of_range_are_refused_by_name()
    {
        AssertRefused("Priority", new SubmitOptions { Priority = 40_000 });
        AssertRefused("Priority", new SubmitOptions { Priority = -40_000 });
        AssertRefused("Retries", new SubmitOptions { Retries = -1 });
        AssertRefused("Timeout", new SubmitOptions { Timeout = TimeSpan.Zero });
        AssertRefused("Timeout", new SubmitOptions { Timeout = TimeSpan.FromDays(50) });
        AssertRefused("Timeout", new SubmitOptions { Timeout = TimeSpan.MaxValue });
        AssertRefused("Resources", new SubmitOptions { Resources = { ["gpu"] = -1 } });
        AssertRefused("Resources", new SubmitOptions { Resources = { ["gpu"] = double.NaN } });
        AssertRefused("Workers", new SubmitOptions { Workers = null! });
        AssertRefused("Workers", new SubmitOptions { Workers = [null!] });

        void AssertRefused(string name, SubmitOptions options)
        {
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(() => Client.Submit(static () => 1, options)).ParamName);
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(() => Client.Map(static (int x) => x, [1, 2], options)).ParamName);
        }
    }

    [Fact]
    public void One_name_for_a_whole_map_is_refused() =>
        Assert.Throws<ArgumentException>(() => Client.Map(static (int x) => x, [1, 2], new SubmitOptions { Key = "both" }));

    [Fact]
    public async Task Options_of_a_client_out_of_range_are_refused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _cluster.Cluster.ConnectAsync(new ClientOptions { PendingTasksMax = 0 }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => _cluster.Cluster.ConnectAsync(new ClientOptions { Name = null! }));
    }
}
