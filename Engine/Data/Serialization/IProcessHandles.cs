namespace Engine.Data.Serialization;

/// <summary>
/// Objects that travel as numbers, because they stay where they are. Nobody has any but tests, which run what was written for one process
/// over sockets and with worker processes.
/// </summary>
internal interface IProcessHandles
{
    /// <summary>Whether an object travels as a number, rather than as it would without this.</summary>
    bool Keeps(object item);

    /// <summary>Keeps an object; gives its number.</summary>
    long Put(object item);

    /// <exception cref="ProtocolViolationException">There is no such number.</exception>
    object Get(long handle);
}
