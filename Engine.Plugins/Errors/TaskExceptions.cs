namespace Engine;

/// <summary>A task's function threw, or one that it depends on did. The original exception is <see cref="Exception.InnerException"/>.</summary>
/// <remarks>The stack of the original is the worker's: it shows where in the function the exception came from.</remarks>
public class TaskFailedException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The task that failed and whose failure reached the future that was asked.</param>
    /// <param name="message">Which task failed and how.</param>
    /// <param name="innerException">The original exception.</param>
    public TaskFailedException(TaskKey key, string message, Exception? innerException)
        : base(message, innerException) => Key = key;

    /// <summary>The task whose function threw: the asked task itself or one of its inputs.</summary>
    public TaskKey Key { get; }
}

/// <summary>A task's worker died while the task ran, more often than is allowed: the task itself is suspected.</summary>
/// <remarks>dask: <c>KilledWorker</c>.</remarks>
public sealed class KilledWorkerException : TaskFailedException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The suspected task.</param>
    /// <param name="message">Which task, how many workers, and the last one.</param>
    public KilledWorkerException(TaskKey key, string message)
        : base(key, message, null)
    {
    }
}

/// <summary>No worker may or can run the task, and the time to wait for one is over.</summary>
/// <remarks>dask: <c>NoValidWorkerError</c>.</remarks>
public sealed class NoValidWorkerException : TaskFailedException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The task.</param>
    /// <param name="message">The restriction that no worker meets.</param>
    public NoValidWorkerException(TaskKey key, string message)
        : base(key, message, null)
    {
    }
}

/// <summary>A task ran longer than its <c>SubmitOptions.Timeout</c>.</summary>
public sealed class TaskTimeoutException : TaskFailedException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The task.</param>
    /// <param name="message">The task and its limit.</param>
    public TaskTimeoutException(TaskKey key, string message)
        : base(key, message, null)
    {
    }
}

/// <summary>A future was cancelled, or released before it was asked.</summary>
public sealed class FutureCancelledException : OperationCanceledException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The future's task.</param>
    /// <param name="message">Why it was cancelled.</param>
    public FutureCancelledException(TaskKey key, string message)
        : base(message) => Key = key;

    /// <summary>The future's task.</summary>
    public TaskKey Key { get; }
}

/// <summary>A value that nothing can compute again is gone with the last worker that held it.</summary>
public sealed class LostDataException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="key">The lost value.</param>
    /// <param name="message">Which value, and who held it last.</param>
    public LostDataException(TaskKey key, string message)
        : base(message) => Key = key;

    /// <summary>The lost value.</summary>
    public TaskKey Key { get; }
}
