using System.Globalization;
using System.Text;

namespace Engine.Benchmarks;

/// <summary>Rows as an aligned markdown table.</summary>
internal static class Table
{
    private static readonly string[] Header =
        ["scenario", "size", "contender", "measured", "median", "min..max", "peer / engine"];

    private static readonly bool[] RightAligned = [false, true, false, false, true, true, true];

    private static readonly NumberFormatInfo Numbers = new() { NumberGroupSeparator = " ", NumberDecimalSeparator = "." };

    public static string Format(IReadOnlyList<Row> rows)
    {
        List<string[]> lines = [Header];
        lines.AddRange(rows.Select(row => Cells(row, rows)));
        int[] widths = [.. Header.Select((_, column) => lines.Max(line => line[column].Length))];

        var text = new StringBuilder();
        Append(text, Header, widths);
        Append(text, [.. widths.Select(static (width, column) => Rule(width, RightAligned[column]))], widths);
        foreach (var line in lines.Skip(1))
        {
            Append(text, line, widths);
        }

        return text.ToString();
    }

    private static string[] Cells(Row row, IReadOnlyList<Row> rows) =>
    [
        row.Scenario,
        row.Size.ToString("N0", Numbers),
        row.Contender,
        row.Metric,
        Number(row.Median),
        row.Values.Count == 1 ? "one run" : $"{Number(row.Min)}..{Number(row.Max)}",
        Ratio(row, rows),
    ];

    private static string Ratio(Row row, IReadOnlyList<Row> rows)
    {
        var engine = rows.FirstOrDefault(other =>
            other.Scenario == row.Scenario && other.Metric == row.Metric && other.Contender == EngineContender.EngineName);

        // Bytes may be zero or, after a release, negative: there a ratio would say nothing.
        return engine is null || ReferenceEquals(engine, row) || engine.Median <= 0 || row.Median <= 0
            ? "-"
            : Number(row.Median / engine.Median);
    }

    private static string Rule(int width, bool rightAligned) =>
        rightAligned ? new string('-', width - 1) + ':' : new string('-', width);

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("N0", Numbers),
        >= 10 => value.ToString("N1", Numbers),
        _ => value.ToString("N2", Numbers),
    };

    private static void Append(StringBuilder text, string[] cells, int[] widths)
    {
        for (var column = 0; column < cells.Length; column++)
        {
            var cell = cells[column];
            text.Append("| ")
                .Append(RightAligned[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))
                .Append(' ');
        }

        text.Append("|\n");
    }
}
