using Engine.Plugins.Transports;

namespace Engine.Nannies;

// What happens to a nanny, beside what the scheduler says.

internal sealed class Begin : Message
{
    public static readonly Begin Instance = new();
}

internal sealed class DeadlineReached : Message
{
    public static readonly DeadlineReached Instance = new();
}

internal sealed class LookAtMemory : Message
{
    public static readonly LookAtMemory Instance = new();
}

/// <summary>The connection to the scheduler is there, or can't be had.</summary>
internal sealed class Connected(IConnection? connection, string detail) : Message
{
    public IConnection? Connection { get; } = connection;

    public string Detail { get; } = detail;
}

internal sealed class WorkerRuns(long number, ILaunchedWorker worker) : Message
{
    public long Number { get; } = number;

    public ILaunchedWorker Worker { get; } = worker;
}

/// <summary>The worker has come back as a new incarnation.</summary>
internal sealed class WorkerReturned(long number, WorkerId worker) : Message
{
    public long Number { get; } = number;

    public WorkerId Worker { get; } = worker;
}

internal sealed class WorkerStartFailed(long number, CloseReason reason, Exception error) : Message
{
    public long Number { get; } = number;

    public CloseReason Reason { get; } = reason;

    public Exception Error { get; } = error;
}

internal sealed class WorkerCloses(long number, CloseReason reason, string detail) : Message
{
    public long Number { get; } = number;

    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

internal sealed class WorkerGone(long number, CloseReason reason, string detail) : Message
{
    public long Number { get; } = number;

    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

internal sealed class RetirementEnded(WorkerId worker, bool isRefused) : Message
{
    public WorkerId Worker { get; } = worker;

    public bool IsRefused { get; } = isRefused;
}

internal sealed class CloseRequested(CloseReason reason, string detail) : Message
{
    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>The worker is to be replaced by a fresh one, at the wish of a plugin.</summary>
internal sealed class RestartRequested(WorkerId worker, string detail) : Message
{
    public WorkerId Worker { get; } = worker;

    public string Detail { get; } = detail;
}
