using System.Globalization;

namespace Engine.Benchmarks.Processes;

/// <summary>The children of this process that live. Knows them on Linux only.</summary>
internal static class ChildProcesses
{
    /// <summary>Their numbers; empty where they can't be known.</summary>
    public static IReadOnlyList<int> Find() => !OperatingSystem.IsLinux()
        ? []
        : [.. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process) ? process : 0)
            .Where(static process => process > 0 && IsLiveChild(process))];

    private static bool IsLiveChild(int process)
    {
        try
        {
            // "number (name) state parent ...", and the name may have spaces and brackets.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields[0] != "Z" && int.Parse(fields[1], CultureInfo.InvariantCulture) == Environment.ProcessId;
        }
        catch (IOException)
        {
            return false; // It has just ended.
        }
    }
}
