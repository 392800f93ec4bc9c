namespace Engine.Plugins;

/// <summary>A worker has joined.</summary>
/// <param name="Worker">The worker.</param>
public sealed record WorkerAdded(WorkerInfo Worker);

/// <summary>A worker has left, and all that it had has been dealt with.</summary>
public sealed class WorkerRemoved
{
    /// <summary>The worker, as it was before.</summary>
    public required WorkerInfo Worker { get; init; }

    /// <summary>Why it left.</summary>
    public required CloseReason Reason { get; init; }

    /// <summary>Why it left, for people.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>Whether it had announced its end; an unannounced one counts against the tasks that ran.</summary>
    public required bool IsExpected { get; init; }

    /// <summary>Tasks that it had, which are run elsewhere.</summary>
    public IReadOnlyList<TaskKey> Processing { get; init; } = [];

    /// <summary>Values that others took over from it.</summary>
    public IReadOnlyList<TaskKey> Moved { get; init; } = [];

    /// <summary>Values without a recipe that are gone with it.</summary>
    public IReadOnlyList<TaskKey> Lost { get; init; } = [];

    /// <summary>Values that are gone with it and are computed again if somebody wants them.</summary>
    public IReadOnlyList<TaskKey> Recomputed { get; init; } = [];
}

/// <summary>A worker's status has changed.</summary>
/// <param name="Worker">The worker, as it is now.</param>
/// <param name="Before">What it was.</param>
public sealed record WorkerStatusChanged(WorkerInfo Worker, Status Before);

/// <summary>A worker is about to be retired.</summary>
public sealed class WorkerRetiring
{
    private readonly List<Task> _work = [];

    /// <summary>Makes an event, for tests of plugins.</summary>
    /// <param name="worker">The worker.</param>
    public WorkerRetiring(WorkerInfo worker) => Worker = worker;

    /// <summary>The worker.</summary>
    public WorkerInfo Worker { get; }

    /// <summary>Why it is held back, or null.</summary>
    public string? VetoReason { get; private set; }

    /// <summary>What has to end before it goes.</summary>
    public IReadOnlyList<Task> Work => _work;

    /// <summary>Holds the worker back: it is not retired, and who asked is told.</summary>
    /// <param name="reason">Why, for people; the first one counts.</param>
    public void Veto(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        VetoReason ??= reason;
    }

    /// <summary>Adds work that has to end, well or not, before the worker goes. The deadline of the retirement holds for it too.</summary>
    /// <param name="work">The work.</param>
    public void WaitFor(Task work)
    {
        ArgumentNullException.ThrowIfNull(work);
        _work.Add(work);
    }
}

/// <summary>Tasks were submitted.</summary>
/// <param name="Client">By whom.</param>
/// <param name="First">The first key; the others follow it.</param>
/// <param name="Count">How many.</param>
public sealed record GraphUpdate(ClientId Client, TaskKey First, int Count);

/// <summary>A task, or several of a map with consecutive keys, went from one state to another.</summary>
public readonly struct TaskTransition
{
    /// <summary>Makes a transition.</summary>
    /// <param name="key">The task, or the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="start">The state that it left.</param>
    /// <param name="finish">The state that it took.</param>
    /// <param name="worker">The worker that it is or was on, number 0 if none.</param>
    /// <param name="attempt">How often it had been assigned.</param>
    public TaskTransition(TaskKey key, int count, string start, string finish, WorkerId worker, int attempt) =>
        (Key, Count, Start, Finish, Worker, Attempt) = (key, count, start, finish, worker, attempt);

    /// <summary>The task, or the first.</summary>
    public TaskKey Key { get; }

    /// <summary>How many, with consecutive keys.</summary>
    public int Count { get; }

    /// <summary>The state that it left: a name of the component's states.</summary>
    public string Start { get; }

    /// <summary>The state that it took.</summary>
    public string Finish { get; }

    /// <summary>The worker that it is or was on; number 0 if none.</summary>
    public WorkerId Worker { get; }

    /// <summary>How often it had been assigned.</summary>
    public int Attempt { get; }
}
