using System.Diagnostics.CodeAnalysis;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>Many threads do everything at once. What they do is decided by a seed; how it interleaves is not.</summary>
[SuppressMessage("Security", "CA5394", Justification = "What is done is to be repeatable, not secret.")]
public class StressTests
{
    private const int ThreadCount = 8;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    public async Task Eight_threads_submit_await_release_cancel_and_map_and_nothing_is_left(int seed, int workers)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers, threads: 2);
        var other = await cluster.ConnectAsync();
        var nesting = new Presence();

        await Task.WhenAll(Enumerable.Range(0, ThreadCount).Select(thread => Task.Run(
            () => OperateAsync(thread % 2 == 0 ? cluster.Client : other, new Random((seed * 100) + thread), 60, nesting)))).Within($"all threads are through; seed {seed}");

        Assert.Equal(0, cluster.Client.PendingCount);
        Assert.Equal(0, other.PendingCount);

        // A function goes on when its future is given up, and gives its own futures up when it ends.
        await cluster.NothingGivenUpStartsAsync();
        await nesting.NobodyIsThere.Within("end of the functions that submit more");
        await cluster.NothingIsKnownAsync();
    }

    private static async Task OperateAsync(Client client, Random random, int count, Presence nesting)
    {
        var held = new List<(Future<int> Future, int Value)> { (client.Submit(static () => 1), 1) };
        for (var i = 0; i < count; i++)
        {
            var (future, value) = held[random.Next(held.Count)];
            switch (random.Next(10))
            {
                case 0 or 1:
                    held.Add((client.Submit(static (int x) => x + 1, future), value + 1));
                    break;
                case 2:
                    var (second, more) = held[random.Next(held.Count)];
                    held.Add((client.Submit(static (int x, int y) => x - y, future, second), value - more));
                    break;
                case 3:
                    held.Add((client.Submit(static async (int x) =>
                    {
                        await Task.Yield();
                        return x * 3;
                    }, future), unchecked(value * 3)));
                    break;
                case 4:
                    Assert.Equal(value, await future);
                    break;
                case 5:
                    await MapAsync(client, random);
                    break;
                case 6:
                    await CancelAsync(client, future, random);
                    break;
                case 7:
                    held.Add((client.Submit((int x, TaskContext context) => NestedAsync(x, context, nesting), future), -value));
                    break;
                case 8:
                    await FailAsync(client, future);
                    break;
                default:
                    var gathered = await client.GatherAsync(held.Select(static pair => pair.Future));
                    Assert.Equal(held.Select(static pair => pair.Value), gathered);
                    break;
            }

            if (held.Count > 20)
            {
                client.Release(held[1..].Select(static pair => pair.Future));
                held.RemoveRange(1, held.Count - 1);
            }
        }

        Assert.Equal(held.Select(static pair => pair.Value), await client.GatherAsync(held.Select(static pair => pair.Future)));
        client.Release(held.Select(static pair => pair.Future));
    }

    private static async Task<int> NestedAsync(int x, TaskContext context, Presence nesting)
    {
        using var presence = nesting.Enter(); // Ends last, after the nested future is given up.
        using var nested = context.Client.Submit(static (int y) => -y, x);
        return await nested;
    }

    private static async Task MapAsync(Client client, Random random)
    {
        var count = random.Next(1, 700);
        using var map = client.Map(static (int x) => x * 2, Enumerable.Range(0, count));
        if (random.Next(3) > 0)
        {
            Assert.Equal(Enumerable.Range(0, count).Select(static x => x * 2), await client.GatherAsync(map));
        }
    }

    private static async Task CancelAsync(Client client, Future<int> input, Random random)
    {
        var endless = client.Submit(
            static async (int x, TaskContext context) =>
            {
                var cancelled = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var registration = context.Token.Register(() => cancelled.TrySetCanceled());
                return await cancelled.Task;
            },
            input);
        var waiting = endless.AsTask();
        if (random.Next(2) == 0)
        {
            client.Flush();
        }

        endless.Dispose();
        await Assert.ThrowsAsync<FutureCancelledException>(() => waiting);
    }

    private static async Task FailAsync(Client client, Future<int> input)
    {
        using var failing = client.Submit(static int (int x) => throw new InvalidOperationException("meant"), input, new SubmitOptions { Retries = 1 });
        using var dependent = client.Submit(static (int x) => x, failing);
        var error = await Assert.ThrowsAsync<TaskFailedException>(() => dependent.AsTask());
        Assert.Equal(failing.Key, error.Key);
    }
}
