using System.Diagnostics;
using System.Globalization;
using Engine.Tests.Simulation.Plans;
using VerifyXunit;

namespace Engine.Tests.Simulation;

/// <summary>Schedules of a whole cluster. <c>ENGINE_SCHEDULES=n</c> runs so many, <c>ENGINE_SEED=n</c> one alone, with its story.</summary>
[UsesVerify]
public sealed class SimulationTests
{
    private const int HashedCount = 12;

    private static readonly int ScheduleCount = int.Parse(Environment.GetEnvironmentVariable("ENGINE_SCHEDULES") ?? "5000", CultureInfo.InvariantCulture);

    /// <summary>A schedule to run alone.</summary>
    private static readonly string? Seed = Environment.GetEnvironmentVariable("ENGINE_SEED");

    [Fact]
    public void Whatever_happens_all_invariants_hold_after_every_step_and_all_that_is_wanted_ends()
    {
        var summary = Seed is null
            ? Simulator.RunMany(0, ScheduleCount)
            : Simulator.RunMany(ulong.Parse(Seed, CultureInfo.InvariantCulture), 1);

        Assert.True(
            summary.Failures.Count == 0,
            $"{summary.Failures.Count} of {summary.Schedules} schedules failed: {string.Join(", ", summary.Failures.Select(static failure => failure.Seed).Take(40))}\n\n"
            + string.Join("\n\n", summary.Failures.Take(3).Select(static failure => Simulator.Describe(failure))));
    }

    [Fact]
    public void Every_row_of_the_tables_is_reached_or_explained()
    {
        var coverage = Simulator.RunMany(0, 2_500).Coverage;
        foreach (var seed in CoverageTable.RareSeeds)
        {
            coverage.Add(Simulator.RunMany(seed, 1).Coverage);
        }

        var rows = CoverageTable.Rows.ToList();
        Assert.Equal([], coverage.Rows.Keys.Except(rows)); // A row that the table lacks.
        Assert.Equal(
            CoverageTable.Explanations.Keys.Order(StringComparer.Ordinal),
            rows.Except(coverage.Rows.Keys).Order(StringComparer.Ordinal));
    }

    /// <summary>Also in another configuration: the snapshot is the same for Debug and Release.</summary>
    [Fact]
    public async Task A_seed_has_one_trace() => await Verifier.Verify(SimulateCommand.HashesOf(0, HashedCount));

    [Fact]
    public async Task A_seed_has_the_same_trace_in_another_process()
    {
        string[] arguments = [typeof(SimulationTests).Assembly.Location, "simulate", "--schedules", $"{HashedCount}", "--hashes"];
        using var other = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!; // It is executed, so there is one.
        var output = await other.StandardOutput.ReadToEndAsync();

        Assert.Equal(SimulateCommand.HashesOf(0, HashedCount), output.TrimEnd().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_failure_is_shrunk_to_the_steps_that_it_needs()
    {
        var plan = Enumerable.Range(0, 100).Select(static seed => SimPlan.Of((ulong)seed)).First(static plan => plan.Steps.Any(static step => step.Act == Act.MakeCluster));
        var cluster = plan.Settings.Cluster with { WorkerName = static _ => throw new FormatException("a program that can't name its workers") };
        var planted = plan with { Settings = plan.Settings with { Cluster = cluster } };

        var result = Simulator.Run(planted);
        var shrunk = Shrinker.Shrink(planted, result.Invariant!);

        Assert.Equal([Act.MakeCluster], shrunk.Steps.Select(static step => step.Act));
        Assert.Equal(nameof(FormatException), Simulator.Run(shrunk).Invariant);
    }
}
