using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks;

/// <summary>An input that is a list: the values of a run of dependencies.</summary>
internal readonly struct ListArgument<T>(int first, int count) : IArgument<ListArgument<T>, IReadOnlyList<T>>
{
    private readonly int _first = first;
    private readonly int _count = count;

    public bool HoldsNothing => true;

    public IReadOnlyList<T> Read(TaskInputs inputs, int element) => inputs.GetList<T>(_first, _count);

    public void Write(ref WireWriter writer, ValueSerializers serializers)
    {
        writer.Count(_first);
        writer.Count(_count);
    }

    public static ListArgument<T> Read(ref WireReader reader, ValueSerializers serializers) => new(reader.Count(), reader.Count());

    public bool SameAs(ListArgument<T> other) => _first == other._first && _count == other._count;
}
