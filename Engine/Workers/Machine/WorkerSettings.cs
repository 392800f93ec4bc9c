namespace Engine.Workers.Machine;

/// <summary>What a worker's decisions depend on beside events. Copied from the options when a worker starts.</summary>
internal sealed record WorkerSettings
{
    /// <summary>Tasks that run at the same time.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Amounts of its resources, by name.</summary>
    public IReadOnlyDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>();

    /// <summary>Work that is handed to the executor at a time for each slot; short tasks go in runs of that length.</summary>
    public double RunSeconds { get; init; } = 200e-6;

    /// <summary>Largest value, in bytes, that goes to the client with the news that it is there.</summary>
    public long InlineBytesMax { get; init; } = 1024;

    /// <summary>Largest copy, in bytes, that is kept only as long as tasks here need it, unknown to the scheduler.</summary>
    public long TransientBytesMax { get; init; } = 64 * 1024;

    /// <summary>Bytes that the worker may hold in memory, or null: there is no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The part of the limit above which values are spilled, or null: none is.</summary>
    public double? MemoryTarget { get; init; }

    /// <summary>The part of the limit above which nothing new is started, or null: memory pauses nothing.</summary>
    public double? MemoryPause { get; init; }

    /// <summary>Smallest value, in bytes, that is spilled: a smaller one would take more room in the store than it frees here.</summary>
    public long SpillBytesMin { get; init; } = 1024;

    /// <summary>Requests to peers at the same time.</summary>
    public int TransfersMax { get; init; } = 50;

    /// <summary>Keys in one request to a peer.</summary>
    public int KeysPerTransferMax { get; init; } = 1024;

    /// <summary>Whether every index is derived again and compared after every step.</summary>
    public bool Validate { get; init; }
}
