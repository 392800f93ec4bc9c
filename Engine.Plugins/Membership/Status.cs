namespace Engine;

/// <summary>Where a worker or a nanny is in its life. It moves forward only, but for Paused and an aborted retirement.</summary>
/// <remarks>dask: <c>Status</c>.</remarks>
public enum Status
{
    /// <summary>It starts.</summary>
    Init,

    /// <summary>It takes work.</summary>
    Running,

    /// <summary>It takes no new work, because its memory is nearly used up or somebody asked for it; what runs goes on, data is served.</summary>
    Paused,

    /// <summary>It is being retired: what runs goes on, data is served and moved away, nothing new comes.</summary>
    ClosingGracefully,

    /// <summary>It ends.</summary>
    Closing,

    /// <summary>It has ended in order.</summary>
    Closed,

    /// <summary>It has ended by a failure, or never came up.</summary>
    Failed,
}
