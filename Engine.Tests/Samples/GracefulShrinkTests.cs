using Engine.Tests.TestKit;
using GracefulShrink;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Samples;

/// <summary>The sample shows what it says: nothing is lost, except with the disease; labels of hosts are a cure of that.</summary>
public sealed class GracefulShrinkTests
{
    private const int Workers = 12;

    private static readonly ShrinkOptions s_options = new() { Workers = Workers, Tasks = 60 };

    // Those that have nothing to do leave at once; the others when their slow tasks end, which is when the test lets time go on.
    private static readonly int s_idle = Workers - 1 - s_options.SlowTasks;

    [Fact]
    public async Task Workers_that_are_missing_before_their_machine_goes_end_with_their_nannies_and_nothing_is_lost()
    {
        var result = await RunAsync(s_options, static members => members.MissingCount >= s_idle);
        Assert.Equal((60, 0, 0, 0), (result.ReadableResults, result.RecomputedCount, result.LostCount, result.ResurrectedCount));
        Assert.Equal(Workers - 1, result.Report.Retirement.Rows.Count);
        Assert.True(result.IsGraceful, result.Report.ToString());
    }

    [Fact]
    public async Task With_the_disease_workers_come_back_on_machines_that_are_about_to_go()
    {
        var result = await RunAsync(s_options with { HasDisease = true }, static members => members.ResurrectedCount >= s_idle);
        Assert.True(result.ResurrectedCount >= s_idle);
        Assert.False(result.IsGraceful);
    }

    [Fact]
    public async Task With_the_disease_and_labels_of_hosts_they_are_refused_and_nothing_is_lost()
    {
        var result = await RunAsync(s_options with { HasDisease = true, HasHostLabels = true }, static members => members.RefusedCount >= s_idle);
        Assert.True(result.RefusedCount >= s_idle);
        Assert.True(result.IsGraceful, result.Report.ToString());
    }

    [Fact]
    public async Task The_program_prints_what_was_lost_and_ends_with_0_if_nothing_was()
    {
        var (code, output, error) = await RunAsync("--fast", "--workers", "8", "--tasks", "40");
        Assert.Equal((0, string.Empty), (code, error));
        Assert.Contains("40 results readable, 0 recomputed, 0 lost, 0 resurrected; ", output, StringComparison.Ordinal);
        Assert.Contains("shrink to 1: Reached in ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no option '--slow'", "--slow")]
    [InlineData("--workers needs a number", "--workers")]
    [InlineData("from 1 to", "--tasks", "0")]
    [InlineData("not 'some'", "--seed", "some")]
    public async Task Bad_usage_ends_with_2_and_a_message(string message, params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal((2, string.Empty), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var (code, output, _) = await RunAsync("--help");
        Assert.Equal(0, code);
        Assert.All(
            ["--workers", "--tasks", "--seed", "--fast", "--disease", "--host-labels"],
            option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    /// <summary>Runs the sample in fake time, which stands still until the idle workers have had their say: so much for the gap.</summary>
    private static async Task<ShrinkResult> RunAsync(ShrinkOptions options, Func<Membership, bool> gapIsOver)
    {
        var time = new FakeTimeProvider();
        var timers = new WatchedTimeProvider(time);
        var shrink = new Shrink(options, timers);
        var gap = shrink.Membership.WhenAsync(gapIsOver);
        var run = shrink.RunAsync(CancellationToken.None);
        await await Task.WhenAny(gap, run).Within("the idle workers leave and find themselves missing");

        await using var driver = new ClockDriver(time, timers);
        time.Advance(options.SlowTaskTimeMax + options.ReclaimTimeMax); // For all timers that were set before.
        return await run.Within("the end of the shrink");
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new StringWriter { NewLine = "\n" };
        var code = await App.RunAsync(args, output, error, TimeProvider.System, CancellationToken.None).Within("the program");
        return (code, output.ToString(), error.ToString());
    }
}
