using System.Runtime.CompilerServices;
using Engine.Data.Serialization;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Home;

/// <summary>In the test's process: what stays at home and travels as a number. Closures do; values travel as they do for users.</summary>
internal sealed class HomeHandles : IProcessHandles
{
    private readonly ProcessHandles _items = new();
    private readonly ConditionalWeakTable<object, StrongBox<long>> _known = [];

    public bool Keeps(object item) => item is TaskWork;

    /// <remarks>The same number for the same object, so that worker processes ask once what it is.</remarks>
    public long Put(object item) => _known.GetValue(item, item => new StrongBox<long>(_items.Put(item))).Value;

    public object Get(long handle) => _items.Get(handle);
}

/// <summary>In a worker process: numbers of what stayed at home. There is nothing here that travels so.</summary>
internal sealed class GuestHandles : IProcessHandles
{
    public bool Keeps(object item) => false;

    public long Put(object item) => throw new NotSupportedException("What is in a worker process travels as it does for users.");

    /// <exception cref="ProtocolViolationException">It is no work.</exception>
    public object Get(long handle) => HomeClient.Instance.Describe(handle);
}
