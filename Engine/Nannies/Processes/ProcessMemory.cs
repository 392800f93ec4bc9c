using System.Diagnostics;
using System.Globalization;

namespace Engine.Nannies.Processes;

/// <summary>How much memory a process has that isn't this one.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes that it has in memory; 0 if it has ended.</summary>
    public static long Read(Process process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                return ReadStatm(File.ReadAllText($"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/statm"));
            }

            process.Refresh();
            return process.WorkingSet64;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>The second number is the pages in memory.</summary>
    internal static long ReadStatm(string text)
    {
        var parts = text.Split(' ');
        return parts.Length > 1 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var pages)
            ? pages * Environment.SystemPageSize
            : 0;
    }
}
