namespace Engine.Protocol;

/// <summary>Why a task has no value.</summary>
internal enum TaskErrorKind
{
    /// <summary>The function threw.</summary>
    Failed,

    /// <summary>Workers died while it ran, too often.</summary>
    KilledWorker,

    /// <summary>No worker may run it.</summary>
    NoValidWorker,

    /// <summary>It ran longer than it may.</summary>
    TimedOut,

    /// <summary>Its name belongs to another definition.</summary>
    KeyConflict,

    /// <summary>It needs a value that is gone for good.</summary>
    LostData,

    /// <summary>It needs a key that the scheduler doesn't know.</summary>
    UnknownDependency,
}

/// <summary>A failure as a value: what travels instead of an exception, from the task that failed to every future it reaches.</summary>
/// <param name="Kind">What kind of failure.</param>
/// <param name="Key">The task to blame.</param>
/// <param name="Message">A sentence that names the task and the cause.</param>
/// <param name="Exception">The function's own exception, if there is one.</param>
internal sealed record TaskError(TaskErrorKind Kind, TaskKey Key, string Message, Exception? Exception = null)
{
    /// <summary>A new exception for a caller; each gets its own, so that stacks don't mix.</summary>
    public Exception ToException() => Kind switch
    {
        TaskErrorKind.KilledWorker => new KilledWorkerException(Key, Message),
        TaskErrorKind.NoValidWorker => new NoValidWorkerException(Key, Message),
        TaskErrorKind.TimedOut => new TaskTimeoutException(Key, Message),
        TaskErrorKind.KeyConflict => new KeyConflictException(Message),
        TaskErrorKind.LostData => new LostDataException(Key, Message),
        TaskErrorKind.UnknownDependency => new UnknownKeyException(Message),
        _ => new TaskFailedException(Key, Message, Exception),
    };
}
