using System.Globalization;

namespace Engine.Nannies.Processes;

/// <summary>Why a worker process ended: what was done to it, what it said, and what its exit code tells.</summary>
internal static class ProcessEnd
{
    // What is added to the number of a signal that ended a process, to make its exit code.
    private const int SignalBase = 128;

    /// <summary>Why it ended.</summary>
    /// <param name="killed">Why its nanny killed it, or null: it did not.</param>
    /// <param name="said">What it last said of its end, or null: nothing.</param>
    /// <param name="exitCode">Of its process.</param>
    public static (CloseReason Reason, string Detail) Of(
        (CloseReason Reason, string Detail)? killed, (CloseReason Reason, string Detail)? said, int exitCode)
    {
        if (killed is { } kill)
        {
            return kill;
        }

        if (said is { } end)
        {
            // One that ended after its own words has that exit code; anything else is worth a word.
            return exitCode == (int)WorkerExitCodes.Of(end.Reason) ? end : (end.Reason, $"{end.Detail}; its process {Describe(exitCode)}");
        }

        return (CloseReason.Crashed, $"its process {Describe(exitCode)}, without a word");
    }

    /// <summary>What an exit code tells, after "its process".</summary>
    public static string Describe(int exitCode) => NameOf(exitCode - SignalBase) is { } signal
        ? string.Create(CultureInfo.InvariantCulture, $"was killed by {signal} (exit code {exitCode})")
        : string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}");

    private static string? NameOf(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => null,
    };
}
