using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class CancelTests
{
    private readonly Gate<int> _gate = new();

    [Fact]
    public async Task Cancelling_reaches_a_running_function_through_its_token()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var entered = new TaskCompletionSource();
        var told = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var future = cluster.Client.Submit(async context =>
        {
            using var registration = context.Token.Register(() => told.TrySetResult(context.Cause));
            entered.SetResult();
            await told.Task;
            return 1;
        });
        cluster.Client.Flush();
        await entered.Task.Within("start of the function");

        var cancelled = await future.CancelAsync("enough").Within("cancellation");

        Assert.Equal([future.Key], cancelled);
        Assert.Equal(CancellationCause.Cancelled, await told.Task.Within("cancellation of the token"));
        Assert.Equal(FutureStatus.Cancelled, future.Status);
        var error = await Assert.ThrowsAsync<FutureCancelledException>(async () => await future);
        Assert.Contains("enough", error.Message, StringComparison.Ordinal);
        Assert.Equal(future.Key, error.Key);
    }

    [Fact]
    public async Task Cancelling_reaches_what_depends_on_the_task()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var root = cluster.Client.Submit(_gate.RunAsync);
        var middle = cluster.Client.Submit(static (int x) => x, root);
        var leaf = cluster.Client.Submit(static (int x) => x, middle);
        var beside = cluster.Client.Submit(static () => 1);
        var awaiting = leaf.AsTask();

        var cancelled = await cluster.Client.CancelAsync([root]).Within("cancellation");

        Assert.Equal([root.Key, middle.Key, leaf.Key], cancelled.Order());
        await Assert.ThrowsAsync<FutureCancelledException>(() => awaiting).Within("end of a dependent");
        Assert.Equal(1, await beside);
    }

    [Fact]
    public async Task What_has_ended_stays_and_what_depends_on_it_is_cancelled()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var big = cluster.Client.Submit(static () => new byte[100_000]); // Stays with its worker.
        await big;
        var dependent = cluster.Client.Submit(async bytes => bytes.Length + await _gate.RunAsync(), big);
        cluster.Client.Flush();
        await _gate.Entered;

        var cancelled = await cluster.Client.CancelAsync([big]).Within("cancellation");

        Assert.Equal([dependent.Key], cancelled);
        Assert.Equal(100_000, (await big.AsTask().Within("reading")).Length);
        Assert.Equal(FutureStatus.Cancelled, dependent.Status);
    }

    [Fact]
    public async Task A_task_that_waits_for_room_is_cancelled()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var futures = Enumerable.Range(0, 10).Select(_ => cluster.Client.Submit(_gate.RunAsync)).ToList();

        var cancelled = await cluster.Client.CancelAsync(futures).Within("cancellation");

        Assert.Equal(futures.Select(static future => future.Key), cancelled.Order());
        _gate.Open(1);
        Assert.Equal(2, await cluster.Client.Submit(static () => 2));
    }

    [Fact]
    public async Task Another_clients_future_goes_on()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync();
        var mine = cluster.Client.Submit(_gate.RunAsync, new SubmitOptions { Key = "shared" });
        cluster.Client.Flush();
        await _gate.Entered;
        var theirs = await other.FindAsync<int>("shared").Within("finding");

        var cancelled = await mine.CancelAsync().Within("cancellation");
        _gate.Open(7);

        Assert.Equal([mine.Key], cancelled);
        await Assert.ThrowsAsync<FutureCancelledException>(() => mine.AsTask());
        Assert.Equal(7, await theirs.AsTask().Within("the other's future"));
        Assert.Equal(1, _gate.Runs);
    }

    [Fact]
    public async Task Cancelling_twice_cancels_nothing_more()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(_gate.RunAsync);
        await future.CancelAsync();

        Assert.Empty(await future.CancelAsync().Within("second cancellation"));
        future.Dispose();
    }

    [Fact]
    public async Task The_clients_name_is_the_reason_if_none_is_given()
    {
        await using var cluster = await ClusterFixture.StartAsync(client: new ClientOptions { Name = "analyst" });
        var future = cluster.Client.Submit(_gate.RunAsync);
        await cluster.Client.CancelAsync([future]);

        var error = await future.GetExceptionAsync();

        Assert.Contains("analyst", Assert.IsType<FutureCancelledException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_client_cancels_nothing()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var client = await cluster.ConnectAsync();
        var future = client.Submit(_gate.RunAsync);
        await client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => future.CancelAsync());
    }
}
