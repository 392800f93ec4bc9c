namespace Engine;

/// <summary>Why the token of a running function was cancelled.</summary>
public enum CancellationCause
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Nobody wants the result any longer.</summary>
    Cancelled,

    /// <summary>The task ran longer than its options allow.</summary>
    TimedOut,

    /// <summary>The worker closes.</summary>
    WorkerClosing,
}
