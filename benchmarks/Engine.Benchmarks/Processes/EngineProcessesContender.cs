using System.Diagnostics;

namespace Engine.Benchmarks.Processes;

/// <summary>The engine with worker processes, as a program that embeds it would use it: scheduler and client are in this process.</summary>
internal sealed class EngineProcessesContender() : EngineContender(EngineName)
{
    private const int ResultBytes = 2_000; // Too large to travel with the news: it stays with its worker, and has to be moved.
    private const int Results = 2_000;

    public override async Task<Sample[]> LifecycleAsync(Shape shape, int size)
    {
        var start = Stopwatch.GetTimestamp();
        await using var cluster = await OpenClusterAsync(size);
        var ready = Stopwatch.GetElapsedTime(start);
        return shape == Shape.Start
            ? [new("ms", ready.TotalMilliseconds), .. ChildMemory.Samples(size)]
            : [new("ms", (await ShrinkAsync(cluster, size, shape == Shape.Shrink)).TotalMilliseconds)];
    }

    protected override async Task<(IAsyncDisposable Cluster, Client Client)> OpenAsync()
    {
        var cluster = await OpenClusterAsync(Parallelism);
        return (cluster, await cluster.ConnectAsync());
    }

    private static Task<LocalCluster> OpenClusterAsync(int workers) =>
        LocalCluster.StartAsync(new LocalClusterOptions { Workers = workers, ThreadsPerWorker = 1, Processes = true });

    /// <param name="cluster">With all its workers.</param>
    /// <param name="workers">How many they are; one stays.</param>
    /// <param name="untilEnded">Whether the ends of the processes belong to it, or only that they are no members any more.</param>
    private static async Task<TimeSpan> ShrinkAsync(LocalCluster cluster, int workers, bool untilEnded)
    {
        await using var client = await cluster.ConnectAsync();
        var results = Enumerable.Range(0, Results).Select(number => client.Submit(static (int x) => ResultOf(x), number)).ToList();
        await client.WaitAsync(results);
        var leaving = WorkerSelector.ById((await client.GetWorkersAsync()).Skip(1).Select(static worker => worker.Id));

        var start = Stopwatch.GetTimestamp();
        var report = untilEnded ? (await cluster.ScaleAsync(1)).Retirement : await client.RetireWorkersAsync(leaving);
        var elapsed = Stopwatch.GetElapsedTime(start);

        Check.Equal(workers - 1, report.Rows.Count(static row => row.Outcome == RetirementOutcome.Retired), "workers retired");
        Check.Equal(0, report.Rows.Sum(static row => row.Lost.Count + row.Recomputed.Count), "results lost or computed again");
        var bytes = await client.GatherAsync(results);
        for (var number = 0; number < Results; number++)
        {
            Check.Equal(number % 256, bytes[number][^1], "a result");
        }

        return elapsed;
    }

    private static byte[] ResultOf(int number)
    {
        var result = new byte[ResultBytes];
        result[^1] = (byte)number;
        return result;
    }
}
