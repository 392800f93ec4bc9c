using System.Runtime;
using System.Runtime.InteropServices;

namespace Engine.Benchmarks;

/// <summary>What a reader has to know of the machine to place the figures.</summary>
internal static class MachineDescription
{
    private const string CpuInfo = "/proc/cpuinfo";

    public static string Line { get; } = string.Join(", ", Parts());

    private static IEnumerable<string> Parts()
    {
        yield return $"{Environment.ProcessorCount} cores ({Processor()}, {RuntimeInformation.ProcessArchitecture})";
        yield return RuntimeInformation.OSDescription;
        yield return RuntimeInformation.FrameworkDescription;
        yield return GCSettings.IsServerGC ? "server GC" : "workstation GC";
        yield return GCSettings.LatencyMode == GCLatencyMode.Batch ? "not concurrent" : "concurrent";
#if DEBUG
        yield return "DEBUG BUILD: THE FIGURES ARE WORTHLESS";
#endif
    }

    private static string Processor()
    {
        string? model = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return model is null ? "unknown model" : model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
