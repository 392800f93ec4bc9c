using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class WaitTests
{
    private readonly Gate<int> _first = new();
    private readonly Gate<int> _second = new();

    [Fact]
    public async Task Waiting_for_all_ends_with_the_last_one()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        Future<int>[] futures = [cluster.Client.Submit(_first.RunAsync), cluster.Client.Submit(_second.RunAsync)];
        var waiting = cluster.Client.WaitAsync(futures);
        _second.Open(2);
        await futures[1];
        Assert.False(waiting.IsCompleted);

        _first.Open(1);

        var (done, notDone) = await waiting.Within("wait for all");
        Assert.Equal(futures, done);
        Assert.Empty(notDone);
    }

    [Fact]
    public async Task Waiting_for_any_ends_with_the_first_one_and_tells_the_others()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        Future<int>[] futures = [cluster.Client.Submit(_first.RunAsync), cluster.Client.Submit(_second.RunAsync)];
        var waiting = cluster.Client.WaitAsync(futures, WaitFor.Any);

        _second.Open(2);

        var (done, notDone) = await waiting.Within("wait for any");
        Assert.Equal([futures[1]], done);
        Assert.Equal([futures[0]], notDone);
        Assert.Equal(0, cluster.Client.AllWaiterCount);
    }

    [Fact]
    public async Task Waiting_for_an_exception_passes_values_by()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var third = new Gate<int>();
        Future<int>[] futures = [cluster.Client.Submit(_first.RunAsync), cluster.Client.Submit(_second.RunAsync), cluster.Client.Submit(third.RunAsync)];
        var waiting = cluster.Client.WaitAsync(futures, WaitFor.FirstException);
        _first.Open(1);
        await futures[0];
        Assert.False(waiting.IsCompleted);

        _second.Fail(new InvalidOperationException("no"));

        var result = await waiting.Within("wait for an exception");
        Assert.Equal([futures[0], futures[1]], result.Done);
        Assert.Equal([futures[2]], result.NotDone);
    }

    [Fact]
    public async Task Waiting_for_an_exception_that_does_not_come_ends_with_the_last_value()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var futures = cluster.Client.Map(static (int x) => x, [1, 2, 3]);

        var result = await cluster.Client.WaitAsync(futures, WaitFor.FirstException).Within("wait for values");

        Assert.Equal(3, result.Done.Count);
    }

    [Fact]
    public async Task A_failure_ends_a_wait_and_is_not_thrown()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static int () => throw new InvalidOperationException("no"));

        var result = await cluster.Client.WaitAsync([future]).Within("wait for a failure");

        Assert.Equal(FutureStatus.Error, Assert.Single(result.Done).Status);
    }

    [Fact]
    public async Task Futures_of_several_types_are_waited_for_together()
    {
        await using var cluster = await ClusterFixture.StartAsync();

        var result = await cluster.Client.WaitAsync<Future>([cluster.Client.Submit(static () => 1), cluster.Client.Submit(static () => "a")]).Within("wait");

        Assert.Equal([typeof(int), typeof(string)], result.Done.Select(static future => future.ValueType));
    }

    [Theory]
    [InlineData(WaitFor.All)]
    [InlineData(WaitFor.Any)]
    [InlineData(WaitFor.FirstException)]
    public async Task Giving_up_leaves_the_task_alone_and_no_waiter_behind(WaitFor until)
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var source = new CancellationTokenSource();
        var future = cluster.Client.Submit(_first.RunAsync);
        var waiting = cluster.Client.WaitAsync([future], until, source.Token);

        await source.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting).Within("end of the wait");
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(0, cluster.Client.AllWaiterCount);
        _first.Open(1);
        Assert.Equal(1, await future);
    }

    [Fact]
    public async Task Waiting_for_nothing_ends_at_once()
    {
        await using var cluster = await ClusterFixture.StartAsync();

        var result = await cluster.Client.WaitAsync<Future>([], WaitFor.Any).Within("wait for nothing");

        Assert.Empty(result.Done);
    }

    [Fact]
    public async Task A_released_future_has_ended()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(_first.RunAsync);
        var waiting = cluster.Client.WaitAsync([future], WaitFor.Any);

        future.Dispose();

        Assert.Equal([future], (await waiting.Within("wait")).Done);
    }

    [Fact]
    public async Task Futures_of_another_client_and_nulls_are_refused_by_their_place()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync(new ClientOptions { Name = "other" });
        var mine = cluster.Client.Submit(static () => 1);
        var theirs = other.Submit(static () => 1);

        var foreign = await Assert.ThrowsAsync<ArgumentException>("futures", () => cluster.Client.WaitAsync([mine, theirs]));
        await Assert.ThrowsAsync<ArgumentException>("futures", () => cluster.Client.WaitAsync([mine, null!]));
        await Assert.ThrowsAsync<ArgumentNullException>("futures", () => cluster.Client.WaitAsync((Future[])null!));

        Assert.Contains("at 1", foreign.Message, StringComparison.Ordinal);
        Assert.Contains("other", foreign.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WaitFor.All)]
    [InlineData(WaitFor.Any)]
    public async Task A_task_that_waits_leaves_its_slot_to_what_it_waits_for(WaitFor until)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var outer = cluster.Client.Submit(async context =>
        {
            var inner = context.Client.Submit(static () => 5);
            await context.Client.WaitAsync([inner], until);
            return await inner;
        });

        Assert.Equal(5, await outer.AsTask().Within("task that waits"));
    }
}
