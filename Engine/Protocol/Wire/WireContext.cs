using System.Collections.Concurrent;
using Engine.Data.Serialization;
using Engine.Tasks;
using Engine.Tasks.Remote;

namespace Engine.Protocol.Wire;

/// <summary>What all connections of a process share when they write and read messages: values' serializers, and where functions are found.</summary>
/// <param name="serializers">How values are written.</param>
/// <param name="binder">Finds functions; null where none are run: they stay references.</param>
internal sealed class WireContext(ValueSerializers serializers, FunctionBinder? binder)
{
    /// <summary>Functions that are remembered. A program has not many more; forgetting one only begins its statistics anew.</summary>
    private const int ReferencesMax = 1 << 16;

    private readonly ConcurrentDictionary<FunctionReference, FunctionReference> _references = new();

    public ValueSerializers Serializers => serializers;

    /// <summary>One object for equal references, so that statistics of a function are one function's.</summary>
    public FunctionReference Intern(FunctionReference reference)
    {
        if (_references.TryGetValue(reference, out var known))
        {
            return known;
        }

        if (_references.Count >= ReferencesMax)
        {
            _references.Clear();
        }

        return _references.GetOrAdd(reference, reference);
    }

    /// <summary>What is handed to the component for work that arrived.</summary>
    public TaskWork Bind(RemoteWork work) => binder is null ? work : binder.Bind(work);

    /// <summary>The delegate of a reference; the reference itself, if there is no such function here or functions are not run here.</summary>
    public object TryBindDelegate(FunctionReference reference)
    {
        try
        {
            return binder is null ? reference : binder.BindDelegate(reference);
        }
        catch (FunctionBindingException)
        {
            return reference; // Who needs it says that it is missing.
        }
    }
}
