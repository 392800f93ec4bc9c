namespace Engine.Clusters;

/// <summary>What a cluster asks of its scheduler, and what it hears from it.</summary>
internal interface IClusterScheduler
{
    /// <summary>Where its workers connect.</summary>
    string Address { get; }

    /// <summary>Retires workers.</summary>
    /// <exception cref="UnknownWorkerException">One is no member and not on the ledger. News of its removal came before.</exception>
    Task<RetirementReport> RetireWorkersAsync(WorkerSelector workers, RetirementOptions? options, CancellationToken cancellationToken);

    /// <summary>Looks at the load.</summary>
    Task<ClusterLoad> GetLoadAsync(CancellationToken cancellationToken);

    /// <summary>Chooses the workers that are missed least, in the order in which they should go. Changes nothing.</summary>
    Task<IReadOnlyList<WorkerInfo>> ChooseWorkersToCloseAsync(WorkersToClose rule, CancellationToken cancellationToken);

    /// <summary>Asks for news of members, for each in order. The callbacks come on any thread and don't block.</summary>
    void Subscribe(Action<WorkerInfo> added, Action<WorkerInfo, CloseReason> removed);

    /// <summary>Adds an event to a topic, from any thread; does nothing once the scheduler has closed.</summary>
    void LogEvent(string topic, object? content);

    /// <summary>Ends the scheduler: workers and clients are told. Idempotent.</summary>
    Task CloseAsync();
}

/// <summary>The load of a cluster: a snapshot, for adaptive scaling.</summary>
internal sealed record ClusterLoad
{
    /// <summary>Seconds of work that is assigned to workers.</summary>
    public double OccupancySeconds { get; init; }

    /// <summary>Tasks that could run but have no worker: queued, or without one that may run them.</summary>
    public int QueuedCount { get; init; }

    /// <summary>Seconds that those are expected to take.</summary>
    public double QueuedSeconds { get; init; }

    /// <summary>Tasks that are assigned to workers.</summary>
    public int ProcessingCount { get; init; }

    /// <summary>The members.</summary>
    public IReadOnlyList<WorkerInfo> Workers { get; init; } = [];
}
