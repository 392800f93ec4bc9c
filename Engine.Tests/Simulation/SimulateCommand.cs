using System.Diagnostics;
using System.Globalization;
using Engine.Tests.Simulation.Exhaustive;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>The command line of this project: <c>dotnet run -c Release --project Engine.Tests -- simulate …</c></summary>
internal static class SimulateCommand
{
    private const string Usage = """
        simulate --seed N                     one schedule, with its story; if it fails, shrunk
        simulate --schedules N [--from SEED]  many, on all cores; what fails is shrunk
                 [--hashes]                   prints the hash of each trace
                 [--coverage]                 prints what was reached
        simulate --every-order [TEXT]         every order of the small worlds, or of those whose name contains TEXT
        """;

    public static int Main(string[] arguments)
    {
        if (arguments is not ["simulate", .. var options])
        {
            Console.WriteLine(Usage);
            return 2;
        }

        if (options is ["--every-order", .. var text])
        {
            return EveryOrder(text.FirstOrDefault() ?? string.Empty);
        }

        if (Value(options, "--seed") is { } seed)
        {
            return One(seed);
        }

        var (first, count) = (Value(options, "--from") ?? 0, (int)(Value(options, "--schedules") ?? 1000));
        return options.Contains("--hashes") ? Hashes(first, count) : Many(first, count, options.Contains("--coverage"));
    }

    /// <summary>A line for each seed: the hash of its trace.</summary>
    public static string HashesOf(ulong first, int count) => string.Join('\n', Enumerable.Range(0, count).Select(number =>
    {
        var result = Simulator.Run(first + (ulong)number);
        return string.Create(CultureInfo.InvariantCulture, $"{result.Seed} {result.TraceHash:x16} {result.Steps}");
    }));

    private static int One(ulong seed)
    {
        var result = Simulator.Run(SimPlan.Of(seed), keepsStory: true);
        foreach (var line in result.Story)
        {
            Console.WriteLine(line);
        }

        Console.WriteLine(result.Invariant is null
            ? $"seed {seed}: all holds, after {result.Steps} steps and {result.Time.TotalMilliseconds} ms; trace {result.TraceHash:x16}"
            : Simulator.Describe(result));
        return result.Invariant is null ? 0 : 1;
    }

    private static int Many(ulong first, int count, bool showsCoverage)
    {
        var watch = Stopwatch.StartNew();
        var summary = Simulator.RunMany(first, count);
        foreach (var failure in summary.Failures.Take(5))
        {
            Console.WriteLine(Simulator.Describe(failure));
        }

        foreach (var failure in summary.Failures.Skip(5))
        {
            Console.WriteLine($"seed {failure.Seed}, which --seed shrinks and tells: {failure.What}");
        }

        foreach (var (row, reached) in summary.Coverage.Rows.Where(_ => showsCoverage).OrderBy(static row => row.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{reached.Count,10} {row} (seed {reached.Seed})");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Schedules} schedules, {summary.Steps} steps, {watch.Elapsed.TotalSeconds:0.0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of processors, {summary.Failures.Count} failed"));
        return summary.Failures.Count == 0 ? 0 : 1;
    }

    private static int EveryOrder(string text)
    {
        var watch = Stopwatch.StartNew();
        var explorations = Exploration.OfAll(SmallPlans.All.Concat(SmallPlans.Large.Where(_ => text.Length > 0)).Where(plan => plan.Name.Contains(text, StringComparison.Ordinal)));
        Console.WriteLine(Exploration.Table(explorations));
        foreach (var failed in explorations.Where(static exploration => exploration.Failure is not null).Take(3))
        {
            Console.WriteLine(failed.Failure);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{explorations.Count} small worlds, {explorations.Sum(static exploration => exploration.States)} states, {watch.Elapsed.TotalSeconds:0.0} s, {explorations.Count(static exploration => exploration.Failure is not null)} failed"));
        return explorations.All(static exploration => exploration.Failure is null) ? 0 : 1;
    }

    private static int Hashes(ulong first, int count)
    {
        Console.WriteLine(HashesOf(first, count));
        return 0;
    }

    private static ulong? Value(string[] options, string name)
    {
        var place = Array.IndexOf(options, name);
        return place < 0 || place + 1 == options.Length ? null : ulong.Parse(options[place + 1], CultureInfo.InvariantCulture);
    }
}
