namespace Engine;

/// <summary>Base of the engine's own exceptions.</summary>
public class EngineException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was wrong and what to do.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public EngineException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>A connection has ended, so a message was not sent or will not be answered.</summary>
public class ConnectionClosedException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which connection, and why it ended.</param>
    public ConnectionClosedException(string message)
        : base(message)
    {
    }
}

/// <summary>The connection of a client broke, and it did not come back in time: the scheduler has let go of what it held.</summary>
public sealed class SessionOverException : ConnectionClosedException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Why there is no way back, and what to do.</param>
    public SessionOverException(string message)
        : base(message)
    {
    }
}
