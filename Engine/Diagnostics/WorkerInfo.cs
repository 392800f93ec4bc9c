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

    /// <summary>Amounts of its resources, by name.</summary>
    public required IReadOnlyDictionary<string, double> Resources { get; init; }

    /// <summary>Tasks that are assigned to it and have not ended.</summary>
    public required int ProcessingCount { get; init; }

    /// <summary>Values that it holds.</summary>
    public required int HeldCount { get; init; }

    /// <summary>Bytes of the values that it holds, as measured when they were made.</summary>
    public required long HeldBytes { get; init; }
}
