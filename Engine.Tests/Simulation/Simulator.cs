using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>What came of a schedule.</summary>
/// <param name="Seed">Which.</param>
/// <param name="Steps">Things that happened.</param>
/// <param name="Time">Virtual time that it took.</param>
/// <param name="TraceHash">Stands for all that happened.</param>
/// <param name="Invariant">What did not hold: an id, or the type of what was thrown; null: all held.</param>
/// <param name="What">What should have held, and what was found; null: all held.</param>
/// <param name="Story">What happened, if it was asked for.</param>
internal sealed record SimResult(ulong Seed, int Steps, TimeSpan Time, ulong TraceHash, string? Invariant, string? What, IReadOnlyList<string> Story);

/// <summary>What came of many schedules.</summary>
internal sealed record SimSummary(int Schedules, long Steps, IReadOnlyList<SimResult> Failures, Coverage Coverage);

/// <summary>Runs schedules.</summary>
internal static class Simulator
{
    public static SimResult Run(ulong seed, Coverage? coverage = null) => Run(SimPlan.Of(seed), coverage);

    public static SimResult Run(SimPlan plan, Coverage? coverage = null, bool keepsStory = false)
    {
        if (coverage is not null)
        {
            coverage.Seed = plan.Seed;
        }

        var world = new World(plan, new SeededChooser(plan.Seed), coverage, keepsStory);
        try
        {
            world.Run();
            return Result(null, null);
        }
        catch (SimFailure failure)
        {
            return Result(failure.Invariant, failure.Message);
        }
#pragma warning disable CA1031 // Whatever a broken machine throws is the finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Result(exception.GetType().Name, keepsStory ? exception.ToString() : exception.Message);
        }
        finally
        {
            coverage?.EndSchedule();
        }

        SimResult Result(string? invariant, string? what) =>
            new(plan.Seed, world.StepCount, world.Now, world.Tracer.Hash, invariant, what, world.Tracer.Story);
    }

    /// <summary>
    /// Runs schedules with the seeds from a number on, on all cores: each world on one thread. On threads of their own: the pool is what other
    /// tests of this process wait for.
    /// </summary>
    public static SimSummary RunMany(ulong first, int count)
    {
        const int chunk = 100;
        var gate = new Lock();
        var failures = new List<SimResult>();
        var coverage = new Coverage();
        var steps = 0L;
        var next = 0;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(RunChunks)).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return new SimSummary(count, steps, [.. failures.OrderBy(static failure => failure.Seed)], coverage);

        void RunChunks()
        {
            for (var start = Interlocked.Add(ref next, chunk) - chunk; start < count; start = Interlocked.Add(ref next, chunk) - chunk)
            {
                var reached = new Coverage();
                var results = Enumerable.Range(start, Math.Min(chunk, count - start)).Select(seed => Run(first + (ulong)seed, reached)).ToList();
                lock (gate)
                {
                    coverage.Add(reached);
                    steps += results.Sum(static result => (long)result.Steps);
                    failures.AddRange(results.Where(static result => result.Invariant is not null));
                }
            }
        }
    }

    /// <summary>A failure for people: what did not hold, and the smallest plan in which it doesn't, with its story.</summary>
    public static string Describe(SimResult failure, int storyLines = 60)
    {
        var plan = SimPlan.Of(failure.Seed);
        var shrunk = Shrinker.Shrink(plan, failure.Invariant!);
        var result = Run(shrunk, keepsStory: true);
        return $"""
            seed {failure.Seed}, step {failure.Steps}, at {failure.Time.TotalMilliseconds} ms: {failure.What}
            shrunk from {plan.Steps.Count} to {shrunk.Steps.Count} steps of the plan: {shrunk}
            which fails at step {result.Steps}: {result.What}
            {string.Join('\n', result.Story.TakeLast(storyLines))}
            replay: dotnet run -c Release --project Engine.Tests -- simulate --seed {failure.Seed}
            """;
    }
}
