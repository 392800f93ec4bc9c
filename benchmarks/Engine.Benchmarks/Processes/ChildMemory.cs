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

        var children = Directory.EnumerateDirectories("/proc")
            .Where(static folder => int.TryParse(Path.GetFileName(folder), out _) && ParentOf(folder) == Environment.ProcessId)
            .Select(static folder => File.ReadAllLines(Path.Combine(folder, "smaps_rollup")))
            .ToList();
        Check.Equal(expected, children.Count, "child processes");
        return
        [
            new("resident MiB a process", children.Average(static lines => Mebibytes(lines, "Rss:"))),
            new("proportional MiB a process", children.Average(static lines => Mebibytes(lines, "Pss:"))),
        ];
    }

    private static int? ParentOf(string folder)
    {
        try
        {
            // "number (name) state parent ...", and the name may have spaces and brackets.
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // It has just ended.
        }
    }

    private static double Mebibytes(IEnumerable<string> lines, string name)
    {
        var line = lines.First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / KibInMib;
    }
}
