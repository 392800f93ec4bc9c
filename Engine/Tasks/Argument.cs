using System.Runtime.CompilerServices;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks;

/// <summary>One input of a call: a literal value, here or in the task's element number, or the place of a dependency among the task's inputs.</summary>
internal readonly struct Argument<T> : IArgument<Argument<T>, T>
{
    private const int InElement = -1;

    private readonly T _value;
    private readonly int _place; // One more than the dependency's index, so that a default argument is a literal.

    private Argument(T value, int place) => (_value, _place) = (value, place);

    public static Argument<T> Literal(T value) => new(value, 0);

    /// <summary>A literal that travels in the task's element number, if it fits and that is free.</summary>
    public static Argument<T> Literal(T value, ref ElementLiteral element) =>
        element.TryTake(value) ? new(default!, InElement) : new(value, 0); // Never read: the place decides.

    public static Argument<T> Dependency(int index) => new(default!, index + 1); // Never read: the place decides.

    public bool HoldsNothing => _place != 0;

    public T Read(TaskInputs inputs, int element) => _place switch
    {
        0 => _value,
        InElement => Unsafe.As<int, T>(ref element),
        _ => inputs.Get<T>(_place - 1),
    };

    public void Write(ref WireWriter writer, ValueSerializers serializers)
    {
        writer.Int(_place);
        if (_place == 0)
        {
            serializers.Write(ref writer, _value);
        }
    }

    public static Argument<T> Read(ref WireReader reader, ValueSerializers serializers)
    {
        var place = reader.Int32();
        return place switch
        {
            0 => new(serializers.Read<T>(ref reader), 0),
            InElement when RuntimeHelpers.IsReferenceOrContainsReferences<T>() || Unsafe.SizeOf<T>() > sizeof(int) =>
                throw new ProtocolViolationException($"A {typeof(T)} does not fit a task's number."),
            >= InElement => new(default!, place), // Never read: the place decides.
            _ => throw new ProtocolViolationException($"An input has the place {place}."),
        };
    }

    /// <summary>Whether two arguments are the same dependency, equal values, or both in the element number.</summary>
    public bool SameAs(Argument<T> other) =>
        _place == other._place && (_place != 0 || EqualityComparer<T>.Default.Equals(_value, other._value));
}
