using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>What a cluster has opened is closed when it has ended, also for the operating system. Runs alone: others open handles too.</summary>
[Collection(nameof(HandleTests))]
public sealed class HandleTests
{
    private const int Large = 100_000;

    [Theory]
    [InlineData("in process")]
    [InlineData("over sockets")]
    [InlineData("with processes")]
    public async Task Clusters_that_have_ended_leave_no_file_socket_or_pipe_open(string kind)
    {
        if (kind == "over sockets")
        {
            ClusterKind.UseSockets();
        }

        await LiveAsync(kind == "with processes"); // Whatever is opened once and kept for ever is open now.
        var before = OpenHandles.All();
        for (var cluster = 0; cluster < 3; cluster++)
        {
            await LiveAsync(kind == "with processes");
        }

        Assert.Empty(OpenHandles.All().Except(before));
    }

    /// <summary>Does what opens handles: connections of clients and between workers, spilled values, processes, a restart and a retirement.</summary>
    private static async Task LiveAsync(bool hasProcesses)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: options =>
        {
            (options.Processes, options.Nannies) = (hasProcesses, true);
            options.ConfigureWorker = static (place, worker) =>
                (worker.MemoryLimit, worker.MemoryTerminate) = (place == 0 ? 2 * Large : null, null); // The other one has to take all.
        });
        var other = await cluster.ConnectAsync();
        var values = Enumerable.Range(0, 10).Select(i => cluster.Client.Submit(static (int number) => new byte[Large + number], i, new SubmitOptions { Workers = [$"{i % 2}"] })).ToList();
        var sum = cluster.Client.Submit(static (IReadOnlyList<byte[]> all) => all.Sum(static value => value.Length), values);
        Assert.Equal((10 * Large) + 45, await sum.AsTask().Within("the sum"));
        await other.ScatterAsync(new byte[Large]).Within("scatter");

        await cluster.Client.RestartWorkersAsync(WorkerSelector.ByName("1")).Within("restart");
        Assert.True((await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("retirement")).AllRetired);
    }

    [CollectionDefinition(nameof(HandleTests), DisableParallelization = true)]
    public sealed class Alone;
}
