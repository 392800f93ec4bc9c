namespace Engine.Transport.Sockets.Framing;

/// <summary>A message can't be encoded: a value of a type that nobody knows how to write, say, or too many bytes.</summary>
internal sealed class UnwritableMessageException(string message, Exception innerException) : EngineException(message, innerException);
