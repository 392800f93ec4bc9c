using System.Collections.Concurrent;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Workers;

public class TimeLimitTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_function_over_its_limit_sees_its_token_cancelled_and_its_future_fails()
    {
        await using var cluster = await StartAsync();
        var gate = new Gate();
        var cause = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var future = cluster.Client.Submit(
            async (TaskContext context) =>
            {
                try
                {
                    await gate.PassAsync(context.Token);
                    return 1;
                }
                finally
                {
                    cause.SetResult(context.Cause);
                }
            },
            new SubmitOptions { Timeout = s_limit });
        await gate.Entered;
        _time.Advance(s_limit - TimeSpan.FromTicks(1));
        Assert.Equal(FutureStatus.Pending, future.Status);

        _time.Advance(TimeSpan.FromTicks(1));

        var error = await Assert.ThrowsAsync<TaskTimeoutException>(() => future.AsTask().Within("the failure"));
        Assert.Equal(future.Key, error.Key);
        Assert.Contains("00:05:00", error.Message, StringComparison.Ordinal);
        Assert.Equal(CancellationCause.TimedOut, await cause.Task.Within("the function ends"));
    }

    [Fact]
    public async Task A_function_that_ignores_its_token_fails_at_once_and_keeps_its_slot_until_it_returns()
    {
        await using var cluster = await StartAsync();
        var gate = new Gate();
        var order = new ConcurrentQueue<string>();
        var stubborn = cluster.Client.Submit(
            () =>
            {
                gate.Pass();
                order.Enqueue("stubborn");
                return 1;
            },
            new SubmitOptions { Timeout = s_limit });
        await gate.Entered;
        _time.Advance(s_limit);
        await Assert.ThrowsAsync<TaskTimeoutException>(() => stubborn.AsTask().Within("the failure"));
        var next = cluster.Client.Submit(() =>
        {
            order.Enqueue("next");
            return 2;
        });
        cluster.Client.Flush();

        gate.Open();

        Assert.Equal(2, await next.AsTask().Within("the task behind it"));
        Assert.Equal(["stubborn", "next"], order);
        Assert.Equal(FutureStatus.Error, stubborn.Status); // Its late result has changed nothing.
        await Assert.ThrowsAsync<TaskTimeoutException>(() => stubborn.AsTask());
        Assert.Equal(0, cluster.Client.PendingCount);
    }

    [Fact]
    public async Task A_limit_is_for_one_attempt()
    {
        await using var cluster = await StartAsync();
        var gate = new Gate();
        var future = cluster.Client.Submit(
            async (TaskContext context) =>
            {
                if (context.Attempt == 1)
                {
                    await gate.PassAsync(context.Token);
                }

                return context.Attempt;
            },
            new SubmitOptions { Timeout = s_limit, Retries = 1 });
        await gate.Entered;

        _time.Advance(s_limit);

        Assert.Equal(2, await future.AsTask().Within("the second attempt"));
    }

    [Fact]
    public async Task A_function_within_its_limit_leaves_no_timer()
    {
        await using var cluster = await StartAsync();
        var before = cluster.Time.LiveTimerCount;

        var values = await cluster.Client.GatherAsync(Enumerable.Range(0, 20).Select(
            i => cluster.Client.Submit(static (int x) => x, i, new SubmitOptions { Timeout = s_limit })).ToList()).Within("the values");

        Assert.Equal(Enumerable.Range(0, 20), values);
        Assert.Equal(before, cluster.Time.LiveTimerCount);
        _time.Advance(s_limit * 2);
        Assert.Equal(3, await cluster.Client.Submit(static () => 3).AsTask().Within("a later task"));
    }

    [Fact]
    public async Task Elements_of_a_map_have_a_limit_each()
    {
        await using var cluster = await StartAsync(threads: 2);
        var gate = new Gate();
        var map = cluster.Client.Map(
            (int x) =>
            {
                if (x == 1)
                {
                    gate.Pass();
                }

                return x;
            },
            Enumerable.Range(0, 4),
            new SubmitOptions { Timeout = s_limit });
        await gate.Entered;
        var others = await cluster.Client.GatherAsync([map[0], map[2], map[3]]).Within("the others");
        Assert.Equal([0, 2, 3], others);

        _time.Advance(s_limit);

        await Assert.ThrowsAsync<TaskTimeoutException>(() => map[1].AsTask().Within("the failure"));
        gate.Open();
    }

    [Fact]
    public async Task A_task_that_never_ends_by_itself_makes_room_when_its_future_is_given_up()
    {
        await using var cluster = await StartAsync();
        var gate = new Gate();
        var endless = cluster.Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 1;
        });
        await gate.Entered;
        var next = cluster.Client.Submit(static () => 2);

        endless.Dispose();

        Assert.Equal(2, await next.AsTask().Within("the next task"));
    }

    [Fact]
    public async Task A_limit_that_is_reached_when_the_task_has_ended_changes_nothing()
    {
        await using var cluster = await StartAsync();
        var worker = cluster.Cluster.Workers[0];
        TaskContext? kept = null;
        var future = cluster.Client.Submit(
            (TaskContext context) =>
            {
                kept = context;
                return 1;
            },
            new SubmitOptions { Timeout = s_limit });
        Assert.Equal(1, await future.AsTask().Within("the value"));

        worker.TimeLimitReached(kept!);

        Assert.Equal(2, await cluster.Client.Submit(static () => 2).AsTask().Within("a later task"));
        Assert.Equal(FutureStatus.Finished, future.Status);
    }

    private Task<ClusterFixture> StartAsync(int threads = 1) =>
        ClusterFixture.StartAsync(workers: 1, threads: threads, configure: options => options.TimeProvider = _time);
}
