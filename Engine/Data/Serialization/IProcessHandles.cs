namespace Engine.Data.Serialization;

/// <summary>
/// Objects that travel as numbers between connections of one process, for what can't travel as bytes. Nobody has any but tests, which
/// run what was written for one process over sockets.
/// </summary>
internal interface IProcessHandles
{
    /// <summary>Keeps an object; gives its number.</summary>
    long Put(object item);

    /// <exception cref="ProtocolViolationException">There is no such number.</exception>
    object Get(long handle);
}
