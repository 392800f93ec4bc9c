namespace Engine.Scheduling.Machine;

/// <summary>State of a task at the scheduler. dask: <c>scheduler.TaskState.state</c>.</summary>
internal enum SchedulerTaskState : byte
{
    /// <summary>Not in the table; every task ends here.</summary>
    Forgotten,

    /// <summary>Known, without a value, and nobody needs one now.</summary>
    Released,

    /// <summary>Inputs are missing.</summary>
    Waiting,

    /// <summary>Could run, but no worker may run it.</summary>
    NoWorker,

    /// <summary>Has no inputs and waits for a worker with room.</summary>
    Queued,

    /// <summary>Assigned to a worker.</summary>
    Processing,

    /// <summary>Its value lies on at least one worker.</summary>
    Memory,

    /// <summary>Failed, or needs one that failed.</summary>
    Erred,
}
