using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>R1 to R5 of the design with worker processes.</summary>
[Collection("Processes")]
public sealed class ProcessRetirementScenarios
{
    private const int Large = 4096; // Too large to travel with the news: the value stays with its workers.

    [Fact]
    public async Task Scaling_four_processes_with_40_scattered_and_40_computed_values_to_one_keeps_all_80_and_computes_nothing_again_R1()
    {
        await using var cluster = await ProcessCluster.StartAsync(4);
        var scattered = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 40).Select(static i => Bytes(i))).Within("scatter");
        var computed = Enumerable.Range(0, 40).Select(i => cluster.Client.Submit(static (int number) => Bytes(number), i)).ToList();
        await cluster.Client.WaitAsync(computed).Within("results");

        var report = await cluster.Cluster.ScaleAsync(1).Within("the shrink");

        Assert.Equal(ScaleOutcome.Reached, report.Outcome);
        Assert.All(report.Retirement.Rows, static row => Assert.Equal((RetirementOutcome.Retired, 0, 0), (row.Outcome, row.Lost.Count, row.Recomputed.Count)));
        Assert.Equal(Enumerable.Range(0, 40), (await cluster.Client.GatherAsync(scattered).Within("scattered values")).Select(static bytes => bytes[0] + 0));
        Assert.Equal(Enumerable.Range(0, 40), (await cluster.Client.GatherAsync(computed).Within("computed values")).Select(static bytes => bytes[0] + 0));
        Assert.Single(ProcessCluster.Alive());
    }

    [Fact]
    public async Task A_scatter_that_goes_on_while_its_process_retires_is_kept_R2()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var scatter = Enumerable.Range(0, 50).Select(i => cluster.Client.ScatterAsync(Bytes(i), new ScatterOptions { Workers = ["0", "1"] })).ToList();

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the retirement");

        var futures = await Task.WhenAll(scatter).Within("scatter");
        Assert.True(report.AllRetired);
        Assert.Equal(Enumerable.Range(0, 50), (await cluster.Client.GatherAsync(futures).Within("the values")).Select(static bytes => bytes[0] + 0));
    }

    [Fact]
    public async Task A_process_that_is_refused_runs_on_R3()
    {
        await using var cluster = await ProcessCluster.StartAsync(1);
        var before = await ProcessCluster.ProcessesOfAsync(cluster);
        var data = await cluster.Client.ScatterAsync(Bytes(7)).Within("scatter");

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the refusal");

        Assert.Equal((RetirementOutcome.Refused, RefusalReason.NoRecipient), (Assert.Single(report.Rows).Outcome, report.Rows[0].Refusal));
        Assert.Equal(Status.Running, Assert.Single(await cluster.Client.GetWorkersAsync()).Status);
        Assert.Equal(7, (await data.AsTask().Within("the value"))[0]);
        Assert.Equal(before, await ProcessCluster.ProcessesOfAsync(cluster));
    }

    [Fact]
    public async Task A_slow_hook_delays_neither_peers_nor_the_report_nor_the_end_of_the_process_R4()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var process = (await ProcessCluster.ProcessesOfAsync(cluster))["0"];
        var plugin = new SlowPlugin();
        await cluster.Client.RegisterPluginAsync(plugin).Within("registration");
        var data = await cluster.Client.ScatterAsync(Bytes(1), new ScatterOptions { Workers = ["0"] }).Within("scatter");

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the report, while the hook still runs");
        var removed = await plugin.Entered.Within("the hook");
        await ProbeFixture.EndOf(process);

        Assert.True(report.AllRetired);
        Assert.Equal((CloseReason.Retired, true), (removed.Reason, removed.IsExpected));
        Assert.Contains(data.Key, removed.Moved);
        Assert.Equal(1, (await data.AsTask().Within("the value"))[0]);
        plugin.Release();
    }

    [Fact]
    public async Task A_running_task_of_a_process_that_retires_ends_there_and_runs_once_R5()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var process = (await ProcessCluster.ProcessesOfAsync(cluster))["0"];
        await using var hold = new Hold();
        var running = cluster.Client.Submit(
            static (string hold) =>
            {
                Hold.Wait(hold);
                return Environment.ProcessId;
            },
            hold.Name,
            new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await hold.EnteredAsync();

        var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0"));
        Assert.Equal(2, await cluster.Client.Submit(static () => 2).AsTask().Within("other work"));
        Assert.False(retirement.IsCompleted);
        hold.Release();

        var row = Assert.Single((await retirement.Within("the retirement")).Rows);
        Assert.Equal((RetirementOutcome.Retired, 0), (row.Outcome, row.Interrupted.Count));
        Assert.Equal(process, await running.AsTask().Within("the value"));
    }

    private static byte[] Bytes(int number)
    {
        var bytes = new byte[Large];
        bytes[0] = (byte)number;
        return bytes;
    }
}
