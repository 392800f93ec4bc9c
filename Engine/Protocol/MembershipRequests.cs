namespace Engine.Protocol;

// Questions and orders of clients about workers.

/// <summary>Retires workers. Answered by a <see cref="RetirementReport"/> when all have left or were refused.</summary>
internal sealed class RetireRequest(WorkerSelector workers, RetirementTerms terms) : Request
{
    public WorkerSelector Workers { get; } = workers;

    public RetirementTerms Terms { get; } = terms;
}

/// <summary>The engine's own copy of <see cref="RetirementOptions"/>. Immutable.</summary>
/// <param name="Deadline">How long it may take, or null.</param>
/// <param name="RunningTasks">What becomes of running tasks.</param>
/// <param name="OnDeadline">What is done at the deadline.</param>
/// <param name="CloseWorkers">Whether the worker is told to end.</param>
/// <param name="Reason">Why it leaves: whether a successor is wanted.</param>
internal sealed record RetirementTerms(
    TimeSpan? Deadline, RunningTasks RunningTasks, OnDeadline OnDeadline, bool CloseWorkers, CloseReason Reason = CloseReason.Retired)
{
    public static RetirementTerms Of(RetirementOptions? options)
    {
        options ??= new RetirementOptions();
        options.Validate();
        return new RetirementTerms(options.Deadline, options.RunningTasks, options.OnDeadline, options.CloseWorkers);
    }
}

/// <summary>Which workers the scheduler could do without. Answered by their infos; changes nothing.</summary>
internal sealed class WorkersToCloseRequest(WorkersToClose rule) : Request
{
    public WorkersToClose Rule { get; } = rule;
}

/// <summary>How far retirements have come.</summary>
internal sealed class RetirementsRequest : Request;

/// <summary>Has workers replaced by fresh ones. Answered by a <see cref="RestartReport"/>.</summary>
internal sealed class RestartWorkersRequest(WorkerSelector workers, TimeSpan? timeout, bool wait) : Request
{
    public WorkerSelector Workers { get; } = workers;

    public TimeSpan? Timeout { get; } = timeout;

    /// <summary>Whether the answer comes when the successors run.</summary>
    public bool Wait { get; } = wait;
}

/// <summary>Forgets all tasks and has all workers replaced. Answered by a <see cref="RestartReport"/>.</summary>
internal sealed class RestartRequest(TimeSpan? timeout, bool wait) : Request
{
    public TimeSpan? Timeout { get; } = timeout;

    public bool Wait { get; } = wait;
}

/// <summary>Takes a nanny or a host off the ledger of departures. Answered by whether it was barred.</summary>
internal sealed class ReadmitRequest(NannyId? nanny, string? host) : Request
{
    public NannyId? Nanny { get; } = nanny;

    public string? Host { get; } = host;
}

/// <summary>How many copies there shall be of values. Answered when they are there, or when there are no workers for more.</summary>
internal sealed class ReplicateRequest(TaskKey[] keys, int count) : Request
{
    public TaskKey[] Keys { get; } = keys;

    public int Count { get; } = count;
}

/// <summary>How much there is to do. Answered by a <see cref="Clusters.ClusterLoad"/>.</summary>
internal sealed class ClusterLoadRequest : Request;

internal enum ActiveMemoryCommand
{
    Start,
    Stop,
    RunOnce,
    IsRunning,

    /// <summary>Adds the policy that evens memory out.</summary>
    AddRebalance,
}

/// <summary>Steers the active memory manager. Answered by whether it runs.</summary>
internal sealed class ActiveMemoryRequest(ActiveMemoryCommand command) : Request
{
    public ActiveMemoryCommand Command { get; } = command;
}
