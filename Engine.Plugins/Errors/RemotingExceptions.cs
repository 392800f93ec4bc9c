namespace Engine;

/// <summary>A value can't leave the process, or what arrived is no such value.</summary>
public sealed class ValueSerializationException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which type and which member of it, and what to do.</param>
    /// <param name="innerException">What the serializer said, or null.</param>
    public ValueSerializationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>A function can't run in another process: it captures something, say.</summary>
public sealed class FunctionNotPortableException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which function and why, and what to do.</param>
    public FunctionNotPortableException(string message)
        : base(message)
    {
    }
}

/// <summary>A worker doesn't have the function that it was told to run: not its assembly, or another build of it.</summary>
public sealed class FunctionBindingException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which function, what the worker has, and what to do.</param>
    public FunctionBindingException(string message)
        : base(message)
    {
    }
}
