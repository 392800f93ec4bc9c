using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class RetryTests
{
    private int _runs;

    [Fact]
    public async Task A_failed_task_runs_again()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(FailOnce);
        await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask()).Within("failure");

        await future.RetryAsync().Within("retry");

        Assert.Equal(2, await future.AsTask().Within("second run"));
    }

    [Fact]
    public async Task A_dependent_of_what_failed_runs_again_from_there()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var root = cluster.Client.Submit(FailOnce);
        var leaf = cluster.Client.Submit(static (int x) => x * 10, root);
        await Assert.ThrowsAsync<TaskFailedException>(() => leaf.AsTask()).Within("failure");

        await cluster.Client.RetryAsync([leaf]).Within("retry");

        Assert.Equal(20, await leaf.AsTask().Within("second run"));
        Assert.Equal(2, await root.AsTask().Within("second run"));
    }

    [Fact]
    public async Task A_dependent_runs_again_although_the_future_of_what_failed_is_gone()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        Future<int> leaf;
        using (var root = cluster.Client.Submit(FailOnce))
        {
            leaf = cluster.Client.Submit(static (int x) => x * 10, root);
        }

        await Assert.ThrowsAsync<TaskFailedException>(() => leaf.AsTask()).Within("failure");

        await leaf.RetryAsync().Within("retry");

        Assert.Equal(20, await leaf.AsTask().Within("second run"));
    }

    [Fact]
    public async Task The_retries_of_the_options_count_anew()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(FailThrice, new SubmitOptions { Retries = 1 });
        await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask()).Within("failure");
        Assert.Equal(2, _runs);

        await future.RetryAsync().Within("retry");

        Assert.Equal(4, await future.AsTask().Within("fourth run"));
    }

    [Fact]
    public async Task A_task_that_has_a_value_does_not_run_again()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(() => ++_runs);
        await future;

        await future.RetryAsync().Within("retry");

        Assert.Equal(1, await future);
    }

    [Fact]
    public async Task A_task_that_was_refused_stays_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var first = cluster.Client.Submit(static () => 1, new SubmitOptions { Key = "name" });
        var refused = cluster.Client.Submit(static () => 2, new SubmitOptions { Key = "name" });
        await Assert.ThrowsAsync<KeyConflictException>(() => refused.AsTask()).Within("refusal");

        await refused.RetryAsync().Within("retry");

        await Assert.ThrowsAsync<KeyConflictException>(() => refused.AsTask()).Within("second refusal");
        Assert.Equal(1, await first);
    }

    [Fact]
    public async Task A_task_whose_input_is_unknown_stays_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var input = cluster.Client.Submit(new Gate<int>().RunAsync);
        await input.CancelAsync().Within("cancellation");
        var refused = cluster.Client.Submit(static (int x) => x, input);
        await Assert.ThrowsAsync<UnknownKeyException>(() => refused.AsTask()).Within("refusal");

        await refused.RetryAsync().Within("retry");

        await Assert.ThrowsAsync<UnknownKeyException>(() => refused.AsTask()).Within("second refusal");
    }

    private int FailOnce() => ++_runs > 1 ? _runs : throw new InvalidOperationException("not yet");

    private int FailThrice() => ++_runs > 3 ? _runs : throw new InvalidOperationException("not yet");
}
