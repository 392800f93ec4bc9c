using Engine.Tests.TestKit;

namespace Engine.Tests.Clusters;

public class LocalClusterTests
{
    [Fact]
    public async Task Three_lines_are_a_cluster()
    {
        await using var cluster = await LocalCluster.StartAsync().Within("start");
        await using var client = await cluster.ConnectAsync().Within("connection");

        Assert.Equal(42, await client.Submit(static (int x) => x + 1, 41).AsTask().Within("the value"));
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_and_name_themselves()
    {
        await AssertRefusedAsync("Workers", new LocalClusterOptions { Workers = -1 });
        await AssertRefusedAsync("ThreadsPerWorker", new LocalClusterOptions { ThreadsPerWorker = 0 });
        await AssertRefusedAsync("TimeProvider", new LocalClusterOptions { TimeProvider = null! });
        await AssertRefusedAsync("TaskScheduler", new LocalClusterOptions { TaskScheduler = null! });
        await AssertRefusedAsync("Scheduler", new LocalClusterOptions { Scheduler = null! });
        await AssertRefusedAsync("WorkerSaturation", With(static options => options.WorkerSaturation = 0));
        await AssertRefusedAsync("WorkerSaturation", With(static options => options.WorkerSaturation = double.NaN));
        await AssertRefusedAsync("AllowedFailures", With(static options => options.AllowedFailures = -1));
        await AssertRefusedAsync("NoWorkersTimeout", With(static options => options.NoWorkersTimeout = TimeSpan.FromTicks(-1)));
        await AssertRefusedAsync("NoWorkersTimeout", With(static options => options.NoWorkersTimeout = TimeSpan.MaxValue));
        await AssertRefusedAsync("BandwidthBytesPerSecond", With(static options => options.BandwidthBytesPerSecond = 0));
        await AssertRefusedAsync("TransitionLogLength", With(static options => options.TransitionLogLength = 0));
        await AssertRefusedAsync("TransitionLogLength", With(static options => options.TransitionLogLength = int.MaxValue));
        await AssertRefusedAsync("EventLogLength", With(static options => options.EventLogLength = 0));

        static LocalClusterOptions With(Action<SchedulerOptions> change)
        {
            var options = new LocalClusterOptions { Workers = 1 };
            change(options.Scheduler);
            return options;
        }

        static async Task AssertRefusedAsync(string name, LocalClusterOptions options)
        {
            var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(options).Within("refusal"));
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Options_of_a_worker_out_of_range_are_refused_and_what_was_started_is_closed()
    {
        var changes = new Action<WorkerOptions>[]
        {
            static worker => worker.Threads = 0,
            static worker => worker.Name = null!,
            static worker => worker.Resources["gpu"] = -1,
            static worker => worker.Resources["gpu"] = double.NaN,
            static worker => worker.MemoryLimit = 0,
            static worker => worker.MemoryTarget = 0,
            static worker => worker.MemoryPause = 1.1,
            static worker => worker.MemoryTerminate = double.NaN,
            static worker => (worker.MemoryTarget, worker.MemoryPause) = (0.7, 0.6),
            static worker => (worker.MemoryTarget, worker.MemoryPause, worker.MemoryTerminate) = (0.9, null, 0.8),
            static _ => throw new ArgumentException("the user's own"),
        };
        foreach (var change in changes)
        {
            var time = new WatchedTimeProvider(TimeProvider.System);
            var places = new List<int>();
            var options = new LocalClusterOptions
            {
                Workers = 4,
                TimeProvider = time,
                ConfigureWorker = (place, worker) =>
                {
                    places.Add(place);
                    if (place == 2)
                    {
                        change(worker);
                    }
                },
            };

            await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(options).Within("refusal"));

            Assert.Equal([0, 1, 2], places);
            Assert.Equal(0, time.LiveTimerCount);
        }
    }

    [Fact]
    public async Task A_start_that_is_given_up_ends_and_leaves_nothing()
    {
        var time = new WatchedTimeProvider(TimeProvider.System);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => LocalCluster.StartAsync(new LocalClusterOptions { TimeProvider = time }, source.Token).Within("a start that was given up before"));
        Assert.Equal(0, time.LiveTimerCount);

        using var late = new CancellationTokenSource();
        var options = new LocalClusterOptions
        {
            Workers = 3,
            TimeProvider = time,
            ConfigureWorker = (place, _) => Cancel(place, late),
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LocalCluster.StartAsync(options, late.Token).Within("a start that is given up meanwhile"));
        Assert.Equal(0, time.LiveTimerCount);

        static void Cancel(int place, CancellationTokenSource source)
        {
            if (place == 1)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public async Task Options_are_copied_when_the_cluster_starts()
    {
        var options = new LocalClusterOptions { Workers = 1 };
        await using var cluster = await LocalCluster.StartAsync(options).Within("start");
        (options.Workers, options.ThreadsPerWorker, options.TaskScheduler, options.TimeProvider) = (-1, -1, null!, null!);
        options.Scheduler.WorkerSaturation = -1;
        var clientOptions = new ClientOptions { Name = "mine" };
        await using var client = await cluster.ConnectAsync(clientOptions).Within("connection");
        clientOptions.Name = "other";
        var submitOptions = new SubmitOptions { Timeout = TimeSpan.FromMinutes(1) };
        var future = client.Submit(static () => 1, submitOptions);
        submitOptions.Timeout = TimeSpan.Zero;

        Assert.Equal(1, await future.AsTask().Within("the value"));
        Assert.Equal("mine", client.Name);
    }

    [Fact]
    public async Task A_worker_that_is_configured_without_a_name_is_given_one()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: static options => options.ConfigureWorker = static (_, worker) => worker.Name = string.Empty);

        Assert.Equal(["0", "1"], cluster.Cluster.Workers.Select(static worker => worker.Self.Name));
    }

