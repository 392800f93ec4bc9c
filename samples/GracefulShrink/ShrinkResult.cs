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
        Say($"{options.Workers} workers, each on a machine with {Supervisor(options)}: up in {Seconds(StartTime)}");
        Say($"{options.Tasks} tasks with results of {Workload.ValueBytes} bytes: run in {Seconds(TaskTime)}; {options.SlowTasks} of them go on while the cluster shrinks");
        Say($"shrink to {Report.Planned}: {Report.Outcome} in {Seconds(ShrinkTime)}; the slowest retirement took {Seconds(rows.Max(static row => row.Duration))}, "
            + $"and the manager ends machines 0 to {options.ReclaimTimeMax.TotalSeconds:0} s after each");
        Say($"  retired       {rows.Count(static row => row.Outcome == RetirementOutcome.Retired),5} of {rows.Count}");
        Say($"  moved         {rows.Sum(static row => row.MovedCount),5} values, {rows.Sum(static row => row.MovedBytes)} bytes");
        Say($"  waited for    {rows.Sum(static row => row.WaitedForCount),5} tasks, interrupted {rows.Sum(static row => row.Interrupted.Count)}");
        Say($"  missing       {MissingCount,5} heartbeats came from workers that had left");
        Say($"  refused       {RefusedCount,5} workers that were started on a machine which is on the ledger of departures");
        Say($"{ReadableResults} of {TaskCount} results readable, {RecomputedCount} recomputed, {LostCount} lost, {ResurrectedCount} resurrected; "
            + $"{ReadableScattered} of {ScatteredCount} scattered values readable");
        if (options is { HasDisease: true, HasHostLabels: false })
        {
            Say($"The supervisors are no nannies and name no host, so the scheduler can't tell whom it lets in. With --host-labels it refuses them.");
        }

        void Say(string text) => output.WriteLine(text);
    }

    private static string Supervisor(ShrinkOptions options) =>
        (options.HasDisease ? "a supervisor that restarts whatever ends" : "the engine's nanny") + (options.HasHostLabels ? ", and a host label" : string.Empty);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00 s", CultureInfo.InvariantCulture);
}
