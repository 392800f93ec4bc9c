using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Engine.Plugins;
using Engine.Protocol.Wire;

namespace Engine.Data.Serialization;

/// <summary>
/// Finds how values of a type are written: by the serializer that the type or its assembly names, as they lie in memory, by
/// MemoryPack where the type is made for it, by System.Text.Json otherwise.
/// </summary>
internal sealed class ValueSerializers
{
    /// <summary>Bytes of a value that are kept beside the object, because it may be asked for again.</summary>
    public const int KeptBytesMax = 64 * 1024;

    private readonly ConcurrentDictionary<Type, object> _writers = new();

    /// <summary>Null, but in tests.</summary>
    public IProcessHandles? Handles { get; init; }

    /// <summary>Makes a result fit to leave the process.</summary>
    /// <typeparam name="T">The type that its function declares.</typeparam>
    /// <exception cref="ValueSerializationException">It can't be.</exception>
    public DataValue Admit<T>(in DataValue value)
    {
        if (value.IsPlain)
        {
            return value;
        }

        if (value.IsSlot)
        {
            WriterOf<T>();
            return value;
        }

        var boxed = value.Boxed;
        if (boxed is SerializedValue)
        {
            return value;
        }

        if (PlainValue.TryUnbox(boxed!, out var plain)) // Not null: that is plain.
        {
            return plain;
        }

        return Handles?.Keeps(boxed!) == true ? value : AdmitObject((T)boxed!);
    }

    private DataValue AdmitObject<T>(T value)
    {
        var writer = WriterOf<T>();
        if (writer.IsSafe)
        {
            return DataValue.From<object>(new MadeValue<T>(value, writer, null));
        }

        var output = new ArrayBufferWriter<byte>();
        writer.Write(value, output);
        return DataValue.From<object>(new MadeValue<T>(value, writer, output.WrittenCount <= KeptBytesMax ? output.WrittenMemory : null));
    }

    /// <summary>Writes a literal input.</summary>
    public void Write<T>(ref WireWriter writer, T value) => ValueCodec.Write(ref writer, Admit<T>(DataValue.From(value)), this);

    /// <summary>Reads a literal input.</summary>
    public T Read<T>(ref WireReader reader) => ValueCodec.Read(ref reader, this).Get<T>();

    /// <summary>Reads a value of a type from its bytes.</summary>
    /// <exception cref="ResultTypeException">It is of another type.</exception>
    /// <exception cref="ValueSerializationException">The bytes are no such value.</exception>
    public T Deserialize<T>(ulong stamp, ValueFormat format, ReadOnlyMemory<byte> bytes)
    {
        if (stamp != TypeStamp<T>.Value)
        {
            throw new ResultTypeException($"The value is no {typeof(T)}. Ask for the type that the task's function declares.");
        }

        var writer = WriterOf<T>();
        return writer.Format == format
            ? writer.Read(bytes)
            : throw new ValueSerializationException($"A {typeof(T)} was written as {format}, but is read as {writer.Format} here. Both sides need the same serializers.");
    }

    /// <summary>The writer of a type.</summary>
    /// <exception cref="ValueSerializationException">Its values can't leave the process.</exception>
    internal ValueWriter<T> WriterOf<T>()
    {
        if (_writers.TryGetValue(typeof(T), out var known))
        {
            return known as ValueWriter<T> ?? throw (ValueSerializationException)known;
        }

        try
        {
            var made = Make<T>();
            _writers[typeof(T)] = made;
            return made;
        }
        catch (ValueSerializationException exception)
        {
            _writers[typeof(T)] = exception;
            throw;
        }
    }

    private static ValueWriter<T> Make<T>()
    {
        var type = typeof(T);
        if (FindNamed<T>() is { } named)
        {
            return named;
        }

        if (!RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            return new RawStructWriter<T>();
        }

        if (type.IsSZArray && IsRaw(type.GetElementType()!))
        {
            return (ValueWriter<T>)Activator.CreateInstance(typeof(RawArrayWriter<>).MakeGenericType(type.GetElementType()!))!;
        }

        return MemoryPackWriter.TryMake<T>() ?? new JsonWriter<T>(JsonContract.Options);
    }

    private static ValueWriter<T>? FindNamed<T>()
    {
        foreach (var provider in new ICustomAttributeProvider[] { typeof(T), typeof(T).Assembly })
        {
            if (provider.GetCustomAttributes(typeof(ValueSerializerAttribute), inherit: false) is [ValueSerializerAttribute attribute, ..])
            {
                switch (MakeSerializer(attribute.Serializer))
                {
                    case IValueSerializer serializer when serializer.Supports(typeof(T)):
                        return new CustomWriter<T>(serializer);
                    case JsonSerializerContext context when context.GetTypeInfo(typeof(T)) is not null:
                        return new JsonWriter<T>(context.Options);
                }
            }
        }

        return null;
    }

    /// <remarks>The context that was generated knows the options that were asked for; a new one doesn't.</remarks>
    private static object? MakeSerializer(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor | DynamicallyAccessedMemberTypes.PublicProperties)] Type type) => typeof(JsonSerializerContext).IsAssignableFrom(type)
        ? type.GetProperty("Default", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)
        : Activator.CreateInstance(type);

    private static bool IsRaw(Type type) => type.IsValueType && !(bool)typeof(RuntimeHelpers)
        .GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!.MakeGenericMethod(type).Invoke(null, null)!;
}
