using System.Buffers;

namespace Engine.Data.Serialization;

/// <summary>A value that is, or can be, bytes. Where it was made it is also an object; where it only passes through it never becomes one.</summary>
internal abstract class SerializedValue
{
    /// <summary>See <see cref="TypeStamp"/>.</summary>
    public abstract ulong Stamp { get; }

    public abstract ValueFormat Format { get; }

    /// <summary>The bytes; they don't change.</summary>
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The value, or null if it has not been read.</summary>
    public abstract object? Object { get; }

    /// <summary>Reads the value, and remembers it for the next reader of the same type.</summary>
    /// <exception cref="ResultTypeException">It is of another type.</exception>
    /// <exception cref="ValueSerializationException">The bytes are no such value.</exception>
    public abstract T Get<T>();
}

/// <summary>A value that arrived as bytes.</summary>
internal sealed class ArrivedValue(ulong stamp, ValueFormat format, ReadOnlyMemory<byte> bytes, ValueSerializers serializers) : SerializedValue
{
    private object? _object;

    public override ulong Stamp => stamp;

    public override ValueFormat Format => format;

    public override ReadOnlyMemory<byte> Bytes => bytes;

    public override object? Object => _object;

    public override T Get<T>()
    {
        if (_object is T known)
        {
            return known;
        }

        var value = serializers.Deserialize<T>(stamp, format, bytes);
        _object = value;
        return value;
    }
}

/// <summary>A value that was made here.</summary>
internal sealed class MadeValue<TDeclared>(TDeclared value, ValueWriter<TDeclared> writer, ReadOnlyMemory<byte>? bytes) : SerializedValue
{
    private ReadOnlyMemory<byte>? _bytes = bytes;

    public override ulong Stamp => TypeStamp<TDeclared>.Value;

    public override ValueFormat Format => writer.Format;

    /// <remarks>Many bytes are made when they are needed, and not kept.</remarks>
    public override ReadOnlyMemory<byte> Bytes
    {
        get
        {
            if (_bytes is { } kept)
            {
                return kept;
            }

            var output = new ArrayBufferWriter<byte>();
            writer.Write(value, output);
            if (output.WrittenCount <= ValueSerializers.KeptBytesMax)
            {
                _bytes = output.WrittenMemory;
            }

            return output.WrittenMemory;
        }
    }

    public override object? Object => value;

    public override T Get<T>() => value is T typed
        ? typed
        : throw new ResultTypeException($"The value is a {typeof(TDeclared)}, not a {typeof(T)}. Ask for the type that the task returns.");
}
