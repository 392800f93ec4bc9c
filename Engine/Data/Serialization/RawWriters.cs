using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Engine.Data.Serialization;

/// <summary>A struct without references, as it lies in memory: both sides run the same build, on machines of one byte order.</summary>
internal sealed class RawStructWriter<T> : ValueWriter<T>
{
    public override ValueFormat Format => ValueFormat.Raw;

    public override bool IsSafe => true;

    public override void Write(T value, IBufferWriter<byte> output)
    {
        var size = Unsafe.SizeOf<T>();
        Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(output.GetSpan(size)), value);
        output.Advance(size);
    }

    public override T Read(ReadOnlyMemory<byte> bytes) =>
        bytes.Length == Unsafe.SizeOf<T>()
            ? Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetReference(bytes.Span))
            : throw new ValueSerializationException($"A {typeof(T)} has {Unsafe.SizeOf<T>()} bytes, but {bytes.Length} came.");
}

/// <summary>An array of structs without references.</summary>
internal sealed class RawArrayWriter<TItem> : ValueWriter<TItem[]>
    where TItem : struct
{
    public override ValueFormat Format => ValueFormat.Raw;

    public override bool IsSafe => true;

    public override void Write(TItem[] value, IBufferWriter<byte> output) => output.Write(AsBytes(value));

    public override TItem[] Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length % Unsafe.SizeOf<TItem>() != 0)
        {
            throw new ValueSerializationException($"An item of a {typeof(TItem[])} has {Unsafe.SizeOf<TItem>()} bytes, and {bytes.Length} bytes came, which is no multiple.");
        }

        var array = GC.AllocateUninitializedArray<TItem>(bytes.Length / Unsafe.SizeOf<TItem>());
        bytes.Span.CopyTo(AsBytes(array));
        return array;
    }

    // Not MemoryMarshal.AsBytes: its parameter has to be known to hold no references, which only the caller has found out.
    private static Span<byte> AsBytes(TItem[] array) => MemoryMarshal.CreateSpan(
        ref Unsafe.As<TItem, byte>(ref MemoryMarshal.GetArrayDataReference(array)), checked(array.Length * Unsafe.SizeOf<TItem>()));
}
