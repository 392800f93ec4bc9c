using System.Globalization;
using Engine;

namespace GracefulShrink;

/// <summary>What a run has come to.</summary>
internal sealed record ShrinkResult
{
    public required TimeSpan StartTime { get; init; }

    public required TimeSpan TaskTime { get; init; }

    /// <summary>Until the machines of all workers that went were gone.</summary>
    public required TimeSpan ShrinkTime { get; init; }

    public required ScaleReport Report { get; init; }

    public required int ReadableResults { get; init; }

    public required int ScatteredCount { get; init; }

    public required int ReadableScattered { get; init; }

    /// <summary>Runs of tasks that had been run before.</summary>
    public required int RecomputedCount { get; init; }

    /// <summary>Members that joined after the shrink began.</summary>
    public required int ResurrectedCount { get; init; }

    public required int RefusedCount { get; init; }

    public required int MissingCount { get; init; }

    public required int TaskCount { get; init; }

    /// <summary>Results and scattered values that can't be read any more.</summary>
    public int LostCount => TaskCount + ScatteredCount - ReadableResults - ReadableScattered;

    public bool IsGraceful =>
        Report is { Outcome: ScaleOutcome.Reached, Retirement.AllRetired: true } && (LostCount, RecomputedCount, ResurrectedCount) == (0, 0, 0);

    public void Write(ShrinkOptions options, TextWriter output)
    {
        var rows = Report.Retirement.Rows;
        var bytes = rows.Sum(static row => row.MovedBytes) / 1e6;
        output.WriteLine($"{options.Workers} workers, each on a machine with {Supervisor(options)}, up in {Seconds(StartTime)}");
        output.WriteLine($"{TaskCount} tasks with results of {Workload.ValueBytes} bytes, run in {Seconds(TaskTime)}; {options.SlowTasks} of them run on while the cluster shrinks");
        output.WriteLine($"shrink to {Report.Planned}: {Report.Outcome} in {Seconds(ShrinkTime)}; the manager ends a machine {Manager(options)}");
        Count(rows.Count, $"rows of retirements, {rows.Count(static row => row.Outcome == RetirementOutcome.Retired)} of them retired, the slowest in {Seconds(Slowest)}");
        Count(rows.Sum(static row => row.MovedCount), $"values moved, {bytes.ToString("0.0", CultureInfo.InvariantCulture)} MB");
        Count(rows.Sum(static row => row.WaitedForCount), $"tasks waited for, {rows.Sum(static row => row.Interrupted.Count)} interrupted");
        Count(MissingCount, "heartbeats of workers that had left, answered with missing");
        Count(RefusedCount, "workers refused because their machine is on the ledger of departures");
        output.WriteLine($"{ReadableResults} results readable, {RecomputedCount} recomputed, {LostCount} lost, {ResurrectedCount} resurrected; "
            + $"{ReadableScattered} of {ScatteredCount} scattered values readable");
        if (options.HasDisease)
        {
            output.WriteLine(
                options.HasHostLabels
                    ? "The supervisors tried to bring their workers back; their machines have labels, so the scheduler knew them."
                    : "The supervisors are no nannies and name no host, so the scheduler can't know them. With --host-labels it refuses them.");
        }

        void Count(int count, string what) => output.WriteLine($"  {count,6} {what}");
    }

    private TimeSpan Slowest => Report.Retirement.Rows.Select(static row => row.Duration).DefaultIfEmpty().Max();

    private static string Supervisor(ShrinkOptions options) =>
        (options.HasDisease ? "a supervisor that restarts whatever ends" : "the engine's nanny") + (options.HasHostLabels ? " and a label" : string.Empty);

    private static string Manager(ShrinkOptions options) =>
        options.IsFast ? "as soon as its worker has left" : $"0 to {options.ReclaimTimeMax.TotalSeconds:0} s after its worker has left";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);
}
