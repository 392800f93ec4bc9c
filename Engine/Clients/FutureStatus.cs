namespace Engine;

/// <summary>What a client knows of a task.</summary>
/// <remarks>dask: <c>Future.status</c>.</remarks>
public enum FutureStatus
{
    /// <summary>Not ended yet.</summary>
    Pending,

    /// <summary>The value is there.</summary>
    Finished,

    /// <summary>The task, or one that it depends on, failed.</summary>
    Error,

    /// <summary>It was cancelled, or its client closed before it ended.</summary>
    Cancelled,

    /// <summary>Its value is gone and can't be computed again.</summary>
    Lost,

    /// <summary>This client has given the future up; its value may be gone.</summary>
    Released,
}
