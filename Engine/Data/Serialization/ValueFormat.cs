using System.Buffers;

namespace Engine.Data.Serialization;

/// <summary>How values of a type are written.</summary>
internal enum ValueFormat : byte
{
    /// <summary>The bytes of a struct without references, or of an array of such.</summary>
    Raw = 1,

    /// <summary>By the serializer that an attribute names.</summary>
    Custom = 2,

    /// <summary>MemoryPack.</summary>
    MemoryPack = 3,

    /// <summary>System.Text.Json.</summary>
    Json = 4,
}

/// <summary>Writes and reads values of one type; found once for each type.</summary>
internal abstract class ValueWriter<T>
{
    public abstract ValueFormat Format { get; }

    /// <summary>Whether writing can't fail, so that it need not be tried before it is needed.</summary>
    public virtual bool IsSafe => false;

    /// <exception cref="ValueSerializationException">The value can't be written.</exception>
    public abstract void Write(T value, IBufferWriter<byte> output);

    /// <exception cref="ValueSerializationException">The bytes are no such value.</exception>
    public abstract T Read(ReadOnlyMemory<byte> bytes);
}
