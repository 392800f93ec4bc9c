using System.Globalization;

namespace Engine.Benchmarks;

/// <summary>
/// How much of the machine other processes used while we measured: the first thing to look at when
/// a figure surprises. Knows it on Linux only.
/// </summary>
internal sealed class OtherLoad
{
    private const string ProcStat = "/proc/stat";

    private readonly (double Busy, double Total) _machine = Machine();
    private readonly double _own = Own();

    /// <summary>Others' share of all cores since this object was made, 0 to 1, or null if unknown.</summary>
    public double? Share()
    {
        (double busy, double total) = Machine();
        var capacity = total - _machine.Total;
        var others = busy - _machine.Busy - (Own() - _own);
        return capacity > 0 ? Math.Max(0, others / capacity) : null;
    }

    private static double Own() => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static (double Busy, double Total) Machine()
    {
        if (!File.Exists(ProcStat))
        {
            return default;
        }

        const double TicksPerSecond = 100;
        double[] fields =
        [
            .. File.ReadLines(ProcStat).First()
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Take(8)
                .Select(static field => double.Parse(field, CultureInfo.InvariantCulture) / TicksPerSecond),
        ];
        var idle = fields[3] + fields[4];
        return (fields.Sum() - idle, fields.Sum());
    }
}
