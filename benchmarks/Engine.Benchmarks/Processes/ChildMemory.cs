using System.Globalization;

namespace Engine.Benchmarks.Processes;

/// <summary>What the children of this process take of the machine's memory. Knows it on Linux only.</summary>
internal static class ChildMemory
{
    private const double KibInMib = 1024;

    /// <summary>
    /// Means over the children: resident, where pages that several processes share count in each, and proportional, where they
    /// count once, divided among them. Empty where that can't be known.
    /// </summary>
    public static IEnumerable<Sample> Samples(int expected)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var children = ChildProcesses.Find().Select(static process => File.ReadAllLines($"/proc/{process}/smaps_rollup")).ToList();
        Check.Equal(expected, children.Count, "child processes");
        return
        [
            new("resident MiB a process", children.Average(static lines => Mebibytes(lines, "Rss:"))),
            new("proportional MiB a process", children.Average(static lines => Mebibytes(lines, "Pss:"))),
        ];
    }

    private static double Mebibytes(IEnumerable<string> lines, string name)
    {
        var line = lines.First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / KibInMib;
    }
}
