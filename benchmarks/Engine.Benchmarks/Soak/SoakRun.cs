using System.Diagnostics;
using Engine.Benchmarks.Processes;

namespace Engine.Benchmarks.Soak;

/// <summary>Worker processes under load that are killed, stopped, resumed and retired for minutes; counts what that did, and fails if it did what it must not.</summary>
internal static class SoakRun
{
    private const int Workers = 4;
    private const int Lanes = 3;

    /// <summary>Of workers: a process that is stopped for longer is given up.</summary>
    public static TimeSpan TimeToLive => TimeSpan.FromSeconds(3);

    /// <summary>Runs it; gives the exit code: 0 if all held.</summary>
    public static async Task<int> RunAsync(SoakOptions options)
    {
        if (!OperatingSystem.IsLinux())
        {
            await Console.Error.WriteLineAsync("A soak kills and stops processes as Linux does it; it runs there only.");
            return 2;
        }

        var violations = await SoakAsync(options);
        var left = await WhenNoChildLivesAsync();
        violations = left.Count == 0 ? violations : [.. violations, $"{left.Count} processes are left behind"];
        foreach (var violation in violations)
        {
            Console.WriteLine($"VIOLATED: {violation}");
        }

        Console.WriteLine(MachineDescription.Line);
        return violations.Count == 0 ? 0 : 1;
    }

    private static async Task<IReadOnlyList<string>> SoakAsync(SoakOptions options)
    {
        var witness = new SoakWitness();
        await using var cluster = await LocalCluster.StartAsync(Options(witness));
        await using var client = await cluster.ConnectAsync();
        var (load, faults) = (new SoakLoad(client, options.Seed), new SoakFaults(cluster, client, options.Seed));
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(options.Minutes));
        var start = Stopwatch.GetTimestamp();
        Task[] parts = [.. Enumerable.Range(0, Lanes).Select(lane => load.RunAsync(lane, stop.Token)), faults.RunAsync(stop.Token)];
        List<string> violations = [];
        try
        {
            // The first that fails ends it: what went wrong is not to be buried under what follows.
            await foreach (var part in Task.WhenEach(parts))
            {
                await part;
            }
        }
#pragma warning disable CA1031 // Whatever failed is the finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            violations.Add(exception.ToString());
        }

        // Both counts are complete once the scheduler has answered after the last loss.
        await client.GetWorkersAsync();
        violations.AddRange(witness.Violations);
        violations.AddRange(faults.Violations);
        violations.AddRange(load.Lost.Where(key => !witness.Lost.Contains(key)).Select(static key => $"{key} was lost, and no departure said so"));
        Report(options, Stopwatch.GetElapsedTime(start), load, faults, witness);
        return violations;
    }

    private static LocalClusterOptions Options(SoakWitness witness)
    {
        var options = new LocalClusterOptions { Workers = Workers, ThreadsPerWorker = 1, Processes = true };
        options.Scheduler.HeartbeatInterval = TimeSpan.FromMilliseconds(200);
        options.Scheduler.WorkerTimeToLive = TimeToLive;
        options.Scheduler.AllowedFailures = int.MaxValue; // No task is to blame here.
        options.Scheduler.Plugins.Add(witness);
        options.Nanny.BackOff = TimeSpan.Zero;
        options.Nanny.RestartsMax = int.MaxValue;
        return options;
    }

    private static void Report(SoakOptions options, TimeSpan elapsed, SoakLoad load, SoakFaults faults, SoakWitness witness)
    {
        Console.WriteLine($"seed {options.Seed}, {elapsed.TotalMinutes:f1} minutes, {Workers} to begin with, time to live {TimeToLive.TotalSeconds} s");
        Console.WriteLine($"did: {faults.Kills} kills, {faults.Stops} stops, {faults.Retirements} workers retired, {faults.Refusals} retirements refused, {faults.Scalings} scalings");
        Console.WriteLine($"saw: {witness.Joined} workers join; leave: {string.Join(", ", witness.Reasons.Select(static pair => $"{pair.Value} {pair.Key}"))}");
        Console.WriteLine($"values: {load.Read} read and right in {load.Rounds} rounds, {witness.Moved} moved, {witness.Recomputed} computed again, {witness.Lost.Count} lost with their worker ({load.Lost.Distinct().Count()} of them missed)");
        Console.WriteLine($"tasks placed again: {witness.Replaced}");
    }

    /// <summary>Who was told to end may need a moment.</summary>
    private static async Task<IReadOnlyList<int>> WhenNoChildLivesAsync()
    {
        for (var tries = 0; tries < 50 && ChildProcesses.Find().Count > 0; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return ChildProcesses.Find();
    }
}
