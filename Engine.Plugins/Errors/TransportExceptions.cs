namespace Engine;

/// <summary>The other side of a connection sent what the protocol doesn't allow; the connection is closed.</summary>
public sealed class ProtocolViolationException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What came, and what is allowed.</param>
    public ProtocolViolationException(string message)
        : base(message)
    {
    }
}

/// <summary>Two components don't trust each other, or a connection would not be protected.</summary>
public sealed class TransportSecurityException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What is missing, and how to give it.</param>
    /// <param name="innerException">What went wrong beneath, or null.</param>
    public TransportSecurityException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
