namespace Engine;

/// <summary>A selector named a worker that the scheduler doesn't know.</summary>
public sealed class UnknownWorkerException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which worker, and which there are.</param>
    public UnknownWorkerException(string message)
        : base(message)
    {
    }
}

/// <summary>A worker or a nanny was not let in.</summary>
public sealed class WorkerRefusedException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Why, and what lets it in again.</param>
    public WorkerRefusedException(string message)
        : base(message)
    {
    }
}

/// <summary>A worker or a component did not come up.</summary>
public sealed class StartFailedException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">What did not come up.</param>
    /// <param name="innerException">Why.</param>
    public StartFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>Workers that were restarted did not all come back in the time given.</summary>
public sealed class RestartTimeoutException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">How many came back, and which did not.</param>
    public RestartTimeoutException(string message)
        : base(message)
    {
    }
}

/// <summary>A plugin could not be registered or removed.</summary>
public sealed class PluginException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which plugin, where, and what to do.</param>
    /// <param name="innerException">What the plugin threw, or null.</param>
    public PluginException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
