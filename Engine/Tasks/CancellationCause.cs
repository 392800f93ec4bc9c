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

    /// <summary>The worker is being retired, and whoever asked for that doesn't wait. The task runs again elsewhere; nothing counts against it.</summary>
    Retiring,

    /// <summary>The worker closes.</summary>
    WorkerClosing,
}
