using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Engine.Plugins.Transports;

namespace Engine.Protocol.Wire;

/// <summary>Writes the parts of a message. Numbers are LEB128, seven bits a byte, low ones first; signed ones are zigzagged.</summary>
/// <remarks>Source of both encodings: Protocol Buffers, "Encoding". Takes memory from the output in stretches, so <see cref="Complete"/> has to be called at the end.</remarks>
internal ref struct WireWriter(IWireOutput output)
{
    /// <summary>What is longer travels as an attachment, and is not copied.</summary>
    public const int AttachedMin = 32 * 1024;

    private const int StretchBytes = 512;
    private const int VarIntBytesMax = 10;
    private Span<byte> _span = [];
    private int _written;

    public readonly IWireOutput Output => output;

    /// <summary>Hands what was written to the output. The writer can go on after it.</summary>
    public void Complete()
    {
        output.Advance(_written);
        _span = [];
        _written = 0;
    }

    public void Byte(byte value)
    {
        Ensure(1);
        _span[_written++] = value;
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void UInt(ulong value)
    {
        Ensure(VarIntBytesMax);
        while (value >= 0x80)
        {
            _span[_written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _span[_written++] = (byte)value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Int(long value) => UInt((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A number that is not negative.</summary>
    public void Count(int value) => UInt((uint)value);

    public void Double(double value)
    {
        Ensure(sizeof(double));
        BinaryPrimitives.WriteDoubleLittleEndian(_span[_written..], value);
        _written += sizeof(double);
    }

    public void Single(float value)
    {
        Ensure(sizeof(float));
        BinaryPrimitives.WriteSingleLittleEndian(_span[_written..], value);
        _written += sizeof(float);
    }

    public void Guid(Guid value)
    {
        Ensure(16);
        value.TryWriteBytes(_span[_written..]);
        _written += 16;
    }

    public void Time(TimeSpan value) => Int(value.Ticks);

    public void Key(TaskKey key) => UInt(key.Value);

    public void Worker(WorkerId worker) => Int(worker.Number);

    /// <summary>A text, or null.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            UInt(0);
            return;
        }

        var bytes = Encoding.UTF8.GetByteCount(value);
        UInt((ulong)bytes + 1);
        Ensure(bytes);
        _written += Encoding.UTF8.GetBytes(value, _span[_written..]);
    }

    /// <summary>Bytes with their number, in the body.</summary>
    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        Raw(value);
    }

    /// <summary>Bytes without their number, in the body.</summary>
    public void Raw(scoped ReadOnlySpan<byte> value)
    {
        Ensure(value.Length);
        value.CopyTo(_span[_written..]);
        _written += value.Length;
    }

    /// <summary>Bytes with their number: many are attached, few are copied. They must not change any more.</summary>
    public void Blob(ReadOnlyMemory<byte> value)
    {
        Bool(value.Length >= AttachedMin);
        if (value.Length >= AttachedMin)
        {
            output.Attach(value);
        }
        else
        {
            Bytes(value.Span);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ensure(int bytes)
    {
        if (_span.Length - _written < bytes)
        {
            Take(bytes);
        }
    }

    private void Take(int bytes)
    {
        output.Advance(_written);
        _written = 0;
        _span = output.GetSpan(Math.Max(bytes, StretchBytes));
    }
}
