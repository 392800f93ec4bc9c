using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>Random graphs, maps, cancellations, failures, steals and deaths over real machines. A failure names its seed.</summary>
public sealed class TinyClusterTests
{
    private static readonly int SeedCount = int.Parse(Environment.GetEnvironmentVariable("ENGINE_SEEDS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A seed to run alone, with its log.</summary>
    private static readonly string? Seed = Environment.GetEnvironmentVariable("ENGINE_SEED");

    [Fact]
    public void Whatever_happens_every_future_ends_rightly_and_nothing_is_left()
    {
        var failures = new List<string>();
        for (var seed = 0; seed < SeedCount; seed++)
        {
            if (Seed is not null && Seed != $"{seed}")
            {
                continue;
            }

            var cluster = new TinyCluster(seed, TinyPlan.Of(new Random(seed)) with { KeepsLog = Seed is not null });
            try
            {
                cluster.Run();
            }
            catch (Exception exception)
            {
                failures.Add($"seed {seed}: {(Seed is null ? exception.Message.Split('\n')[0] : $"{exception}\n{string.Join('\n', cluster.Log)}")}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {SeedCount} failed. ENGINE_SEED=n runs one alone.\n{string.Join('\n', failures.Take(Seed is null ? 40 : 1))}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_story()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Equal(TraceOf(seed), TraceOf(seed));
        }
    }

    private static (ulong Hash, int Steps) TraceOf(int seed)
    {
        var cluster = new TinyCluster(seed);
        cluster.Run();
        return (cluster.TraceHash, cluster.StepCount);
    }
}
