using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Engine.Nannies.Processes;

/// <summary>A worker's process and all that its functions have started: they end together.</summary>
/// <remarks>
/// On Unix a worker process leads a session and so a group of its own, which its children are in. Elsewhere a process is ended with
/// those below it.
/// </remarks>
internal static class ProcessGroup
{
    private const int SignalKill = 9;

    /// <summary>Makes this process the head of a group, away from the terminal of whoever started it: an interrupt there is the parent's business.</summary>
    public static void Lead()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Setsid(); // Fails only for one that leads a group already.
        }
    }

    /// <summary>Ends this process and its group, at once.</summary>
    public static void KillOwn()
    {
        if (!OperatingSystem.IsWindows())
        {
            // By number: the group 0 would be somebody else's if this process did not come to lead one.
            _ = Kill(-Environment.ProcessId, SignalKill);
            _ = Kill(Environment.ProcessId, SignalKill);
        }

        Process.GetCurrentProcess().Kill();
    }

    /// <summary>Ends a child and what is below it, at once, also if it is stopped. It may have ended already.</summary>
    public static void Kill(Process child)
    {
        try
        {
            if (child.HasExited)
            {
                return;
            }

            if (!OperatingSystem.IsWindows())
            {
                _ = Kill(-child.Id, SignalKill);
            }

            child.Kill(entireProcessTree: OperatingSystem.IsWindows()); // Also for one that does not lead a group yet.
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or NotSupportedException)
        {
            // It has ended meanwhile, or is just about to: whoever waits for its end sees it.
        }
    }

    /// <summary>Ends what a child has left behind that has ended.</summary>
    public static void KillLeftBy(int child)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Kill(-child, SignalKill); // As long as somebody is in the group, nobody else gets its number.
        }
    }

    /// <summary>Sends a signal to one process; for tests.</summary>
    internal static bool Signal(int process, int signal) => Kill(process, signal) == 0;

    [DllImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static extern int Setsid();

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
