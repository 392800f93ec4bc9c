using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks;

/// <summary>An input whose kind is known only when the task is submitted: a value, a dependency, or a list of dependencies.</summary>
/// <remarks>Eight bytes more than <see cref="Argument{T}"/>, and an object for a list: for functions of three inputs and more.</remarks>
internal readonly struct MixedArgument<T> : IArgument<MixedArgument<T>, T>
{
    private readonly Argument<T> _single;
    private readonly ListReader<T>? _list;

    public MixedArgument(Argument<T> single) => _single = single;

    public MixedArgument(ListReader<T> list) => _list = list;

    public bool HoldsNothing => _list is null && _single.HoldsNothing;

    public T Read(TaskInputs inputs, int element) => _list is null ? _single.Read(inputs, element) : _list.Read(inputs);

    public void Write(ref WireWriter writer, ValueSerializers serializers)
    {
        writer.Bool(_list is not null);
        if (_list is null)
        {
            _single.Write(ref writer, serializers);
        }
        else
        {
            writer.Count(_list.First);
            writer.Count(_list.Count);
        }
    }

    public static MixedArgument<T> Read(ref WireReader reader, ValueSerializers serializers) =>
        reader.Bool()
            ? new(ListReaders<T>.Of(reader.Count(), reader.Count()) ?? throw new ProtocolViolationException($"A {typeof(T)} is no list of inputs."))
            : new(Argument<T>.Read(ref reader, serializers));

    public bool SameAs(MixedArgument<T> other) =>
        _list is null ? other._list is null && _single.SameAs(other._single) : _list.Equals(other._list);
}
