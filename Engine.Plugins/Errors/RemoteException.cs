namespace Engine;

/// <summary>An exception of another process, of a type that doesn't travel: what it said, as data.</summary>
/// <remarks>dask: pickles exceptions. Here no type is ever looked up by a name that came over a connection.</remarks>
public sealed class RemoteException : EngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="typeName">The full name of the type that it has where it was thrown.</param>
    /// <param name="message">Its message, as it is.</param>
    /// <param name="remoteStackTrace">Its stack there, or null if it was not thrown.</param>
    /// <param name="innerException">Its cause, or null.</param>
    public RemoteException(string typeName, string message, string? remoteStackTrace = null, Exception? innerException = null)
        : base(message, innerException) => (TypeName, RemoteStackTrace) = (typeName, remoteStackTrace);

    /// <summary>The full name of the type that it has where it was thrown.</summary>
    public string TypeName { get; }

    /// <summary>Its stack where it was thrown, or null if it was not thrown.</summary>
    public string? RemoteStackTrace { get; }
}
