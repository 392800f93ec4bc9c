using System.Collections.Concurrent;
using Engine.Data.Serialization;

namespace Engine.Tests.TestKit;

/// <summary>Keeps what can't travel as bytes: gates and closures of tests.</summary>
internal sealed class ProcessHandles : IProcessHandles
{
    private readonly ConcurrentDictionary<long, object> _items = new();
    private long _count;

    public bool Keeps(object item) => true;

    public long Put(object item)
    {
        var handle = Interlocked.Increment(ref _count);
        _items[handle] = item;
        return handle;
    }

    public object Get(long handle) => _items.TryGetValue(handle, out var item) ? item : throw new ProtocolViolationException($"There is no object {handle}.");
}
