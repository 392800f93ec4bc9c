using System.Collections.Concurrent;
using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>R1 to R5 of the design, and their relatives, on a running cluster.</summary>
public class RetirementScenarios
{
    private const int Large = 4096; // Too large to travel with the news: the value stays with its workers.

    [Fact]
    public async Task Scaling_four_workers_with_40_scattered_and_40_computed_values_to_one_keeps_all_80_and_computes_nothing_again_R1()
    {
        await using var cluster = await StartAsync(workers: 4);
        var runs = new ConcurrentBag<int>();
        var scattered = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 40).Select(i => Bytes(i))).Within("scatter");
        var computed = Enumerable.Range(0, 40).Select(i => cluster.Client.Submit(
            (int number) =>
            {
                runs.Add(number);
                return Bytes(number);
            },
            i)).ToList();
        await cluster.Client.WaitAsync(computed).Within("results");

        var report = await cluster.Cluster.ScaleAsync(1).Within("the shrink");

        Assert.Equal(ScaleOutcome.Reached, report.Outcome);
        Assert.Single(await cluster.Client.GetWorkersAsync());
        Assert.Equal(Enumerable.Range(0, 40), (await cluster.Client.GatherAsync(scattered).Within("scattered values")).Select(static bytes => bytes[0] + 0));
        Assert.Equal(Enumerable.Range(0, 40), (await cluster.Client.GatherAsync(computed).Within("computed values")).Select(static bytes => bytes[0] + 0));
        Assert.Equal(40, runs.Count);
    }

    [Fact]
    public async Task A_scatter_that_goes_on_while_its_worker_retires_is_kept_R2()
    {
        await using var cluster = await StartAsync(workers: 2);
        var leaving = (await cluster.Client.GetWorkersAsync()).Single(static worker => worker.Name == "0");
        var scatter = Task.WhenAll(Enumerable.Range(0, 50).Select(i => cluster.Client.ScatterAsync(Bytes(i), new ScatterOptions { Workers = i % 2 == 0 ? ["0"] : [] })));

        var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ById(leaving.Id));
        await cluster.Client.ScatterAsync(Bytes(0)).Within("a value after the retirement began");
        var first = await Task.WhenAny(scatter, Task.WhenAll(retirement));
        Assert.True((await retirement.Within("the retirement")).AllRetired);

        // Those that may lie on worker 0 only and came too late wait for it; what was acknowledged is there.
        await first;
        var futures = scatter.IsCompletedSuccessfully ? await scatter : [];
        Assert.Equal(Enumerable.Range(0, futures.Length), (await cluster.Client.GatherAsync(futures).Within("the values")).Select(static bytes => bytes[0] + 0));
        await cluster.Cluster.ScaleAsync(2).Within("room for the rest");
    }

    [Fact]
    public async Task A_refused_worker_is_kept_by_whoever_scales_R3()
    {
        await using var cluster = await StartAsync(workers: 2);
        var paused = await cluster.ListenAsync("workers", "is Paused");
        await cluster.Client.RegisterWorkerPluginAsync("pause 1", static () => new PausedUnlessNamed("0")).Within("registration");
        var data = await cluster.Client.ScatterAsync(Bytes(7), new ScatterOptions { Workers = ["0"] }).Within("scatter");
        await paused;

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the refusal");

        Assert.Equal(RefusalReason.NoRecipient, Assert.Single(report.Rows).Refusal);
        Assert.Equal(Status.Running, (await cluster.Client.GetWorkersAsync()).Single(static worker => worker.Name == "0").Status);
        Assert.Equal(7, (await data.AsTask().Within("the value"))[0]);
    }

    [Fact]
    public async Task A_slow_hook_delays_neither_peers_nor_the_report_and_gets_reason_and_keys_R4()
    {
        await using var cluster = await StartAsync(workers: 2);
        var plugin = new SlowPlugin();
        await cluster.RegisterPluginAsync(plugin).Within("registration");
        var data = await cluster.Client.ScatterAsync(Bytes(1), new ScatterOptions { Workers = ["0"] }).Within("scatter");

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the report, while the hook still runs");
        var removed = await plugin.Entered.Within("the hook");

        Assert.True(report.AllRetired);
        Assert.Equal((CloseReason.Retired, true), (removed.Reason, removed.IsExpected));
        Assert.Equal([data.Key], removed.Moved);
        Assert.Empty(removed.Lost);
        Assert.Equal(1, (await data.AsTask().Within("the value"))[0]);
        plugin.Release();
    }

    [Fact]
    public async Task Running_tasks_of_a_worker_that_retires_end_there_and_run_once_R5()
    {
        await using var cluster = await StartAsync(workers: 2);
        var gate = new Gate<string>();
        var runs = 0;
        var running = cluster.Client.Submit(
            async (TaskContext context) =>
            {
                Interlocked.Increment(ref runs);
                await gate.RunAsync().WaitAsync(context.Token);
                return context.WorkerName;
            },
            new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await gate.Entered;

        var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0"));
        Assert.Equal(2, await cluster.Client.Submit(static () => 2).AsTask().Within("other work"));
        Assert.False(retirement.IsCompleted);
        gate.Open(string.Empty);

        var row = Assert.Single((await retirement.Within("the retirement")).Rows);
        Assert.Equal((RetirementOutcome.Retired, 1, 0), (row.Outcome, row.WaitedForCount, row.Interrupted.Count));
        Assert.Equal("0", await running.AsTask().Within("the value"));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task An_interrupted_function_sees_that_its_worker_retires_and_runs_elsewhere()
    {
        await using var cluster = await StartAsync(workers: 2);
        var gate = new Gate();
        var cause = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = cluster.Client.Submit(
            async (TaskContext context) =>
            {
                if (context.WorkerName == "0")
                {
                    try
                    {
                        await gate.PassAsync(context.Token);
                    }
                    finally
                    {
                        cause.TrySetResult(context.Cause);
                    }
                }

                return context.WorkerName;
            },
            new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await gate.Entered;

        var report = await cluster.Client.RetireWorkersAsync(
            WorkerSelector.ByName("0"), new RetirementOptions { RunningTasks = RunningTasks.Interrupt }).Within("the retirement");

        Assert.Equal([running.Key], Assert.Single(report.Rows).Interrupted);
        Assert.Equal("1", await running.AsTask().Within("the value"));
        Assert.Equal(CancellationCause.Retiring, await cause.Task.Within("the interrupted function sees why"));
    }

    [Fact]
    public async Task A_retired_worker_that_is_left_to_its_host_ends_with_its_nanny_at_its_next_heartbeat()
    {
        await using var cluster = await StartAsync(workers: 2, heartbeat: TimeSpan.FromMilliseconds(20));
        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0"), new RetirementOptions { CloseWorkers = false }).Within("the retirement");

        var end = await cluster.Cluster.Nannies.Single(static nanny => nanny.Name == "0").Ended.Within("end of the nanny");

        Assert.True(report.AllRetired);
        Assert.Equal((Status.Closed, CloseReason.Missing), (end.Status, end.Reason));
        Assert.Single(await cluster.Client.GetWorkersAsync());
        Assert.True(ClusterKind.HasProcesses ? ProcessCluster.Alive().Count == 1 : cluster.Cluster.Workers.Count == 2, "No successor on its host.");
    }

    [Fact]
    public virtual async Task A_worker_asks_for_its_own_retirement_and_ends_only_if_it_was_retired()
    {
        await using var cluster = await StartAsync(workers: 2);
        var data = await cluster.Client.ScatterAsync(Bytes(5), new ScatterOptions { Workers = ["0"] }).Within("scatter");
        var first = cluster.Cluster.Workers[0];
        Assert.Equal(RetirementOutcome.Retired, (await first.CloseGracefullyAsync().Within("the retirement")).Outcome);
        Assert.Equal(Status.Closed, first.Status);

        var last = cluster.Cluster.Workers[1];
        var row = await last.CloseGracefullyAsync().Within("the refusal");

        Assert.Equal(RefusalReason.NoRecipient, row.Refusal);
        Assert.Equal(Status.Running, last.Status);
        Assert.Equal(5, (await data.AsTask().Within("the value"))[0]);
    }

    [Fact]
    public async Task A_host_that_stops_has_its_worker_retired_first_within_its_time()
    {
        await using var cluster = await StartAsync(workers: 1);
        var host = await LocalWorker.StartAsync(cluster.Cluster.Place(validate: true), new WorkerOptions { Name = "host" }, new NannyOptions(), null, CancellationToken.None).Within("start");
        var data = await cluster.Client.ScatterAsync(Bytes(9), new ScatterOptions { Workers = ["host"] }).Within("scatter");

        var row = await host.CloseGracefullyAsync(new RetirementOptions { Deadline = TimeSpan.FromSeconds(30) }).Within("the stop");

        Assert.Equal((RetirementOutcome.Retired, 1), (row.Outcome, row.MovedCount));
        await host.Ended.Within("end of the host");
        Assert.Equal(9, (await data.AsTask().Within("the value"))[0]);
    }

    [Fact]
    public async Task Whoever_ends_a_host_is_not_allowed_to_if_its_worker_was_refused()
    {
        await using var cluster = await StartAsync(workers: 1);
        var data = await cluster.Client.ScatterAsync(Bytes(4)).Within("scatter");
        var row = (await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the refusal")).Rows[0];

        var scale = await cluster.Cluster.ScaleAsync(0).Within("the shrink that can't be");

        Assert.Equal(RetirementOutcome.Refused, row.Outcome);
        Assert.Equal(ScaleOutcome.Refused, scale.Outcome);
        Assert.Equal(4, (await data.AsTask().Within("the value"))[0]);
        Assert.Single(await cluster.Client.GetWorkersAsync());
    }

    [Fact]
    public async Task A_cluster_adapts_up_and_down_and_runs_each_task_once()
    {
        await using var cluster = await StartAsync(workers: 0);
        var runs = 0;
        cluster.Cluster.Adapt(new AdaptiveOptions { Minimum = 0, Maximum = 4, Interval = TimeSpan.FromMilliseconds(10), TargetDuration = TimeSpan.FromMilliseconds(50) });
        var squares = Enumerable.Range(0, 200).Select(i => cluster.Client.Submit(
            (int number) =>
            {
                Interlocked.Increment(ref runs);
                return Bytes(number);
            },
            i)).ToList();

        var sum = cluster.Client.Submit((IReadOnlyList<byte[]> all) => all.Sum(static bytes => bytes[0]), squares);

        Assert.Equal(Enumerable.Range(0, 200).Sum(), await sum.AsTask().Within("the sum"));
        Assert.Equal(200, runs);
    }

    [Fact]
    public async Task A_caller_that_gives_up_waiting_does_not_stop_the_retirement_and_can_ask_again()
    {
        await using var cluster = await StartAsync(workers: 2);
        var gate = new Gate<int>();
        var running = cluster.Client.Submit(async (TaskContext context) => await gate.RunAsync().WaitAsync(context.Token), new SubmitOptions { Workers = ["0"] });
        await gate.Entered;
        var id = (await cluster.Client.GetWorkersAsync()).Single(static worker => worker.Name == "0").Id;
        using var impatient = new CancellationTokenSource();
        var leaving = await cluster.ListenAsync("workers", "is ClosingGracefully");
        var first = cluster.Client.RetireWorkersAsync(WorkerSelector.ById(id), cancellationToken: impatient.Token);
        await leaving;
        var progress = Assert.Single(await cluster.Client.GetRetirementsAsync());
        Assert.Equal((id, 1), (progress.Id, progress.RunningCount));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within("the caller gives up"));

        var second = cluster.Client.RetireWorkersAsync(WorkerSelector.ById(id));
        gate.Open(3);

        Assert.True((await second.Within("the outcome")).AllRetired);
        Assert.True((await cluster.Client.RetireWorkersAsync(WorkerSelector.ById(id)).Within("the outcome, asked again")).AllRetired);
        Assert.Equal(3, await running.AsTask().Within("the value"));
    }

    [Fact]
    public virtual async Task A_worker_whose_connection_breaks_ends_and_never_registers_again()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var worker = cluster.Cluster.Workers[0];
        var id = worker.Self.Id;
        var left = await cluster.ListenAsync("workers", $"{id} ");

        worker.BreakConnection();

        Assert.Equal(CloseReason.SchedulerLost, (await worker.Ended.Within("end of the worker")).Reason);
        await left;
        Assert.Equal("1", Assert.Single(await cluster.Client.GetWorkersAsync()).Name);
        Assert.Equal(2, await cluster.Client.Submit(static () => 2).AsTask().Within("work goes on"));
    }

    [Fact]
    public virtual async Task A_worker_with_spilled_data_of_four_times_its_limit_retires_within_its_limit()
    {
        const int limit = 100_000;
        var store = new WatchedStore(awaitedWrites: 80);
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: options => options.ConfigureWorker = (place, worker) =>
        {
            if (place == 0)
            {
                (worker.MemoryLimit, worker.MemoryPause, worker.SpillStore) = (limit, null, _ => store);
            }
        });
        var worker = cluster.Cluster.Workers[0];
        var data = await cluster.Client.ScatterManyAsync(
            Enumerable.Range(0, 100).Select(static i => Bytes(i)), new ScatterOptions { Workers = ["0"] }).Within("scatter");
        await store.Written; // From now on it is within its limit.
        worker.MostManagedBytes = 0;

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the retirement");

        Assert.Equal(100, Assert.Single(report.Rows).MovedCount);
        Assert.True(worker.MostManagedBytes < limit, $"{worker.MostManagedBytes} bytes were in memory");
        Assert.Equal(Enumerable.Range(0, 100), (await cluster.Client.GatherAsync(data).Within("the values")).Select(static bytes => bytes[0] + 0));
    }

    [Fact]
    public async Task A_value_that_moves_while_it_is_read_is_read_without_removing_anybody()
    {
        await using var cluster = await StartAsync(workers: 3);
        var data = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 60).Select(static i => Bytes(i))).Within("scatter");
        var reader = await cluster.ConnectAsync();

        var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0", "1"));
        var reads = Enumerable.Range(0, 5).Select(_ => cluster.Client.GatherAsync(data)).ToList();

        foreach (var read in reads)
        {
            Assert.Equal(Enumerable.Range(0, 60), (await read.Within("the values")).Select(static bytes => bytes[0] + 0));
        }

        Assert.True((await retirement.Within("the retirement")).AllRetired);
        Assert.Equal("2", Assert.Single(await reader.GetWorkersAsync()).Name);
    }

    [Fact]
    public async Task Random_retirements_under_load_lose_nothing()
    {
        await using var cluster = await StartAsync(workers: 4);
        var random = new Random(1);
        var runs = new ConcurrentDictionary<int, int>();
        var data = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 40).Select(static i => Bytes(i))).Within("scatter");
        var results = new List<Future<byte[]>>();
        var scattered = new List<Future<byte[]>>(data);
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 50; i++)
            {
                results.Add(cluster.Client.Submit(
                    (byte[] input, int number) =>
                    {
                        runs.AddOrUpdate(number, 1, static (_, count) => count + 1);
                        return Bytes(input[0]);
                    },
                    scattered[random.Next(scattered.Count)],
                    results.Count));
            }

            var workers = await cluster.Client.GetWorkersAsync().Within("the workers");
            var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ById(workers.Where(_ => random.Next(2) == 0).Select(static worker => worker.Id).DefaultIfEmpty(workers[0].Id)));
            scattered.Add(await cluster.Client.ScatterAsync(Bytes(round)).Within("a value beside"));
            var report = await retirement.Within("the retirement");
            Assert.All(report.Rows, static row => Assert.Empty(row.Lost.Concat(row.Recomputed).Concat(row.Interrupted)));
            await cluster.Client.WaitForWorkersAsync(2).Within("the cluster replaces them");
        }

        Assert.All(await cluster.Client.GatherAsync(results).Within("the results"), static bytes => Assert.Equal(Large, bytes.Length));
        Assert.All(await cluster.Client.GatherAsync(scattered).Within("the data"), static bytes => Assert.Equal(Large, bytes.Length));
        Assert.All(runs, static run => Assert.Equal(1, run.Value));
    }

    [Fact]
    public async Task A_selector_by_condition_means_those_that_meet_it_and_one_that_nobody_meets_is_an_error()
    {
        await using var cluster = await StartAsync(workers: 3);

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.Where(static worker => worker.Name != "1")).Within("the retirement");

        Assert.Equal(["0", "2"], report.Rows.Select(static row => row.Name).Order());
        await Assert.ThrowsAsync<UnknownWorkerException>(
            () => cluster.Client.RetireWorkersAsync(WorkerSelector.Where(static worker => worker.Name == "0")).Within("refusal"));
        Assert.Throws<ArgumentException>(static () => WorkerSelector.ById());
        Assert.Throws<ArgumentOutOfRangeException>(static () => WorkerSelector.ByCount(-1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("1"), new RetirementOptions { Deadline = TimeSpan.FromSeconds(-1) }).Within("refusal"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cluster.Cluster.ScaleAsync(-1).Within("refusal"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cluster.Cluster.ScaleAsync(int.MaxValue).Within("refusal"));
    }

    [Fact]
    public async Task A_worker_that_stays_paused_hands_its_queue_back_and_retires()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: static options => options.Scheduler.PausedLimit = TimeSpan.FromMilliseconds(50));
        var retired = await cluster.ListenAsync("retirement", "(0) Retired");
        var data = await cluster.Client.ScatterAsync(Bytes(6), new ScatterOptions { Workers = ["0"] }).Within("scatter");
        var paused = await cluster.ListenAsync("workers", "is Paused");
        await cluster.Client.RegisterWorkerPluginAsync("pause 0", static () => new PausedUnlessNamed("1")).Within("registration");
        await paused;
        var waiting = cluster.Client.Submit(static (TaskContext context) => context.WorkerName, new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });

        await retired;

        Assert.Equal("1", await waiting.AsTask().Within("the value"));
        Assert.Equal(6, (await data.AsTask().Within("the data"))[0]);
    }

    [Fact]
    public async Task Wishes_for_copies_and_the_memory_manager_are_steered_by_a_client()
    {
        await using var cluster = await StartAsync(workers: 3);
        var data = await cluster.Client.ScatterAsync(Bytes(8)).Within("scatter");

        await cluster.Client.ReplicateAsync([data], 3).Within("the copies");
        await cluster.Client.StopActiveMemoryManagerAsync();
        Assert.False(await cluster.Client.IsActiveMemoryManagerRunningAsync());
        await cluster.Client.RunActiveMemoryManagerOnceAsync();
        Assert.Equal(3, (await cluster.Client.WhoHasAsync([data]))[data.Key].Count);
        await cluster.Client.ReplicateAsync([data], 1).Within("the wish is taken back");
        await cluster.Client.RunActiveMemoryManagerOnceAsync();
        Assert.Single((await cluster.Client.WhoHasAsync([data]))[data.Key]);
        await cluster.Client.StartActiveMemoryManagerAsync();
        Assert.True(await cluster.Client.IsActiveMemoryManagerRunningAsync());
        await cluster.Client.AddRebalanceAsync().Within("a policy more");
        await cluster.Client.RemovePolicyAsync("Rebalance").Within("a policy less");
        await Assert.ThrowsAsync<PluginException>(() => cluster.Client.RemovePolicyAsync("Rebalance").Within("refusal"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cluster.Client.ReplicateAsync([data], 0).Within("refusal"));
        Assert.Equal(8, (await data.AsTask().Within("the value"))[0]);
    }

    private static Task<ClusterFixture> StartAsync(int workers, TimeSpan? heartbeat = null) => ClusterFixture.StartAsync(workers, configure: options =>
    {
        options.Nannies = true;
        options.Scheduler.HeartbeatInterval = heartbeat ?? Timeout.InfiniteTimeSpan;
    });

    private static byte[] Bytes(int first)
    {
        var bytes = new byte[Large];
        bytes[0] = (byte)first;
        return bytes;
    }

    private sealed class PausedUnlessNamed(string name) : WorkerPlugin
    {
        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken)
        {
            worker.Pause(worker.Name != name);
            return default;
        }
    }
}
