namespace Engine.Diagnostics;

/// <summary>Names of tags. Those of instruments have few values: never a key, a name or an incarnation.</summary>
internal static class Tags
{
    /// <summary>Which kind of component.</summary>
    public const string Component = "engine.component";

    /// <summary>Why a worker left, or how a connection ended.</summary>
    public const string CloseReason = "engine.close.reason";

    /// <summary>The state of a task at the scheduler.</summary>
    public const string TaskState = "engine.task.state";

    /// <summary>The function of a task.</summary>
    public const string TaskPrefix = "engine.task.prefix";

    /// <summary>The status of a worker.</summary>
    public const string WorkerStatus = "engine.worker.status";

    /// <summary>What the scheduler was told, or that it settles what is left to decide.</summary>
    public const string Stimulus = "engine.stimulus";

    /// <summary>How a retirement ended.</summary>
    public const string Outcome = "engine.retirement.outcome";

    /// <summary>Why a retirement was refused.</summary>
    public const string Refusal = "engine.retirement.refusal";

    /// <summary>What became of values that a worker had when it left.</summary>
    public const string KeyFate = "engine.key.fate";

    /// <summary>Whether values were sent or received.</summary>
    public const string Direction = "network.io.direction";
}
