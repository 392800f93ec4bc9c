using System.Buffers;
using MemoryPack;

namespace Engine.Data.Serialization;

/// <summary>By MemoryPack, for types that are made for it.</summary>
internal sealed class MemoryPackWriter<T> : ValueWriter<T>
{
    public override ValueFormat Format => ValueFormat.MemoryPack;

    public override void Write(T value, IBufferWriter<byte> output)
    {
        try
        {
            MemoryPackSerializer.Serialize(output, value);
        }
        catch (Exception exception)
        {
            throw new ValueSerializationException($"A {typeof(T)} can't leave the process: {exception.Message}", exception);
        }
    }

    public override T Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return MemoryPackSerializer.Deserialize<T>(bytes.Span)!;
        }
        catch (Exception exception)
        {
            throw new ValueSerializationException($"What came is no {typeof(T)}: {exception.Message}", exception);
        }
    }
}

/// <summary>Says which types are made for MemoryPack.</summary>
internal static class MemoryPackWriter
{
    /// <summary>The writer of a type that is marked as MemoryPackable, or is an array or list of such; null for others.</summary>
    public static ValueWriter<T>? TryMake<T>() => IsMade(typeof(T)) ? new MemoryPackWriter<T>() : null;

    // By name: a program that doesn't use MemoryPack doesn't load it for the question.
    private static bool IsMade(Type type) =>
        type.IsSZArray ? IsMade(type.GetElementType()!)
        : type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(List<>) ? IsMade(type.GenericTypeArguments[0])
        : type.CustomAttributes.Any(static attribute => attribute.AttributeType.FullName == "MemoryPack.MemoryPackableAttribute");
}
