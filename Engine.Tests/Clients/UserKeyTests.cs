using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class UserKeyTests
{
    private readonly Gate<int> _gate = new();

    [Fact]
    public async Task An_equal_definition_under_one_key_runs_once_whichever_client_submits_it()
    {
        var runs = 0;
        var count = (int x) =>
        {
            Interlocked.Increment(ref runs);
            return x;
        };
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync();
        var first = cluster.Client.Submit(count, 5, Named("count"));
        Assert.Equal(5, await first);

        var second = cluster.Client.Submit(count, 5, Named("count"));
        var third = other.Submit(count, 5, Named("count"));

        Assert.Equal(5, await second.AsTask().Within("same client"));
        Assert.Equal(5, await third.AsTask().Within("other client"));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_equal_definition_outlives_the_client_that_came_first()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var first = await cluster.ConnectAsync();
        var mine = first.Submit(_gate.RunAsync, Named("one"));
        first.Flush();
        await _gate.Entered;
        var theirs = cluster.Client.Submit(_gate.RunAsync, Named("one"));
        await cluster.Client.ListDatasetsAsync(); // So that the second has arrived.

        await first.DisposeAsync();
        _gate.Open(3);

        Assert.Equal(3, await theirs.AsTask().Within("the other's value"));
        Assert.Equal(1, _gate.Runs);
        Assert.Equal(FutureStatus.Cancelled, mine.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_definition_under_one_key_is_refused_with_both_named(bool sameClient)
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = sameClient ? cluster.Client : await cluster.ConnectAsync();
        var first = cluster.Client.Submit(Same, 5, Named("count"));
        await first;

        var otherFunction = other.Submit(Negate, 5, Named("count"));
        var otherInput = other.Submit(Same, 6, Named("count"));

        var error = await Assert.ThrowsAsync<KeyConflictException>(() => otherFunction.AsTask()).Within("refusal");
        await Assert.ThrowsAsync<KeyConflictException>(() => otherInput.AsTask()).Within("refusal");
        Assert.Contains("count", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Same), error.Message, StringComparison.Ordinal);
        Assert.Contains(first.Key.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Negate), error.Message, StringComparison.Ordinal);
        Assert.Contains(otherFunction.Key.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(5, await first);
    }

    [Fact]
    public async Task Other_futures_as_inputs_are_another_definition()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var one = cluster.Client.Submit(static () => 1);
        var two = cluster.Client.Submit(static () => 2);
        var first = cluster.Client.Submit(Negate, one, Named("negated"));
        var same = cluster.Client.Submit(Negate, one, Named("negated"));

        var different = cluster.Client.Submit(Negate, two, Named("negated"));

        await Assert.ThrowsAsync<KeyConflictException>(() => different.AsTask()).Within("refusal");
        Assert.Equal(new[] { -1, -1 }, await cluster.Client.GatherAsync([first, same]));
    }

    [Fact]
    public async Task A_key_is_free_again_when_its_futures_are_released()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var first = cluster.Client.Submit(static () => 1, Named("name"));
        await first;
        first.Dispose();

        var second = cluster.Client.Submit(static () => 2, Named("name"));

        Assert.Equal(2, await second.AsTask().Within("second task of that name"));
    }

    [Fact]
    public async Task A_task_is_found_by_its_key_whatever_its_state()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync();
        var pending = cluster.Client.Submit(_gate.RunAsync, Named("pending"));
        var failed = cluster.Client.Submit(static int () => throw new InvalidOperationException("no"), Named("failed"));
        var finished = cluster.Client.Submit(static () => new byte[10_000], Named("finished"));
        await cluster.Client.WaitAsync<Future>([failed, finished]).Within("ends");

        var foundPending = await other.FindAsync<int>("pending").Within("finding");
        var foundFailed = await other.FindAsync<int>("failed").Within("finding");
        var foundFinished = await other.FindAsync<byte[]>("finished").Within("finding");
        _gate.Open(4);

        Assert.Equal(pending.Key, foundPending.Key);
        Assert.Equal(4, await foundPending.AsTask().Within("found pending"));
        await Assert.ThrowsAsync<TaskFailedException>(() => foundFailed.AsTask()).Within("found failed");
        Assert.Equal(10_000, (await foundFinished.AsTask().Within("found finished")).Length);
    }

    [Fact]
    public async Task What_nobody_submitted_is_not_found()
    {
        await using var cluster = await ClusterFixture.StartAsync();

        var error = await Assert.ThrowsAsync<UnknownKeyException>(() => cluster.Client.FindAsync<int>("nothing")).Within("finding");

        Assert.Contains("nothing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_a_found_value_as_another_type_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => 1, Named("number"));

        var found = await cluster.Client.FindAsync<string>("number").Within("finding");

        await Assert.ThrowsAsync<ResultTypeException>(() => found.AsTask()).Within("reading");
        Assert.Equal(1, await future);
    }

    [Fact]
    public async Task Each_found_future_is_given_up_by_itself()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var own = cluster.Client.Submit(static () => 1, Named("one"));
        var first = await cluster.Client.FindAsync<int>("one").Within("finding");
        var second = await cluster.Client.FindAsync<int>("one").Within("finding");

        own.Dispose();
        first.Dispose();
        first.Dispose();

        Assert.Equal([FutureStatus.Released, FutureStatus.Released], [own.Status, first.Status]);
        Assert.Equal(1, await second.AsTask().Within("reading"));
        second.Dispose();
        await Assert.ThrowsAsync<UnknownKeyException>(() => cluster.Client.FindAsync<int>("one")).Within("finding what is gone");
    }

    [Fact]
    public async Task A_value_that_was_let_go_is_computed_again_when_it_is_found()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var root = cluster.Client.Submit(() => _gate.RunAsync(), Named("root"));
        var leaf = cluster.Client.Submit(static (int x) => x, root); // Keeps the recipe of what it needs.
        root.Dispose();
        _gate.Open(8);
        Assert.Equal(8, await leaf);

        var found = await cluster.Client.FindAsync<int>("root").Within("finding");

        Assert.Equal(8, await found.AsTask().Within("second run"));
        Assert.Equal(2, _gate.Runs);
    }

    [Fact]
    public async Task Giving_up_to_find_holds_nothing()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cluster.Client.FindAsync<int>("x", source.Token));
    }

    private static SubmitOptions Named(string key) => new() { Key = key };

    private static int Same(int x) => x;

    private static int Negate(int x) => -x;
}
