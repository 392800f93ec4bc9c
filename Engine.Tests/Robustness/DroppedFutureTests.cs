using System.Runtime.CompilerServices;
using Engine.Clients;
using Engine.Protocol;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>Futures that nobody disposes and nobody holds any longer.</summary>
public class DroppedFutureTests
{
    [Fact]
    public async Task A_future_that_is_dropped_is_given_up()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await DropAsync(cluster.Client, 1);

        await CollectAsync(cluster, most: 0);

        Assert.Equal(0, cluster.Cluster.Scheduler.TaskCount);
    }

    [Fact]
    public async Task A_future_that_is_held_is_kept()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var held = cluster.Client.Submit(static () => 7);
        Assert.Equal(7, await held.AsTask().Within("the value"));

        await CollectAsync(cluster);

        Assert.Equal(1, cluster.Cluster.Scheduler.TaskCount);
        Assert.Equal(7, await held.AsTask());
        GC.KeepAlive(held);
    }

    [Fact]
    public async Task A_future_that_is_dropped_while_its_task_runs_stops_the_task()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var cause = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = Hold(cluster.Client, gate, cause);
        cluster.Client.Flush();
        await gate.Entered;

        held.Value = null;
        await CollectAsync(cluster);

        Assert.Equal(CancellationCause.Cancelled, await cause.Task.Within("the token is cancelled"));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static StrongBox<Future?> Hold(Client client, Gate gate, TaskCompletionSource<CancellationCause> cause) => new(client.Submit(async (TaskContext context) =>
        {
            try
            {
                await gate.PassAsync(context.Token);
                return 0;
            }
            finally
            {
                cause.SetResult(context.Cause);
            }
        }));
    }

    [Fact]
    public async Task A_future_whose_value_is_awaited_is_held_by_that()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var (value, exception, gathered) = Await(cluster.Client, gate);
        await gate.Entered;

        await CollectAsync(cluster);
        gate.Open();

        Assert.Equal(1, await value.Within("the value"));
        Assert.Null(await exception.Within("no exception"));
        Assert.Equal(3, Assert.Single(await gathered.Within("a gathered value")));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (Task<int> Value, Task<Exception?> Exception, Task<int[]> Gathered) Await(Client client, Gate gate) => (
            client.Submit(() => Passed(gate, 1)).AsTask(),
            client.Submit(() => Passed(gate, 2)).GetExceptionAsync(),
            client.GatherAsync([client.Submit(() => Passed(gate, 3))]));
    }

    [Fact]
    public async Task An_input_that_is_dropped_lives_as_long_as_a_task_needs_it()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var last = Chain(cluster.Client, gate);
        cluster.Client.Flush();
        await gate.Entered;

        await CollectAsync(cluster);
        gate.Open();

        Assert.Equal(11, await last.AsTask().Within("the last value"));
        var workers = await cluster.Client.AskAsync<IReadOnlyList<WorkerInfo>>(new WorkersRequest(), default).Within("the scheduler");
        Assert.Equal(1, workers[0].HeldCount); // The others are known as long as the last could be computed again, but have no values.
        last.Dispose();
        await cluster.NothingIsKnownAsync();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Future<int> Chain(Client client, Gate gate)
        {
            var future = client.Submit(() => Passed(gate, 1));
            for (var i = 0; i < 10; i++)
            {
                client.Flush(); // Or they would share their hold with the last one.
                future = client.Submit(static (int x) => x + 1, future);
            }

            return future;
        }
    }

    [Fact]
    public async Task A_map_that_is_dropped_is_given_up_as_a_whole()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        await DropMapAsync(cluster.Client);

        await CollectAsync(cluster, most: 0);

        Assert.Equal(0, cluster.Cluster.Scheduler.TaskCount);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task DropMapAsync(Client client) =>
            await client.GatherAsync(client.Map(static (int x) => x, Enumerable.Range(0, 1000))).Within("the values");
    }

    [Fact]
    public async Task An_element_that_is_held_keeps_its_map()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var element = await ElementAsync(cluster.Client);

        await CollectAsync(cluster);

        Assert.Equal(1000, cluster.Cluster.Scheduler.TaskCount);
        Assert.Equal(5, await element.AsTask().Within("the element"));
        GC.KeepAlive(element);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task<Future<int>> ElementAsync(Client client)
        {
            var map = client.Map(static (int x) => x, Enumerable.Range(0, 1000));
            await client.GatherAsync(map).Within("the values");
            return map[5];
        }
    }

    [Fact]
    public async Task Futures_that_were_submitted_together_share_a_hold_of_up_to_32()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var held = await HoldOneAsync(cluster.Client, 3 * FutureLease.SharedMax);

        await CollectAsync(cluster, FutureLease.SharedMax);

        var kept = cluster.Cluster.Scheduler.TaskCount;
        Assert.InRange(kept, 1, FutureLease.SharedMax); // Those that share its hold, no others.
        held.Dispose();
        await cluster.Client.AskAsync<object>(new WorkersRequest(), default).Within("the scheduler");
        Assert.Equal(kept - 1, cluster.Cluster.Scheduler.TaskCount);
        held = null;
        await CollectAsync(cluster, most: 0);
        Assert.Equal(0, cluster.Cluster.Scheduler.TaskCount);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task<Future<int>> HoldOneAsync(Client client, int count)
        {
            var futures = Enumerable.Range(0, count).Select(i => client.Submit(static (int x) => x, i)).ToList();
            await client.GatherAsync(futures).Within("the values");
            return futures[count / 2];
        }
    }

    [Fact]
    public async Task Dropping_futures_of_a_closed_client_does_nothing()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var client = await cluster.ConnectAsync();
        await DropAsync(client, 100);
        await client.DisposeAsync();

        await CollectAsync(cluster);

        Assert.Equal(0, cluster.Cluster.Scheduler.TaskCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task DropAsync(Client client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await client.Submit(static (int x) => x, i).AsTask().Within("a value");
        }
    }

    /// <summary>Collects what nobody holds, and waits until the scheduler has heard of it.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="most">How many tasks may be left; null if what is held is to stay, which some rounds have to show.</param>
    private static async Task CollectAsync(ClusterFixture cluster, long? most = null)
    {
        // A thread that completed a wait holds what was dropped until it has left its frames, and it may be kept from that for
        // some time: by the compiler, or because others have the cores. Each round gives it another chance.
        var rounds = most is null ? 12 : 1000;
        await Task.Yield(); // Away from the frames of the caller.
        for (var i = 0; i < rounds && !(cluster.Cluster.Scheduler.TaskCount <= most); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await cluster.Client.AskAsync<object>(new WorkersRequest(), CancellationToken.None).Within("the scheduler, after all that was given up");
        }
    }

    private static int Passed(Gate gate, int value)
    {
        gate.Pass();
        return value;
    }
}
