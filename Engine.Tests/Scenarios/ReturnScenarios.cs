using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>Workers whose connection to the scheduler breaks come back as new incarnations.</summary>
public class ReturnScenarios
{
    private const int Large = 4096; // Too large to travel with the news: the value stays with its workers.

    [Fact]
    public async Task A_worker_whose_connection_breaks_comes_back_with_its_results_and_data_and_nothing_is_computed_again()
    {
        await using var cluster = await StartAsync(workers: 2);
        var witness = new Witness();
        await cluster.RegisterPluginAsync(witness).Within("registration");
        var runs = 0;
        var worker = cluster.Cluster.Workers[0];
        var results = Enumerable.Range(0, 20).Select(i => cluster.Client.Submit(
            number =>
            {
                Interlocked.Increment(ref runs);
                return new byte[Large + number];
            },
            i,
            new SubmitOptions { Workers = ["0"] })).ToList();
        var scattered = await cluster.Client.ScatterAsync(new byte[Large], new ScatterOptions { Workers = ["0"] }).Within("scatter");
        await cluster.Client.WaitAsync(results).Within("the results");

        worker.BreakConnection();
        var removed = await witness.WhenAsync<WorkerRemoved>(removed => removed.Worker.Id == worker.Self.Id);

        var values = await cluster.Client.GatherAsync(results).Within("the results");
        Assert.Equal(Enumerable.Range(Large, 20), values.Select(static value => value.Length));
        Assert.Equal(Large, (await scattered.AsTask().Within("the data")).Length);
        Assert.Equal(20, runs);
        Assert.Equal((21, 0, 0), (removed.Moved.Count, removed.Lost.Count, removed.Recomputed.Count));
        Assert.Equal(["joined 3", "left 1"], witness.Seen.Select(Describe));
        Assert.Equal(3, cluster.Cluster.Nannies[0].Worker.Number);
    }

