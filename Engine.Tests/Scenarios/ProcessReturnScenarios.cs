using System.Reflection;
using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;
using Engine.Workers;

namespace Engine.Tests.Scenarios;

/// <summary>A worker process whose connection to the scheduler breaks goes on, as a new incarnation.</summary>
[Collection("Processes")]
public sealed class ProcessReturnScenarios
{
    private const int Large = 4096; // Too large to travel with the news: the value stays with its workers.
    private const int Count = 20;
    private static int s_runs;

    [Fact]
    public async Task A_process_whose_connection_breaks_comes_back_with_what_it_held_and_its_nanny_starts_another_when_it_dies()
    {
        await using var cluster = await ProcessCluster.StartAsync(1, static options => options.Scheduler.AllowedFailures = 0);
        var witness = new Witness();
        await cluster.Client.RegisterPluginAsync(witness).Within("registration");
        var process = (await ProcessCluster.ProcessesOfAsync(cluster)).Single().Value;
        var scattered = await cluster.Client.ScatterAsync(new byte[Large]).Within("scatter");

        var attempt = await cluster.Client.Submit(static (TaskContext context) => BreakOnce(context)).AsTask().Within("the second attempt");

        Assert.Equal(2, attempt);
        Assert.Equal(Large, (await scattered.AsTask().Within("the data")).Length);
        Assert.Equal(process, (await ProcessCluster.ProcessesOfAsync(cluster)).Single().Value);
        var removed = Assert.Single(witness.Removed);
        Assert.Equal((1L, 0, 0), (removed.Worker.Id.Number, removed.Lost.Count, removed.Recomputed.Count));

        ProcessCluster.Kill(process);
        await witness.WhenAsync<WorkerAdded>(static added => added.Worker.Id.Number == 3);
        Assert.Contains("SIGKILL", witness.Removed.Single(static removed => removed.Worker.Id.Number == 2).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_whose_connection_is_cut_on_its_way_comes_back_with_what_it_held_and_nothing_is_computed_again()
    {
        await using var cluster = await ProcessCluster.StartAsync(1);
        var witness = new Witness();
        await cluster.Client.RegisterPluginAsync(witness).Within("registration");
        var place = cluster.Cluster.Place(validate: true);
        await using var way = new SocketProxy(place.Processes!.SchedulerAddress);
        place = place with { Processes = place.Processes with { SchedulerAddress = way.Address } };
        var far = await LocalWorker.StartAsync(place, new WorkerOptions { Name = "far" }, new NannyOptions(), null, CancellationToken.None).Within("start");
        var process = (await ProcessCluster.ProcessesOfAsync(cluster))["far"];
        var results = Enumerable.Range(0, Count).Select(i => cluster.Client.Submit(CountRun, i, new SubmitOptions { Workers = ["far"] })).ToList();
        var scattered = await cluster.Client.ScatterAsync(new byte[Large], new ScatterOptions { Workers = ["far"] }).Within("scatter");
        await cluster.Client.WaitAsync(results).Within("the results");

        way.Cut();
        var removed = await witness.WhenAsync<WorkerRemoved>(static removed => removed.Worker.Name == "far");

        var values = await cluster.Client.GatherAsync(results).Within("the results");
        Assert.Equal(Enumerable.Range(1, Count), values.Select(static value => value[0]).Order()); // Of a second run the number would be higher.
        Assert.Equal(Large, (await scattered.AsTask().Within("the data")).Length);
        Assert.Equal((0, 0), (removed.Lost.Count, removed.Recomputed.Count));
        Assert.Equal(process, (await ProcessCluster.ProcessesOfAsync(cluster))["far"]);
        Assert.Equal(2, way.Count);
        await far.CloseAsync(CloseReason.UserRequest, "the test is over").Within("end of the nanny");
    }

    /// <summary>A large value that tells how many runs there have been in its process.</summary>
    private static int[] CountRun(int number)
    {
        var value = new int[Large + number];
        value[0] = Interlocked.Increment(ref s_runs);
        return value;
    }

    /// <summary>In the first attempt breaks the connection of the worker that runs it, and waits for what follows.</summary>
    private static int BreakOnce(TaskContext context)
    {
        if (context.Attempt == 1)
        {
            var host = typeof(TaskContext).GetField("_host", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(context);
            ((Worker)host!).BreakConnection();
            context.Token.WaitHandle.WaitOne();
        }

        return context.Attempt;
    }
}
