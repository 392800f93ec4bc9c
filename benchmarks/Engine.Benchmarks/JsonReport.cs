using System.Text.Json;

namespace Engine.Benchmarks;

/// <summary>All single values, for whoever wants to compare runs by program.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task WriteAsync(string file, IReadOnlyList<Row> rows, IReadOnlyDictionary<string, double?> otherLoad)
    {
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, new { Machine = MachineDescription.Line, OtherLoad = otherLoad, Rows = rows }, Options);
    }
}