    [Fact]
    public async Task A_task_that_ran_when_the_connection_broke_hears_of_it_runs_again_and_is_not_blamed()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options => options.Scheduler.AllowedFailures = 0);
        var cause = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new Gate();
        var future = cluster.Client.Submit(async (TaskContext context) =>
        {
            if (context.Attempt == 1)
            {
                try
                {
                    await entered.PassAsync(context.Token);
                }
                finally
                {
                    cause.TrySetResult(context.Cause);
                }
            }

            return context.Attempt;
        });
        await entered.Entered;

        cluster.Cluster.Workers[0].BreakConnection();

        Assert.Equal(2, await future.AsTask().Within("the value"));
        Assert.Equal(CancellationCause.WorkerClosing, await cause.Task.Within("the cause"));
    }

    [Fact]
    public async Task A_function_that_ignores_the_break_keeps_its_slot_until_it_returns_I12()
    {
        await using var cluster = await StartAsync(workers: 1);
        var gate = new Gate();
        var (running, most) = (0, 0);
        var future = cluster.Client.Submit(() =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            gate.Pass();
            Interlocked.Decrement(ref running);
            return 1;
        });
        await gate.Entered;
        var joined = await cluster.ListenAsync("workers", "joined");

        cluster.Cluster.Workers[0].BreakConnection();
        await joined;
        gate.Open();

        Assert.Equal(1, await future.AsTask().Within("the value"));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Spilled_values_come_back_from_the_store_of_the_incarnation_before()
    {
        await using var cluster = await StartAsync(workers: 1, configure: static options => options.ConfigureWorker = static (_, worker) =>
            (worker.MemoryLimit, worker.MemoryTarget, worker.MemoryPause, worker.MemoryTerminate) = (200_000, 0.3, null, null));
        var results = Enumerable.Range(0, 20).Select(i => cluster.Client.Submit(static (int number) => new byte[20_000 + number], i)).ToList();
        await cluster.Client.WaitAsync(results).Within("the results");
        var joined = await cluster.ListenAsync("workers", "left");

        cluster.Cluster.Workers[0].BreakConnection();
        await joined;

        var values = await cluster.Client.GatherAsync(results).Within("the results");
        Assert.Equal(Enumerable.Range(20_000, 20), values.Select(static value => value.Length));
    }

    [Fact]
    public async Task The_nanny_of_a_worker_that_came_back_starts_another_when_that_dies()
    {
        await using var cluster = await StartAsync(workers: 1);
        var witness = new Witness();
        await cluster.RegisterPluginAsync(witness).Within("registration");

        cluster.Cluster.Workers[0].BreakConnection();
        await witness.WhenAsync<WorkerRemoved>(static removed => removed.Worker.Id.Number == 1);
        cluster.Cluster.Workers[^1].Kill(CloseReason.Crashed, "a test");
        await witness.WhenAsync<WorkerAdded>(static added => added.Worker.Id.Number == 3);

        Assert.Equal(1, await cluster.Client.Submit(static () => 1).AsTask().Within("work goes on"));
        Assert.False(witness.Removed.Single(static removed => removed.Worker.Id.Number == 2).IsExpected);
    }

    [Fact]
    public async Task Peers_that_need_what_it_holds_get_it_from_the_new_incarnation()
    {
        await using var cluster = await StartAsync(workers: 3);
        var runs = 0;
        var source = cluster.Client.Submit(
            () =>
            {
                Interlocked.Increment(ref runs);
                return new byte[Large];
            },
            new SubmitOptions { Workers = ["0"] });
        await cluster.Client.WaitAsync([source]).Within("the source");
        var worker = cluster.Cluster.Workers[0];

        worker.BreakConnection();
        var readers = Enumerable.Range(1, 2).Select(i => cluster.Client.Submit(static (byte[] bytes) => bytes.Length, source, new SubmitOptions { Workers = [$"{i}"] })).ToList();

        var lengths = await cluster.Client.GatherAsync(readers).Within("the readers");
        Assert.Equal([Large, Large], lengths);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task One_whose_plugins_are_torn_down_slowly_is_back_before_that_and_sets_them_up_after_it()
    {
        var calls = new List<string>();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isSetUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var cluster = await StartAsync(workers: 1, configure: options => options.ConfigureWorker = (_, worker) => worker.Plugins["slow"] = () => new Slow(calls, release.Task, isSetUp));
        var joined = await cluster.ListenAsync("workers", "joined");

        cluster.Cluster.Workers[0].BreakConnection();
        await joined;
        Assert.Equal(1, await cluster.Client.Submit(static () => 1).AsTask().Within("work goes on"));
        Assert.DoesNotContain("setup worker-2", Copy(calls));
        release.SetResult();
        await isSetUp.Task.Within("the plugin of the new incarnation");

        await cluster.DisposeAsync();
        Assert.Equal(["setup worker-1", "teardown worker-1", "setup worker-2", "teardown worker-2"], Copy(calls));
    }

    private static List<string> Copy(List<string> calls)
    {
        lock (calls)
        {
            return [.. calls];
        }
    }

    private static string Describe(object seen) => seen switch
    {
        WorkerAdded added => $"joined {added.Worker.Id.Number}",
        WorkerRemoved removed => $"left {removed.Worker.Id.Number}",
        _ => string.Empty,
    };

    private static Task<ClusterFixture> StartAsync(int workers, Action<LocalClusterOptions>? configure = null) => ClusterFixture.StartAsync(workers, configure: options =>
    {
        options.Nannies = true;
        configure?.Invoke(options);
    });

    private sealed class Slow(List<string> calls, Task release, TaskCompletionSource secondSetUp) : WorkerPlugin
    {
        private WorkerId _worker;

        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken)
        {
            _worker = worker.Id;
            Note($"setup {_worker}");
            if (_worker.Number == 2)
            {
                secondSetUp.SetResult();
            }

            return default;
        }

        public override async ValueTask TeardownAsync(CancellationToken cancellationToken)
        {
            await release.WaitAsync(cancellationToken);
            Note($"teardown {_worker}");
        }

        private void Note(string call)
        {
            lock (calls)
            {
                calls.Add(call);
            }
        }
    }
}
