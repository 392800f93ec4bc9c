using Engine.Plugins.Transports;

namespace Engine.Protocol;

// What workers, nannies and the scheduler say to each other about coming and going.

/// <summary>A nanny presents itself, before its first worker does.</summary>
internal sealed class RegisterNanny(NannyId id, string name, string? host) : Message
{
    public NannyId Id { get; } = id;

    public string Name { get; } = name;

    public string? Host { get; } = host;
}

/// <summary>Answer to <see cref="RegisterNanny"/>.</summary>
internal sealed class NannyRegistered : Message
{
    public static readonly NannyRegistered Instance = new();
}

/// <summary>Answer to a worker or a nanny that is not let in: it is to end, with all that belongs to it; or a worker is to be started anew.</summary>
internal sealed class RegistrationRefused(CloseReason reason, string detail) : Message
{
    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>A worker is alive. On the control lane, so that no data holds it up.</summary>
internal sealed class Heartbeat(WorkerId worker, bool isStalled, long managedBytes, long spilledBytes) : Message
{
    public override Lane Lane => Lane.Control;

    public WorkerId Worker { get; } = worker;

    /// <summary>Whether the worker's program lets nothing through: its thread pool is blocked.</summary>
    public bool IsStalled { get; } = isStalled;

    public long ManagedBytes { get; } = managedBytes;

    public long SpilledBytes { get; } = spilledBytes;
}

/// <summary>Answer to a heartbeat: when the next is due.</summary>
internal sealed class HeartbeatOk(TimeSpan interval) : Message
{
    public override Lane Lane => Lane.Control;

    public TimeSpan Interval { get; } = interval;
}

/// <summary>Answer to the heartbeat of a worker that is no member: it ends, for the reason given. dask: <c>missing</c>.</summary>
internal sealed class HeartbeatMissing(CloseReason reason, string detail) : Message
{
    public override Lane Lane => Lane.Control;

    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>A worker's last message.</summary>
internal sealed class Goodbye(CloseReason reason, string detail) : Message
{
    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>The worker shall end.</summary>
internal sealed class CloseWorker(CloseReason reason, string detail) : Message
{
    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>The worker is being retired: it gives back what has not started, and says when it has.</summary>
internal sealed class CloseAdmission(long retirement) : Message
{
    /// <summary>The number of the retirement; an answer to an older one changes nothing (I7).</summary>
    public long Retirement { get; } = retirement;
}

/// <summary>
/// Answer to <see cref="CloseAdmission"/>, behind all that the worker has to say about what it had then: the scheduler now knows
/// what it holds and runs.
/// </summary>
internal sealed class AdmissionClosed(long retirement) : Message
{
    public long Retirement { get; } = retirement;
}

/// <summary>The retirement was aborted: work may come again.</summary>
internal sealed class OpenAdmission : Message
{
    public static readonly OpenAdmission Instance = new();
}

/// <summary>Tasks that a worker had, has not started, and won't.</summary>
internal sealed class TasksReturned : Batch<TaskAttempt>;

/// <summary>Running tasks that the worker shall give up because it is being retired; they run elsewhere.</summary>
internal sealed class InterruptTasks : Batch<TaskAttempt>;

/// <summary>Workers that are no members any longer: what is awaited from them won't come.</summary>
internal sealed class WorkersDeparted(WorkerId[] workers) : Message
{
    public WorkerId[] Workers { get; } = workers;
}

/// <summary>What is to become of a nanny's worker when it ends.</summary>
internal enum NannyIntent
{
    /// <summary>The table of closing decides.</summary>
    Run,

    /// <summary>Its end is final.</summary>
    Retire,

    /// <summary>It is ended now, and a successor started.</summary>
    Restart,

    /// <summary>It is ended now, and the nanny with it.</summary>
    Close,
}

/// <summary>The scheduler tells a nanny what is intended with its worker, before it tells the worker.</summary>
internal sealed class TellNanny(NannyIntent intent, WorkerId worker, CloseReason reason, string detail) : Message
{
    public NannyIntent Intent { get; } = intent;

    /// <summary>The incarnation that is meant; an older one is no longer the nanny's worker (I7).</summary>
    public WorkerId Worker { get; } = worker;

    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>A nanny has seen its worker end.</summary>
internal sealed class WorkerExited(WorkerId worker, CloseReason reason, string detail) : Message
{
    public WorkerId Worker { get; } = worker;

    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>A nanny asks that its worker be replaced by a fresh one. It is told to do so, once the scheduler has noted it.</summary>
internal sealed class RestartAsked(WorkerId worker, string detail) : Message
{
    public WorkerId Worker { get; } = worker;

    public string Detail { get; } = detail;
}
