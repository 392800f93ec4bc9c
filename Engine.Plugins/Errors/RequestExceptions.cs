namespace Engine;

/// <summary>A name that was given to a key belongs to a task with another function or other inputs.</summary>
public sealed class KeyConflictException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">The name and both definitions.</param>
    public KeyConflictException(string message)
        : base(message)
    {
    }
}

/// <summary>A key, a name or a dataset that the scheduler doesn't know.</summary>
public sealed class UnknownKeyException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was asked for.</param>
    public UnknownKeyException(string message)
        : base(message)
    {
    }
}

/// <summary>A task graph has a cycle, so no order exists in which it could run.</summary>
public sealed class CyclicGraphException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">The nodes on the cycle, in order.</param>
    public CyclicGraphException(string message)
        : base(message)
    {
    }
}

/// <summary>A result is not of the type that was asked for.</summary>
public sealed class ResultTypeException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">The type that was asked for and the one that is there.</param>
    public ResultTypeException(string message)
        : base(message)
    {
    }
}

/// <summary>Fewer workers than asked for arrived in the time given.</summary>
/// <remarks>dask: <c>WorkerStartTimeoutError</c>.</remarks>
public sealed class WorkerStartTimeoutException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="available">Workers that run.</param>
    /// <param name="expected">Workers that were waited for.</param>
    public WorkerStartTimeoutException(int available, int expected)
        : base($"Only {available} of {expected} workers arrived in the time given. Start more workers, or wait longer.")
        => (Available, Expected) = (available, expected);

    /// <summary>Workers that run.</summary>
    public int Available { get; }

    /// <summary>Workers that were waited for.</summary>
    public int Expected { get; }
}
