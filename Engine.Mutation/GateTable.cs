using System.Text;

namespace Engine.Mutation;

/// <summary>The table that the gate ends with.</summary>
internal static class GateTable
{
    public static string Of(IReadOnlyList<GateRow> rows)
    {
        var text = new StringBuilder();
        var name = rows.Max(static row => row.Name.Length);
        var rule = rows.Max(static row => row.Rule.Length);
        foreach (var row in rows.OrderBy(static row => row.Passes).ThenBy(static row => row.Rule, StringComparer.Ordinal).ThenBy(static row => row.Name, StringComparer.Ordinal))
        {
            text.Append(row.Passes ? "ok    " : "FAIL  ").Append(row.Rule.PadRight(rule)).Append("  ").Append(row.Name.PadRight(name)).Append("  ").AppendLine(row.Result);
        }

        return text.ToString();
    }
}
