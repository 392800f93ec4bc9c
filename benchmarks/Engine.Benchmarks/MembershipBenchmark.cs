using System.Diagnostics;
using System.Globalization;
using Engine.Plugins;

namespace Engine.Benchmarks;

/// <summary>What coming and going costs: the time of a shrink, other work meanwhile, and what looking after workers takes from throughput.</summary>
internal static class MembershipBenchmark
{
    public const string Option = "membership";

    private const int ResultBytes = 2000; // Too large to travel with the news: it stays with its worker, and has to be moved.
    private const int Tasks = 2000;
    private static CountdownEvent s_started = new(1); // Tasks that have yet to start, before the shrink: what has not started is recalled.

    public static async Task<int> RunAsync(int reps)
    {
        await ReportAsync("scale 344 workers with 2 000 results to 1, ms", reps, static () => ShrinkAsync(344));
        await ReportAsync("retire 31 of 32 workers with 2 000 results, ms", reps, static () => ShrinkAsync(32));
        await ReportAsync("submit, await one while 344 shrink to 1 and 100 tasks run, p50 us", reps, RoundTripAsync);
        await ReportOverheadAsync(reps);
        Console.WriteLine(MachineDescription.Line);
        return 0;
    }

    private static async Task ReportAsync(string what, int reps, Func<Task<double>> measure)
    {
        await measure(); // The first is compiled on the way.
        var values = new List<double>();
        for (var rep = 0; rep < reps; rep++)
        {
            values.Add(await measure());
        }

        Print(what, values);
    }

    private static void Print(string what, List<double> values)
    {
        values.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {values[values.Count / 2]:f1} [{values[0]:f1}..{values[^1]:f1}]"));
    }

    private static async Task<double> ShrinkAsync(int workers)
    {
        await using var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = workers });
        await using var client = await cluster.ConnectAsync();
        var results = await ComputeAsync(client, 0);
        var leaving = (await client.GetWorkersAsync()).Skip(1).Select(static worker => worker.Id).ToList();
        var start = Stopwatch.GetTimestamp();
        var left = workers > 100
            ? (await cluster.ScaleAsync(1)).Retirement
            : await client.RetireWorkersAsync(WorkerSelector.ById(leaving));
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Check.Equal(workers - 1, left.Rows.Count(static row => row.Outcome == RetirementOutcome.Retired), "workers retired");
        foreach (var bytes in await client.GatherAsync(results))
        {
            Check.Equal(ResultBytes, bytes.Length, "a result");
        }

        return elapsed;
    }

    private static async Task<double> RoundTripAsync()
    {
        await using var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 344 });
        await using var client = await cluster.ConnectAsync();
        await ComputeAsync(client, 0);
        var running = await ComputeAsync(client, 100);
        var ticks = new List<double>();
        var shrink = cluster.ScaleAsync(1);
        while (!shrink.IsCompleted)
        {
            var start = Stopwatch.GetTimestamp();
            using var future = client.Submit(static (int x) => x + 1, 1);
            Check.Equal(2, await future, "a round trip");
            ticks.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        await shrink;
        client.Release(running);
        ticks.Sort();
        return ticks[ticks.Count / 2];
    }

    /// <summary>Results on all workers. Tasks that run on are not waited for.</summary>
    private static async Task<List<Future<byte[]>>> ComputeAsync(Client client, int running)
    {
        s_started = new CountdownEvent(Math.Max(1, running));
        var futures = new List<Future<byte[]>>();
        for (var i = 0; i < (running > 0 ? running : Tasks); i++)
        {
            if (running > 0)
            {
                futures.Add(client.Submit(static (int number) => RunAsync(number), i));
            }
            else
            {
                futures.Add(client.Submit(static (int number) => new byte[ResultBytes + (0 * number)], i));
            }
        }

        if (running == 0)
        {
            await client.WaitAsync(futures);
        }
        else
        {
            await Task.Factory.StartNew(s_started.Wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        return futures;

        static async Task<byte[]> RunAsync(int number)
        {
            s_started.Signal();
            await Task.Delay(TimeSpan.FromMilliseconds(200 + (5 * number)), TimeProvider.System);
            return new byte[ResultBytes];
        }
    }

    private static async Task ReportOverheadAsync(int reps)
    {
        List<double>[] times = [[], [], []];
        for (var rep = -1; rep < reps; rep++)
        {
            for (var variant = 0; variant < times.Length; variant++)
            {
                var time = await NoopAsync(isFull: variant > 0, hearsTransitions: variant > 1);
                if (rep >= 0)
                {
                    times[variant].Add(time);
                }
            }
        }

        Print("noop100k without nannies, heartbeats, memory manager and plugins, ns a task", times[0]);
        Print("with all of them and three plugins", times[1]);
        Print("the same, and the scheduler's plugin hears of every transition", times[2]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"with / without: {times[1][reps / 2] / times[0][reps / 2]:f2}, with transitions {times[2][reps / 2] / times[0][reps / 2]:f2}"));
    }

    private static async Task<double> NoopAsync(bool isFull, bool hearsTransitions)
    {
        const int size = 100_000;
        var options = new LocalClusterOptions { Workers = Contender.Parallelism, Nannies = isFull };
        if (isFull)
        {
            options.Scheduler.Plugins.Add(hearsTransitions ? new Counter() : new OwnSchedulerPlugin());
            options.ConfigureWorker = static (_, worker) => worker.Plugins["own"] = static () => new OwnWorkerPlugin();
            options.Nanny.Plugins["own"] = static () => new OwnNannyPlugin();
        }
        else
        {
            options.Scheduler.HeartbeatInterval = Timeout.InfiniteTimeSpan;
            options.Scheduler.ActiveMemoryManager = false;
        }

        await using var cluster = await LocalCluster.StartAsync(options);
        await using var client = await cluster.ConnectAsync();
        var times = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            var futures = new Future<int>[size];
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < size; i++)
            {
                futures[i] = client.Submit(static (int x) => x + 1, i);
            }

            long sum = 0;
            foreach (var value in await client.GatherAsync(futures))
            {
                sum += value;
            }

            times.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / size);
            Check.Equal((long)size * (size + 1) / 2, sum, "the sum");
            client.Release(futures);
            GC.Collect();
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private sealed class Counter : SchedulerPlugin
    {
        public long Transitions { get; private set; }

        public override void Transition(in TaskTransition transition) => Transitions += transition.Count;
    }

    private sealed class OwnSchedulerPlugin : SchedulerPlugin
    {
        public int Workers { get; private set; }

        public override void AddWorker(WorkerAdded added) => Workers++;
    }

    private sealed class OwnWorkerPlugin : WorkerPlugin
    {
        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken) => default;
    }

    private sealed class OwnNannyPlugin : NannyPlugin
    {
        public override ValueTask BeforeStartAsync(WorkerStart start, CancellationToken cancellationToken) => default;
    }
}
