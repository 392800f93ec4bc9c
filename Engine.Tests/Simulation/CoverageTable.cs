using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>The rows that schedules can reach, and why some are not reached.</summary>
internal static class CoverageTable
{
    /// <summary>From which state of a task at a worker it goes to which; the last two are no states but ends (docs/worker-states.md).</summary>
    private static readonly (string Start, string[] Finishes)[] s_worker =
    [
        ("Released", ["Waiting", "Fetch"]),
        ("Waiting", ["Ready", "Constrained", "Waiting"]),
        ("Ready", ["Executing", "Waiting", "Ready", "Released"]),
        ("Constrained", ["Executing", "Constrained", "Released"]),
        ("Executing", ["LongRunning", "Ready", "Constrained", "Memory", "Erred"]),
        ("LongRunning", ["Memory", "Erred"]),
        ("Fetch", ["Flight", "Released"]),
        ("Flight", ["Fetch", "Released"]),
    ];

    /// <summary>Rows that no schedule reaches, each with the reason. A test holds them to be exact.</summary>
    public static readonly IReadOnlyDictionary<string, string> Explanations = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Of(CloseReason.SchedulerRequest)] = "nobody asks for it: the scheduler ends workers by retiring, restarting or giving them up",
        [Of(CloseReason.HeartbeatFailed)] = "a heartbeat that fails ends nothing; the reason is for transports of others",
        [Of(CloseReason.HostStopping)] = "hosts of the simulator vanish without a signal; the processes' tests send one",
        [Of(CloseReason.SchedulerClosed)] = "the scheduler outlives every schedule",
        [Of(CloseReason.InternalError)] = "a machine that throws is a failure of the schedule",
    };

    /// <summary>Seeds of schedules that reach what few do.</summary>
    public static readonly IReadOnlyList<ulong> RareSeeds = [24_683, 28_873];

    public static IEnumerable<string> Rows =>
    [
        .. from start in Enum.GetValues<SchedulerTaskState>()
           from finish in Enum.GetValues<SchedulerTaskState>()
           where SchedulerTransitions.IsAllowed(start, finish)
           select AtScheduler(start.ToString(), finish.ToString()),
        .. s_worker.SelectMany(static row => row.Finishes.Select(finish => AtWorker(row.Start, finish))),
        .. Enum.GetValues<CloseReason>().Select(Of),
        .. Enum.GetValues<Disposition>().Select(Of),
        .. Enum.GetValues<Comeback>().Select(Of),
        .. Enum.GetValues<Act>().Select(Of),
        .. from first in Enum.GetValues<Act>()
           from second in Enum.GetValues<Act>()
           where first >= Act.KillWorker && second > first
           select Of(first, second),
    ];

    public static string AtScheduler(string start, string finish) => $"scheduler: {start} to {finish}";

    public static string AtWorker(string start, string finish) => $"worker: {start} to {finish}";

    public static string Of(CloseReason reason) => $"close: {reason}";

    public static string Of(Disposition disposition) => $"ledger: {disposition}";

    public static string Of(Comeback comeback) => $"return: {comeback}";

    public static string Of(Act act) => $"step: {act}";

    public static string Of(Act first, Act second) => $"faults: {first} and {second}";
}
