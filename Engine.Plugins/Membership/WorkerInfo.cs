namespace Engine;

/// <summary>A worker as the scheduler sees it: a snapshot.</summary>
/// <remarks>dask: <c>scheduler_info</c>.</remarks>
public sealed class WorkerInfo
{
    /// <summary>Its incarnation.</summary>
    public required WorkerId Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The address at which it serves data.</summary>
    public required string Address { get; init; }

    /// <summary>Tasks that it runs at the same time.</summary>
    public required int Threads { get; init; }

    /// <summary>Where it is in its life.</summary>
    public Status Status { get; init; } = Status.Running;

    /// <summary>Whether its program lets nothing through although the worker lives: its thread pool is blocked.</summary>
    public bool IsStalled { get; init; }

    /// <summary>The nanny that looks after it, or null.</summary>
    public NannyId? Nanny { get; init; }

    /// <summary>The label of its host, or null.</summary>
    public string? Host { get; init; }

    /// <summary>Amounts of its resources, by name.</summary>
    public IReadOnlyDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>();

    /// <summary>Tasks that are assigned to it and have not ended.</summary>
    public int ProcessingCount { get; init; }

    /// <summary>Tasks among them that have left their slot.</summary>
    public int LongRunningCount { get; init; }

    /// <summary>Seconds of work that its tasks are expected to take.</summary>
    public double OccupancySeconds { get; init; }

    /// <summary>Values that it holds.</summary>
    public int HeldCount { get; init; }

    /// <summary>Bytes of the values that it holds, as measured when they were made.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Bytes of those that lie on its disk, by its last heartbeat.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>Bytes that it may hold in memory, or null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>How long it is known to stay, at most, or null if nothing is known.</summary>
    public TimeSpan? Leaves { get; init; }
}