    [Fact]
    public async Task Two_workers_of_one_name_are_refused()
    {
        var options = new LocalClusterOptions { Workers = 2, ConfigureWorker = static (_, worker) => worker.Name = "same" };

        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(options).Within("refusal"));

        Assert.Contains("same", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_for_a_cluster_without_workers_waits_and_is_released_when_it_closes()
    {
        Task<int> waiting;
        await using (var cluster = await ClusterFixture.StartAsync(workers: 0))
        {
            var future = cluster.Client.Submit(static () => 1);
            waiting = future.AsTask();
            Assert.Equal(FutureStatus.Pending, future.Status);
        }

        await Assert.ThrowsAsync<FutureCancelledException>(() => waiting.Within("who waits"));
    }

    [Fact]
    public async Task Sixty_four_workers_share_the_work()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 64);
        using var barrier = new Barrier(64);
        var everywhere = Enumerable.Range(0, 64).Select(i => cluster.Client.Submit(
            (TaskContext context) => barrier.SignalAndWait(TimeSpan.FromSeconds(30)) ? context.WorkerName : "none",
            new SubmitOptions { Workers = [$"{i}"] })).ToList();

        var names = await cluster.Client.GatherAsync(everywhere).Within("all have met");
        Assert.Equal(Enumerable.Range(0, 64).Select(static i => $"{i}"), names);

        var values = await cluster.Client.GatherAsync(cluster.Client.Map(static (int x) => 2 * x, Enumerable.Range(0, 10_000))).Within("a map");
        Assert.Equal(Enumerable.Range(0, 10_000).Select(static x => 2 * x), values);
    }

    [Fact]
    public async Task Ten_clients_with_thousands_of_tasks_each_get_their_own_values()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 4, configure: static options => options.Scheduler.Validate = false);
        var clients = new List<Client>();
        for (var i = 0; i < 10; i++)
        {
            clients.Add(await cluster.ConnectAsync(new ClientOptions { Name = $"client {i}" }));
        }

        await Task.WhenAll(clients.Select((client, i) => Task.Run(async () =>
        {
            var singles = Enumerable.Range(0, 2000).Select(x => client.Submit(static (int a, int b) => a + b, x, i * 100_000)).ToList();
            var map = client.Map(static (int x) => -x, Enumerable.Range(i * 100_000, 3000));
            Assert.Equal(Enumerable.Range(i * 100_000, 2000), await client.GatherAsync(singles));
            Assert.Equal(Enumerable.Range(i * 100_000, 3000).Select(static x => -x), await client.GatherAsync(map));
            client.Release(singles);
            client.Release(map);
        }))).Within("all clients have their values");

        Assert.Equal(11, clients.Append(cluster.Client).Select(static client => client.Id).Distinct().Count());
        await cluster.NothingIsKnownAsync();
    }
}
