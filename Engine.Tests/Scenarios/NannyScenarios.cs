using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Workers;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Scenarios;

/// <summary>Nannies and heartbeats on a running cluster.</summary>
public class NannyScenarios
{
    [Fact]
    public async Task A_worker_that_dies_is_started_again_by_its_nanny_and_what_it_had_is_done_again()
    {
        await using var cluster = await StartAsync(workers: 1);
        var joined = await cluster.ListenAsync("workers", "joined");
        var value = cluster.Client.Submit(static () => new byte[5000]);
        await cluster.Client.WaitAsync([value]).Within("the value");

        await cluster.CrashWorkerAsync("0", "a test");
        await joined;

        Assert.Equal(5000, (await value.AsTask().Within("the value, computed again")).Length);
        Assert.Equal(2, (await cluster.Client.GetWorkersAsync()).Single().Id.Number);
    }

    [Fact]
    public async Task A_worker_that_dies_again_and_again_is_not_restarted_for_ever_and_the_nanny_says_why()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options => (options.Nanny.RestartsMax, options.Nanny.BackOff) = (2, TimeSpan.Zero));
        var nanny = cluster.Cluster.Nannies[0];
        for (var death = 0; death < 3; death++)
        {
            var joined = await cluster.ListenAsync("workers", "joined");
            await cluster.CrashWorkerAsync("0", $"death {death}");
            if (death < 2)
            {
                await joined;
            }
        }

        var end = await nanny.Ended.Within("end of the nanny");
        Assert.Equal(Status.Failed, end.Status);
        Assert.Contains(ClusterKind.HasProcesses ? "SIGKILL" : "death 2", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_can_not_start_surfaces_its_error_once_and_leaves_nothing()
    {
        var options = new LocalClusterOptions { Workers = 2 };
        options.ConfigureWorker = static (place, worker) => worker.Plugins["broken"] = () => new BrokenPlugin(place == 1);

        var error = await Assert.ThrowsAsync<PluginException>(() => LocalCluster.StartAsync(options).Within("the refusal"));

        Assert.Contains("broken", error.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(error.InnerException);
    }

    [Fact]
    public async Task A_nanny_that_can_not_be_reached_does_not_hold_up_its_worker()
    {
        await using var cluster = await StartAsync(workers: 1);
        var never = new TaskCompletionSource();
        var worker = new Worker(
            new WorkerOptions { Name = "alone" }, cluster.Cluster.Transport, cluster.Cluster.Scheduler.Address, TimeProvider.System, validate: true,
            new WorkerHost { TellNanny = (_, _) => never.Task });
        await worker.StartAsync(TaskScheduler.Default, CancellationToken.None).Within("start of the worker");
        using var told = await cluster.Client.SubscribeAsync("workers").Within("subscription");
        await using var events = told.GetAsyncEnumerator();

        var first = worker.CloseAsync(CloseReason.UserRequest, "a test");
        var second = worker.CloseAsync(CloseReason.UserRequest, "again");

        Assert.Same(first, second);
        await first.Within("end of the worker");
        Assert.Equal(Status.Closed, worker.Status);
        Assert.True(await events.MoveNextAsync().AsTask().Within("the scheduler's word")); // Between connections there is no order.
        Assert.Contains("(alone) left, as announced", $"{events.Current.Content}", StringComparison.Ordinal);
        Assert.DoesNotContain(await cluster.Client.GetWorkersAsync(), static member => member.Name == "alone");
        await worker.LanesEnded.Within("end of its threads");
    }

    [Fact]
    public async Task When_the_scheduler_closes_workers_and_nannies_end_and_nothing_is_started()
    {
        await using var cluster = await StartAsync(workers: 2);

        await cluster.Cluster.Scheduler.CloseAsync().Within("end of the scheduler");

        foreach (var nanny in cluster.Cluster.Nannies)
        {
            Assert.Equal(CloseReason.SchedulerClosed, (await nanny.Ended.Within("end of a nanny")).Reason);
        }

        Assert.Equal(2, cluster.Cluster.Nannies.Count);
        Assert.All(cluster.Cluster.Workers, static worker => Assert.True(worker.Closed.IsCompleted));
    }

    [Fact]
    public async Task Restart_gives_each_nanny_a_fresh_worker_and_cancels_all_futures()
    {
        await using var cluster = await StartAsync(workers: 3);
        var other = await cluster.ConnectAsync();
        var (mine, theirs) = (await cluster.Client.ScatterAsync(new byte[2000]).Within("scatter"), await other.ScatterAsync(new byte[2000]).Within("scatter"));

        var report = await cluster.Client.RestartAsync().Within("restart");

        Assert.True(report.AllRestarted);
        Assert.Equal(3, report.Rows.Count);
        Assert.All(report.Rows, static row => Assert.True(row.After > row.Before));
        await Assert.ThrowsAsync<FutureCancelledException>(() => mine.AsTask().Within("an end"));
        await Assert.ThrowsAsync<FutureCancelledException>(() => theirs.AsTask().Within("an end"));
        Assert.Equal(3, (await cluster.Client.GetWorkersAsync()).Count);
        Assert.Equal(7, await cluster.Client.Submit(static () => 7).AsTask().Within("new work"));
        await cluster.NanniesKnowTheirWorkersAsync();
        Assert.All(cluster.Cluster.Nannies, static nanny => Assert.Equal(Status.Running, nanny.Status));
    }

    [Fact]
    public async Task One_worker_is_restarted_and_the_others_are_left_alone()
    {
        await using var cluster = await StartAsync(workers: 2);
        var other = (await cluster.Client.GetWorkersAsync()).Single(static worker => worker.Name == "0").Id.Number;

        var report = await cluster.Client.RestartWorkersAsync(WorkerSelector.ByName("1")).Within("restart");

        var row = Assert.Single(report.Rows);
        Assert.Equal((RestartOutcome.Restarted, "1"), (row.Outcome, row.Name));
        Assert.Equal([other, 3L], (await cluster.Client.GetWorkersAsync()).Select(static worker => worker.Id.Number).Order());
    }

    [Fact]
    public virtual async Task A_worker_without_a_nanny_is_not_restarted_and_who_asks_is_told()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => cluster.Client.RestartWorkersAsync(WorkerSelector.ByName("0")).Within("refusal"));

        Assert.Contains("nanny", error.Message, StringComparison.Ordinal);
        Assert.Single(await cluster.Client.GetWorkersAsync());
    }

    [Fact]
    public virtual async Task A_worker_over_its_memory_is_ended_by_its_nanny_and_its_task_is_told_why()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options =>
        {
            options.Scheduler.AllowedFailures = 0;
            options.ThreadsPerWorker = 2;
            options.MemoryPerWorker = 100_000;
            options.ConfigureWorker = static (_, worker) => (worker.MemoryTarget, worker.MemoryPause) = (null, null);
        });
        var joined = await cluster.ListenAsync("workers", "joined");
        var gate = new Gate();
        var greedy = cluster.Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 0;
        });
        await gate.Entered;
        var held = cluster.Client.ScatterAsync(new byte[200_000]);
        await joined;

        Assert.Equal(CloseReason.MemoryLimit, (await cluster.Cluster.Workers[0].Ended.Within("end of the worker")).Reason);
        var error = await Assert.ThrowsAsync<KilledWorkerException>(() => greedy.AsTask().Within("the end of the task"));
        Assert.Contains("MemoryLimit", error.Message, StringComparison.Ordinal);
        await ((Task)held).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_worker_whose_lifetime_is_over_moves_what_it_has_and_is_replaced_if_that_is_asked_for()
    {
        await using var cluster = await StartAsync(workers: 2);
        var host = new WorkerOptions { Name = "short" };
        var joined = await cluster.ListenAsync("workers", "(short) joined");
        var left = await cluster.ListenAsync("workers", "(short) left");
        var worker = await LocalWorker.StartAsync(
            cluster.Cluster.Place(validate: true), host, new NannyOptions { Lifetime = TimeSpan.FromMilliseconds(300), LifetimeRestart = true }, null, CancellationToken.None).Within("start");
        await joined;
        var rejoined = await cluster.ListenAsync("workers", "(short) joined");
        var data = await cluster.Client.ScatterAsync(new byte[3000], new ScatterOptions { Workers = ["short"] }).Within("scatter");

        await left;
        await rejoined;

        Assert.Equal(3000, (await data.AsTask().Within("the value")).Length);
        await worker.CloseAsync(CloseReason.UserRequest, "the test is over").Within("end of the nanny");
    }

    [Fact]
    public async Task What_is_started_under_a_retired_host_is_refused_until_it_is_readmitted()
    {
        await using var cluster = await StartAsync(workers: 1);
        var place = new LocalPlace(cluster.Cluster.Transport, cluster.Cluster.Scheduler.Address, TimeProvider.System, TaskScheduler.Default, Validate: true);
        var options = new WorkerOptions { Name = "pod", Host = "pod-7" };
        var first = await LocalWorker.StartAsync(place, options.Copy(), null, null, CancellationToken.None).Within("start");
        Assert.True((await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("pod")).Within("retirement")).AllRetired);
        await first.Ended.Within("end of the worker");

        var error = await Assert.ThrowsAsync<WorkerRefusedException>(
            () => LocalWorker.StartAsync(place, options.Copy(), null, null, CancellationToken.None).Within("refusal")); // A watchdog that is no nanny.

        Assert.Contains("pod-7", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerRefusedException>(
            () => LocalWorker.StartAsync(place, options.Copy(), new NannyOptions(), null, CancellationToken.None).Within("refusal of a nanny"));
        Assert.True(await cluster.Client.ReadmitAsync("pod-7"));
        var second = await LocalWorker.StartAsync(place, options.Copy(), null, null, CancellationToken.None).Within("start");
        await second.CloseAsync(CloseReason.UserRequest, "the test is over").Within("end");
    }

    [Fact]
    public virtual async Task User_code_that_blocks_every_thread_of_the_pool_for_ten_times_the_time_to_live_does_not_end_its_worker()
    {
        var beat = TimeSpan.FromMilliseconds(5);
        await using var cluster = await StartAsync(workers: 1, configure: options =>
        {
            options.Scheduler.HeartbeatInterval = beat;
            options.Scheduler.WorkerTimeToLive = 10 * beat; // The least that there is.
            options.HeartbeatTime = Runtime.PulseTimeProvider.Shared;
        });
        using var release = new ManualResetEventSlim();
        using var beats = new CountdownEvent(100); // Ten times the time to live, in heartbeats.
        var scheduler = cluster.Cluster.Scheduler;
        var stalled = 0;
        scheduler.Beaten = (isStalled) =>
        {
            stalled |= isStalled ? 1 : 0;
            if (!beats.IsSet)
            {
                beats.Signal();
            }
        };
        ThreadPool.GetMaxThreads(out var most, out _);
        var blocked = Enumerable.Range(0, Math.Min(most, 500)).Select(_ => Task.Factory.StartNew(release.Wait, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default)).ToList();

        var isAlive = await Task.Factory.StartNew(
            () => beats.Wait(TimeSpan.FromSeconds(60)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ContinueWith(
            waited =>
            {
                release.Set();
                return waited.Result;
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        await Task.WhenAll(blocked).Within("the pool is free again");

        Assert.True(isAlive);
        Assert.Equal(1, stalled);
        Assert.Equal(1, Assert.Single(await cluster.Client.GetWorkersAsync()).Id.Number);
    }

    [Fact]
    public async Task A_lifetime_restart_under_slow_hooks_and_fast_heartbeats_restarts_once()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options =>
        {
            options.Scheduler.HeartbeatInterval = TimeSpan.FromMilliseconds(2);
            options.HeartbeatTime = Runtime.PulseTimeProvider.Shared;
        });
        var slow = new Slow();
        await cluster.RegisterPluginAsync(slow).Within("registration");
        var place = new LocalPlace(cluster.Cluster.Transport, cluster.Cluster.Scheduler.Address, TimeProvider.System, TaskScheduler.Default, Validate: true);
        var joined = await cluster.ListenAsync("workers", "(short) joined");
        var left = await cluster.ListenAsync("workers", "(short) left");
        var worker = await LocalWorker.StartAsync(
            place, new WorkerOptions { Name = "short" }, new NannyOptions { Lifetime = TimeSpan.FromMilliseconds(200), LifetimeRestart = true }, null, CancellationToken.None).Within("start");
        await joined;
        var rejoined = await cluster.ListenAsync("workers", "(short) joined");

        await left;
        await rejoined;

        Assert.False(worker.Ended.IsCompleted); // The nanny lives, whatever its worker's heartbeats were answered.
        slow.Release.TrySetResult();
        await worker.CloseAsync(CloseReason.UserRequest, "the test is over").Within("end of the nanny");
    }

    [Fact]
    public virtual async Task Workers_that_exit_close_or_crash_in_the_middle_of_a_graph_change_no_result_and_leave_no_stale_member()
    {
        await using var cluster = await StartAsync(workers: 3, configure: static options =>
        {
            options.Scheduler.AllowedFailures = 10;
            (options.Nanny.RestartsMax, options.Nanny.BackOff) = (100, TimeSpan.Zero);
        });
        var layer = Enumerable.Range(0, 60).Select(i => cluster.Client.Submit(static (int number) => new[] { number, 0 }, i)).ToList();
        for (var depth = 0; depth < 4; depth++)
        {
            layer = [.. layer.Select((_, i) => cluster.Client.Submit(static (int[] left, int[] right) => new[] { left[0] + right[0], 0 }, layer[i], layer[(i + 1) % layer.Count]))];
            var alive = cluster.Cluster.Workers.Where(static worker => !worker.Ended.IsCompleted && worker.Self.Id.Number > 0).ToList();
            switch (depth)
            {
                case 0:
                    alive[0].Kill(CloseReason.Crashed, "a test");
                    break;
                case 1:
                    _ = alive[0].CloseAsync(CloseReason.Restart, "a test");
                    break;
                case 2:
                    alive[0].BreakConnection();
                    break;
            }
        }

        var values = await cluster.Client.GatherAsync(layer).Within("the results");

        var expected = Enumerable.Range(0, 60).ToArray();
        for (var depth = 0; depth < 4; depth++)
        {
            expected = [.. expected.Select((_, i) => expected[i] + expected[(i + 1) % expected.Length])];
        }

        Assert.Equal(expected, values.Select(static value => value[0]));
        await cluster.Client.WaitForWorkersAsync(3).Within("all are there again");
        Assert.Equal(["0", "1", "2"], (await cluster.Client.GetWorkersAsync()).Select(static worker => worker.Name).Order());
    }

    [Fact]
    public async Task A_stronger_reason_to_end_takes_over_from_a_weaker_one_until_the_goodbye_is_said()
    {
        await using var cluster = await StartAsync(workers: 1);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = new Worker(
            new WorkerOptions { Name = "alone" }, cluster.Cluster.Transport, cluster.Cluster.Scheduler.Address, new FakeTimeProvider(), validate: true,
            new WorkerHost
            {
                TellNanny = (_, _) =>
                {
                    asked.TrySetResult();
                    return told.Task;
                },
            });
        await worker.StartAsync(TaskScheduler.Default, CancellationToken.None).Within("start of the worker");
        var left = await cluster.ListenAsync("workers", "(alone) left");

        _ = worker.CloseAsync(CloseReason.Restart, "weaker");
        await asked.Task.Within("the nanny is told");
        _ = worker.CloseAsync(CloseReason.UserRequest, "stronger");
        _ = worker.CloseAsync(CloseReason.Restart, "weaker again");
        await worker.PostedAsync().Within("all three were heard");
        told.SetResult();

        Assert.Equal("stronger", (await worker.Ended.Within("end of the worker")).Detail);
        await left;
        await worker.LanesEnded.Within("end of its threads");
    }

    [Fact]
    public async Task A_teardown_that_never_ends_does_not_keep_a_worker_from_closing()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options => options.ConfigureWorker = static (_, worker) =>
            worker.CloseTimeout = TimeSpan.FromMilliseconds(50));
        await cluster.Client.RegisterWorkerPluginAsync("endless", static () => new Endless()).Within("registration");

        await cluster.CloseWorkerAsync("0");

        Assert.Empty(await cluster.Client.GetWorkersAsync());
        Assert.Equal(Status.Closed, (await cluster.Cluster.Nannies[0].Ended.Within("end of the nanny")).Status);
    }

    private static Task<ClusterFixture> StartAsync(int workers, Action<LocalClusterOptions>? configure = null) => ClusterFixture.StartAsync(workers, configure: options =>
    {
        options.Nannies = true;
        configure?.Invoke(options);
    });

    private sealed class Slow : SchedulerPlugin
    {
        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken) => await Release.Task.WaitAsync(cancellationToken);
    }

    private sealed class Endless : WorkerPlugin
    {
        public override TimeSpan HookTimeLimit => TimeSpan.FromMilliseconds(500); // Longer than the worker has.

        public override ValueTask TeardownAsync(CancellationToken cancellationToken) => new(new TaskCompletionSource().Task);
    }

    private sealed class BrokenPlugin(bool isBroken) : WorkerPlugin
    {
        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken) =>
            isBroken ? throw new InvalidOperationException("the plugin is broken") : default;
    }
}
