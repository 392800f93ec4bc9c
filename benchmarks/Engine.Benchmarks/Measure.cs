using System.Diagnostics;

namespace Engine.Benchmarks;

/// <summary>One value that one repetition yields.</summary>
internal readonly record struct Sample(string Metric, double Value);

/// <summary>
/// Runs the contenders of a scenario in turn, repetition by repetition. A shared machine changes its
/// speed from minute to minute; only figures taken seconds apart can be divided by each other.
/// </summary>
internal sealed class Measure(int warmups, int reps)
{
    private const int MemoryWarmupSize = 1_000;

    // The runtime compiles in steps while a program runs; before that has settled a repetition measures the compiler.
    private static readonly TimeSpan s_warmupMin = TimeSpan.FromSeconds(4);

    public async Task<IReadOnlyList<Row>> RunAsync(Scenario scenario, IReadOnlyList<Contender> contenders)
    {
        try
        {
            foreach (var contender in contenders.Where(_ => !scenario.IsFresh))
            {
                await contender.StartAsync();
            }

            foreach (var contender in contenders.Where(_ => !scenario.IsFresh && warmups > 0))
            {
                var start = Stopwatch.GetTimestamp();
                for (var rep = 0; rep < warmups || Stopwatch.GetElapsedTime(start) < s_warmupMin; rep++)
                {
                    await OnceAsync(scenario, contender);
                }
            }

            var rows = new RowBuilder(scenario);
            for (var rep = 0; rep < reps; rep++)
            {
                foreach (var contender in contenders)
                {
                    rows.Add(contender.Name, await OnceAsync(scenario, contender));
                }
            }

            return rows.Build();
        }
        finally
        {
            foreach (var contender in contenders)
            {
                await contender.StopAsync();
            }
        }
    }

    private static Task<Sample[]> OnceAsync(Scenario scenario, Contender contender) => scenario.Quantity switch
    {
        Quantity.Time => TimeAsync(scenario, contender),
        Quantity.Latency => LatencyAsync(scenario, contender),
        Quantity.Memory => MemoryAsync(scenario, contender),
        Quantity.Allocation => AllocationAsync(scenario, contender),
        Quantity.Transfer => TransferAsync(scenario, contender),
        Quantity.Lifecycle => contender.LifecycleAsync(scenario.Shape, scenario.Size),
        _ => throw new UnreachableException(),
    };

    private static async Task<Sample[]> TimeAsync(Scenario scenario, Contender contender)
    {
        var work = contender.Prepare(scenario.Shape, scenario.Size);
        Settle();

        // Every repetition starts on a pool thread, where a program's asynchronous code runs.
        var start = Stopwatch.GetTimestamp();
        var held = await Task.Run(work);
        var done = Stopwatch.GetElapsedTime(start).TotalNanoseconds / scenario.TaskCount;

        start = Stopwatch.GetTimestamp();
        await contender.ReleaseAsync(held);
        var released = Stopwatch.GetElapsedTime(start).TotalNanoseconds / scenario.TaskCount;

        return contender.HasRelease
            ? [new("ns/task", done), new("ns/task to release", released)]
            : [new("ns/task", done)];
    }

    private static async Task<Sample[]> LatencyAsync(Scenario scenario, Contender contender)
    {
        var ticks = new long[scenario.Size];
        Settle();
        await Task.Run(() => contender.RoundTripsAsync(ticks));
        Array.Sort(ticks);
        return [new("p50 us", Microseconds(0.50)), new("p99 us", Microseconds(0.99))];

        double Microseconds(double quantile) =>
            ticks[(int)(ticks.Length * quantile)] * 1e6 / Stopwatch.Frequency;
    }

    private static async Task<Sample[]> MemoryAsync(Scenario scenario, Contender contender)
    {
        await contender.StartAsync();
        await contender.ReleaseAsync(await contender.Prepare(scenario.Shape, MemoryWarmupSize)());

        var before = LiveBytes();
        object? held = await Task.Run(contender.Prepare(scenario.Shape, scenario.Size));
        var full = LiveBytes();
        await contender.ReleaseAsync(held);

        // The variable lives in this method's state machine, and a copy may be on the stack of code that is not yet
        // optimized: the collector sees that their use is over only after both are gone.
        held = null;
        await Task.Yield();
        var after = LiveBytes();
        await contender.StopAsync();
        return
        [
            new("live B/task", (double)(full - before) / scenario.TaskCount),
            new("B/task left after release", (double)(after - before) / scenario.TaskCount),
        ];
    }

    private static async Task<Sample[]> AllocationAsync(Scenario scenario, Contender contender)
    {
        var work = contender.Prepare(scenario.Shape, scenario.Size);
        Settle();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var held = await Task.Run(work);
        await contender.ReleaseAsync(held);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return [new("allocated B/task", (double)allocated / scenario.TaskCount)];
    }

    private static async Task<Sample[]> TransferAsync(Scenario scenario, Contender contender)
    {
        var work = await contender.PrepareTransferAsync(scenario.Size);
        LiveBytes(); // Gives the memory of the value before back to the machine.
        var start = Stopwatch.GetTimestamp();
        var value = await Task.Run(work);
        var elapsed = Stopwatch.GetElapsedTime(start);
        LargeValue.Verify(value, scenario.Size);
        return [new("ms", elapsed.TotalMilliseconds)];
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static long LiveBytes()
    {
        // Twice: what a finalizer let go of is free only after the second.
        for (var pass = 0; pass < 2; pass++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
