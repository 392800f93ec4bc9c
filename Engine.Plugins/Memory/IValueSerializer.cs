using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Engine.Plugins;

/// <summary>Turns values of some types into bytes and back, for values that leave the process.</summary>
/// <remarks>dask: <c>register_serialization</c>. Named by <see cref="ValueSerializerAttribute"/>. Called by many threads at once.</remarks>
public interface IValueSerializer
{
    /// <summary>Whether it serializes values that are declared as a type.</summary>
    /// <param name="type">The type that a function declares.</param>
    bool Supports(Type type);

    /// <summary>Writes a value.</summary>
    /// <typeparam name="T">A type that it supports.</typeparam>
    /// <param name="value">The value; not null.</param>
    /// <param name="output">Where to.</param>
    void Write<T>(T value, IBufferWriter<byte> output);

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">A type that it supports.</typeparam>
    /// <param name="bytes">What <see cref="Write"/> has written.</param>
    /// <returns>The value.</returns>
    T Read<T>(ReadOnlyMemory<byte> bytes);
}

/// <summary>Says which serializer takes values of a type, or of the types of an assembly that it supports.</summary>
/// <param name="serializer">
/// A class with a parameterless constructor that implements <see cref="IValueSerializer"/>, or a source-generated
/// <c>JsonSerializerContext</c>, which takes the types that it lists.
/// </param>
/// <remarks>The type's own attribute comes before that of its assembly, and both before what the engine would use.</remarks>
[AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class ValueSerializerAttribute(
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor | DynamicallyAccessedMemberTypes.PublicProperties)] Type serializer) : Attribute
{
    /// <summary>The class.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor | DynamicallyAccessedMemberTypes.PublicProperties)]
    public Type Serializer { get; } = serializer;
}
