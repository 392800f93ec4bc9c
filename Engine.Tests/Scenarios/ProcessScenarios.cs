using System.Diagnostics;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>What must hold with worker processes: real ones, killed for real.</summary>
[Collection("Processes")]
public sealed class ProcessScenarios
{
    private const string Value = "value ";

    [Fact]
    public async Task The_same_program_runs_on_worker_processes()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);

        var squares = cluster.Client.Map(static (int x) => x * x, Enumerable.Range(0, 1000));
        var sum = cluster.Client.Submit(static (IReadOnlyList<int> all) => all.Sum(), squares);
        var process = cluster.Client.Submit(static () => Environment.ProcessId);

        Assert.Equal(Enumerable.Range(0, 1000).Sum(static x => x * x), await sum.AsTask().Within("the sum"));
        Assert.NotEqual(Environment.ProcessId, await process.AsTask().Within("the process"));
    }

    /// <summary>LINQ alone would be two hundredths of what a process takes. If this fails, the stack of <c>AppDomain.AssemblyLoad</c> says who loads it.</summary>
    [Fact]
    public async Task A_worker_process_starts_without_LINQ()
    {
        await using var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 1, Processes = true }); // A fixture's validates its machines, by LINQ.

        var maps = await File.ReadAllTextAsync($"/proc/{Assert.Single(ProcessCluster.Alive())}/maps");

        Assert.Contains("/Engine.dll", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("/System.Linq.dll", maps, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shrinking_16_worker_processes_to_1_loses_nothing_computes_nothing_again_and_leaves_no_process_behind()
    {
        List<int> processes;
        await using (var cluster = await ProcessCluster.StartAsync(16))
        {
            processes = [.. (await ProcessCluster.ProcessesOfAsync(cluster)).Values];
            Assert.Equal(16, processes.Distinct().Count());
            var scattered = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 40).Select(static i => $"{Value}{i}")).Within("scatter");
            var results = Enumerable.Range(0, 2000).Select(i => cluster.Client.Submit(static (int x) => $"{Value}{x}", i)).ToList();
            await cluster.Client.GatherAsync(results).Within("the results");

            var report = await cluster.Cluster.ScaleAsync(1).Within("the shrink");

            Assert.Equal(15, report.Retirement.Rows.Count);
            Assert.All(report.Retirement.Rows, static row => Assert.Equal((RetirementOutcome.Retired, 0, 0), (row.Outcome, row.Lost.Count, row.Recomputed.Count)));
            Assert.Equal(Enumerable.Range(0, 2000).Select(static i => $"{Value}{i}"), await cluster.Client.GatherAsync(results).Within("the results once more"));
            Assert.Equal(Enumerable.Range(0, 40).Select(static i => $"{Value}{i}"), await cluster.Client.GatherAsync(scattered).Within("what was scattered"));
            Assert.Single(await cluster.Client.GetWorkersAsync());
        }

        Assert.All(processes, static id => Assert.False(ProcessCluster.IsAlive(id), $"process {id} is left behind"));
    }

    [Fact]
    public async Task A_worker_process_that_is_killed_is_replaced_and_its_tasks_run_again()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var results = Enumerable.Range(0, 200).Select(i => cluster.Client.Submit(static (int x) => x + 1, i)).ToList();
        await cluster.Client.GatherAsync(results).Within("the results");
        var victim = (await ProcessCluster.ProcessesOfAsync(cluster))["0"];

        using (var process = Process.GetProcessById(victim))
        {
            process.Kill();
            await process.WaitForExitAsync().Within("the end of the process");
        }

        var more = Enumerable.Range(0, 200).Select(i => cluster.Client.Submit(static (int x, int y) => x + y, results[i], i)).ToList();
        Assert.Equal(Enumerable.Range(0, 200).Select(static i => (2 * i) + 1), await cluster.Client.GatherAsync(more).Within("what builds on them"));
        await cluster.Client.WaitForWorkersAsync(2).Within("the successor");
        Assert.DoesNotContain(victim, (await ProcessCluster.ProcessesOfAsync(cluster)).Values);
    }

    [Fact]
    public async Task A_task_that_ends_its_process_is_not_blamed_on_others_and_the_error_says_how_the_process_ended()
    {
        await using var cluster = await ProcessCluster.StartAsync(1, options =>
        {
            options.Scheduler.AllowedFailures = 0;
        });

        var deadly = cluster.Client.Submit(static () =>
        {
            Environment.Exit(41);
            return 0;
        });

        var error = await Assert.ThrowsAsync<KilledWorkerException>(() => deadly.AsTask().Within("the failure"));
        Assert.Equal(deadly.Key, error.Key);
        Assert.Contains("41", error.Message, StringComparison.Ordinal); // The exit code, which its nanny knows, and not only that its connection broke.
        Assert.Equal(3, await cluster.Client.Submit(static () => 3).AsTask().Within("another task, on the successor"));
    }

    [Fact]
    public async Task A_lambda_that_captures_a_variable_is_refused_when_it_is_submitted_and_the_variable_is_named()
    {
        await using var cluster = await ProcessCluster.StartAsync(1);
        var factor = 3;

        var error = Assert.Throws<FunctionNotPortableException>(() => cluster.Client.Submit((int x) => x * factor, 1));

        Assert.Contains("\"factor\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_cannot_leave_its_process_fails_its_task_and_the_type_is_named()
    {
        await using var cluster = await ProcessCluster.StartAsync(1);

        var error = await Assert.ThrowsAsync<TaskFailedException>(() => cluster.Client.Submit(static () => new MemoryStream()).AsTask().Within("the failure"));

        Assert.Contains("System.IO.MemoryStream", Assert.IsType<ValueSerializationException>(error.InnerException).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_values_go_from_process_to_process_and_to_the_client()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var large = await cluster.Client.ScatterAsync(new byte[20_000_000], new ScatterOptions { Workers = ["0"] }).Within("scatter");

        var length = cluster.Client.Submit(static (byte[] bytes) => bytes.Length, large, new SubmitOptions { Workers = ["1"] });

        Assert.Equal(20_000_000, await length.AsTask().Within("the length"));
        Assert.Equal(20_000_000, (await large.AsTask().Within("the value")).Length);
    }

    [Fact]
    public async Task Tasks_of_worker_processes_submit_more_tasks()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);

        var nested = cluster.Client.Submit(static async (int x, TaskContext context) => await context.Client.Submit(static (int y) => y * 2, x) + 1, 20);

        Assert.Equal(41, await nested.AsTask().Within("the value"));
    }

    [Fact]
    public async Task Functions_that_block_every_thread_of_their_process_for_longer_than_its_time_to_live_do_not_end_it_6324()
    {
        var beat = TimeSpan.FromMilliseconds(50);
        await using var cluster = await ProcessCluster.StartAsync(1, options =>
        {
            options.Scheduler.HeartbeatInterval = beat;
            options.Scheduler.WorkerTimeToLive = 60 * beat;
        });
        var before = Assert.Single(await cluster.Client.GetWorkersAsync());
        var stalledBeats = new Countdown(120); // Twice the time to live.
        cluster.Cluster.Scheduler.Beaten = isStalled =>
        {
            if (isStalled)
            {
                stalledBeats.Signal();
            }
        };
        await using var hold = new Hold();
        var blocking = cluster.Client.Submit(static (string hold) => BlockPool(hold), hold.Name);

        await stalledBeats.Reached.Within("heartbeats of a worker that is stalled");
        hold.Release();

        Assert.True(await blocking.AsTask().Within("the function that blocked all threads") > 0);
        Assert.Equal(before.Id, Assert.Single(await cluster.Client.GetWorkersAsync()).Id);
    }

    /// <summary>Blocks every thread that the pool may have until it is let go; gives how many.</summary>
    private static int BlockPool(string hold)
    {
        var count = Environment.ProcessorCount;
        ThreadPool.GetMinThreads(out var fewest, out var fewestForIo);
        ThreadPool.GetMaxThreads(out var most, out var mostForIo);
        Assert.True(ThreadPool.SetMinThreads(count, fewestForIo) && ThreadPool.SetMaxThreads(count, mostForIo));
        using var release = new ManualResetEventSlim();
        var blocked = Enumerable.Range(0, count + 100)
            .Select(_ => Task.Factory.StartNew(release.Wait, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default)).ToArray();
        Hold.Wait(hold);
        release.Set();
        Task.WaitAll(blocked);
        Assert.True(ThreadPool.SetMaxThreads(most, mostForIo) && ThreadPool.SetMinThreads(fewest, fewestForIo));
        return count;
    }
}
