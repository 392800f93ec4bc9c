using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

public class ClosingTests
{
    [Fact]
    public async Task A_client_that_closes_with_work_outstanding_releases_all_who_wait_and_all_its_tasks()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var client = await cluster.ConnectAsync();
        var gate = new Gate();
        var running = client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 0;
        });
        var map = client.Map(static (int x, int y) => x + y, Enumerable.Range(0, 1000), Enumerable.Range(0, 1000));
        var waits = new Task[] { running.AsTask(), client.GatherAsync(map), map[999].AsTask(), map[3].GetExceptionAsync() };
        await gate.Entered;

        await client.DisposeAsync().AsTask().Within("end of the client");

        Assert.IsType<FutureCancelledException>(await ((Task<Exception?>)waits[3]).Within("who asks for the exception"));
        foreach (var wait in waits[..3])
        {
            await Assert.ThrowsAsync<FutureCancelledException>(() => wait.Within("who waits"));
        }

        Assert.Equal(FutureStatus.Cancelled, running.Status);
        using (var other = cluster.Client.Submit(static () => 1))
        {
            Assert.Equal(1, await other.AsTask().Within("another client's task gets the slot"));
        }

        await cluster.NothingIsKnownAsync();
    }

    [Fact]
    public async Task A_closed_client_refuses_work_and_questions()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var client = await cluster.ConnectAsync();
        var small = client.Submit(static () => 1);
        var large = client.Submit(static () => new byte[100_000]);
        await Task.WhenAll(small.AsTask(), large.AsTask()).Within("the values");
        await client.DisposeAsync().AsTask().Within("end of the client");

        Assert.Throws<ObjectDisposedException>(() => client.Submit(static () => 1));
        Assert.Throws<ObjectDisposedException>(() => client.Map(static (int x) => x, [1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.SubmitAsync(static () => 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.AskAsync<object>(new WorkersRequest(), CancellationToken.None));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => large.AsTask());
        Assert.Equal(1, await small.AsTask()); // Has come already.
        small.Dispose();
        client.Flush();
        client.Release([large]);
    }

    [Fact]
    public async Task A_client_can_be_closed_many_times_at_once()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var client = await cluster.ConnectAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await client.DisposeAsync()))).Within("all have closed it");

        await client.DisposeAsync().AsTask().Within("once more");
    }

    [Fact]
    public async Task A_cluster_that_closes_with_work_outstanding_releases_all_who_wait()
    {
        var gate = new Gate();
        Task<int[]> gathered;
        Future<int> queued;
        await using (var cluster = await ClusterFixture.StartAsync(workers: 2))
        {
            var futures = Enumerable.Range(0, 100).Select(i => cluster.Client.Submit(async (TaskContext context) =>
            {
                await gate.PassAsync(context.Token);
                return i;
            })).ToList();
            gathered = cluster.Client.GatherAsync(futures);
            queued = futures[99];
            await gate.Entered;

            await cluster.Cluster.DisposeAsync().AsTask().Within("end of the cluster");

            await Assert.ThrowsAsync<FutureCancelledException>(() => gathered.Within("who gathers"));
            var error = await Assert.ThrowsAsync<FutureCancelledException>(() => queued.AsTask().Within("who awaits"));
            Assert.Contains("scheduler closed", error.Message, StringComparison.Ordinal);
            Assert.Throws<ObjectDisposedException>(() => cluster.Client.Submit(static () => 1));
        }
    }

    [Fact]
    public async Task A_cluster_can_be_closed_many_times_at_once()
    {
        var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 4 }).Within("start");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await cluster.DisposeAsync()))).Within("all have closed it");

        await cluster.DisposeAsync().AsTask().Within("once more");
        await Assert.ThrowsAsync<ConnectionClosedException>(() => cluster.ConnectAsync().Within("refusal"));
    }

    [Fact]
    public async Task A_cluster_that_never_ran_a_task_closes()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3, threads: 3);
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_function_that_ignores_its_token()
    {
        var gate = new Gate();
        var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(() =>
        {
            gate.Pass();
            return 1;
        });
        var waiting = future.AsTask();
        await gate.Entered;
        var left = 0;
        cluster.WhenClosed = () =>
        {
            left = ClusterKind.HasProcesses ? 1 : cluster.Cluster.Workers[0].LiveLaneCount; // It is known that there is one.
            gate.Open();
        };

        await cluster.DisposeAsync();

        Assert.Equal(1, left);
        await Assert.ThrowsAsync<FutureCancelledException>(() => waiting.Within("who waits"));
    }

    [Fact]
    public async Task A_cluster_can_be_closed_by_one_of_its_tasks()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var future = cluster.Client.Submit(async () =>
        {
            await cluster.Cluster.DisposeAsync();
            closed.SetResult();
            return 1;
        });

        await Assert.ThrowsAsync<FutureCancelledException>(() => future.AsTask().Within("who waits"));
        await closed.Task.Within("end of the cluster");
    }

    [Fact]
    public async Task Closing_while_many_submit_releases_every_one()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var cluster = await ClusterFixture.StartAsync();
            using var start = new Barrier(5);
            var submitting = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                try
                {
                    while (true)
                    {
                        Assert.Equal(1, await cluster.Client.Submit(static () => 1));
                    }
                }
                catch (Exception exception) when (exception is FutureCancelledException or ObjectDisposedException)
                {
                    return; // The two ways in which a closed client says so.
                }
            })).ToList();
            start.SignalAndWait(TimeSpan.FromSeconds(30));

            IAsyncDisposable closing = round % 2 == 0 ? cluster.Client : cluster.Cluster;
            await closing.DisposeAsync().AsTask().Within("the end");

            await Task.WhenAll(submitting).Within("all who submit are released");
        }
    }

    [Fact]
    public async Task Connecting_to_a_cluster_while_it_closes_ends()
    {
        for (var round = 0; round < 20; round++)
        {
            var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 1 }).Within("start");
            using var start = new Barrier(5);
            var connecting = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                try
                {
                    var client = await cluster.ConnectAsync();
                    await client.DisposeAsync();
                }
                catch (ConnectionClosedException)
                {
                    return; // It came too late.
                }
            })).ToList();
            start.SignalAndWait(TimeSpan.FromSeconds(30));

            await cluster.DisposeAsync().AsTask().Within("end of the cluster");

            await Task.WhenAll(connecting).Within("all who connect are released");
        }
    }

    [Fact]
    public async Task Connecting_can_be_given_up_and_leaves_no_client_behind()
    {
        var transport = new InProcTransport();
        var scheduler = new RecordingInbox();
        await using var listener = await transport.ListenAsync("inproc://scheduler", scheduler, CancellationToken.None);
        using var source = new CancellationTokenSource();
        var connecting = Client.ConnectAsync(transport, listener.Address, new ClientOptions(), source.Token);
        Assert.IsType<RegisterClient>((await scheduler.NextAsync()).Message);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Within("the attempt ends"));
        Assert.Equal(DisconnectKind.Closed, (await scheduler.NextEndAsync()).Kind);
    }

    [Fact]
    public async Task A_worker_that_closes_hands_its_tasks_to_another()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var gate = new Gate();
        var futures = Enumerable.Range(0, 20).Select(i => cluster.Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return context.WorkerName;
        })).ToList();
        await gate.Entered;

        await cluster.CloseWorkerAsync("0");
        gate.Open();

        var names = await cluster.Client.GatherAsync(futures).Within("the values");
        Assert.Contains("1", names);
    }
}
