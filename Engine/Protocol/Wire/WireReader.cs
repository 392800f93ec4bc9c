using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Engine.Protocol.Wire;

/// <summary>Reads the parts of a message as <see cref="WireWriter"/> writes them. What can't be is a <see cref="ProtocolViolationException"/>, before memory is taken for it.</summary>
internal ref struct WireReader(scoped in ReadOnlySequence<byte> body, ReadOnlySpan<byte[]> attachments)
{
    private SequenceReader<byte> _reader = new(body);
    private readonly ReadOnlySpan<byte[]> _attachments = attachments;
    private int _attachment;

    /// <summary>Bytes that have not been read.</summary>
    public readonly long Remaining => _reader.Remaining;

    /// <summary>Makes sure that all was read.</summary>
    public readonly void End()
    {
        if (_reader.Remaining > 0 || _attachment < _attachments.Length)
        {
            throw new ProtocolViolationException($"A message has {_reader.Remaining} bytes and {_attachments.Length - _attachment} attachments more than it should.");
        }
    }

    public byte Byte() => _reader.TryRead(out var value) ? value : throw TooShort();

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new ProtocolViolationException($"A yes or no is 0 or 1, not {other}."),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong UInt()
    {
        var first = Byte();
        return first < 0x80 ? first : UIntRest(first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Int()
    {
        var value = UInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A signed number of 32 bits.</summary>
    public int Int32()
    {
        var value = Int();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new ProtocolViolationException($"{value} does not fit a number of 32 bits.");
    }

    /// <summary>A number that is not negative.</summary>
    /// <param name="max">The most that it may be.</param>
    public int Count(int max = int.MaxValue)
    {
        var value = UInt();
        return value <= (ulong)max ? (int)value : throw new ProtocolViolationException($"A number is {value}, but may be {max} at most.");
    }

    /// <summary>The number of things that follow, each of which takes some bytes: no more than there are bytes for.</summary>
    public int Items(int bytesEach = 1) => Count((int)Math.Min(int.MaxValue, _reader.Remaining / bytesEach));

    public double Double()
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        Fill(bytes);
        return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
    }

    public float Single()
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        Fill(bytes);
        return BinaryPrimitives.ReadSingleLittleEndian(bytes);
    }

    public Guid Guid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        return new Guid(bytes);
    }

    public TimeSpan Time() => TimeSpan.FromTicks(Int());

    public TaskKey Key() => TaskKey.FromValue(UInt());

    public WorkerId Worker() => new(Int());

    /// <summary>A text, or null.</summary>
    public string? Text()
    {
        var length = UInt();
        if (length == 0)
        {
            return null;
        }

        if (length - 1 > (ulong)_reader.Remaining)
        {
            throw TooShort();
        }

        var bytes = _reader.UnreadSequence.Slice(0, (long)length - 1);
        _reader.Advance((long)length - 1);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A text that has to be there.</summary>
    public string TextNotNull() => Text() ?? throw new ProtocolViolationException("A text is missing.");

    /// <summary>Bytes with their number, copied.</summary>
    public byte[] Bytes()
    {
        var bytes = new byte[Items()];
        Fill(bytes);
        return bytes;
    }

    /// <summary>Bytes of a known number.</summary>
    public void Fill(scoped Span<byte> bytes)
    {
        if (!_reader.TryCopyTo(bytes))
        {
            throw TooShort();
        }

        _reader.Advance(bytes.Length);
    }

    /// <summary>Bytes that were attached or copied.</summary>
    public byte[] Blob() =>
        !Bool() ? Bytes()
        : _attachment < _attachments.Length ? _attachments[_attachment++]
        : throw new ProtocolViolationException("An attachment is missing.");

    /// <summary>A value of an enumeration whose values are consecutive from 0.</summary>
    public T Enum<T>(T last)
        where T : struct, Enum
    {
        var value = Count(Convert.ToInt32(last, System.Globalization.CultureInfo.InvariantCulture));
        return (T)System.Enum.ToObject(typeof(T), value);
    }

    private static ProtocolViolationException TooShort() => new("A message is shorter than it says.");

    private ulong UIntRest(byte first)
    {
        ulong value = first & 0x7fu;
        for (var shift = 7; shift < 70; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new ProtocolViolationException("A number has more than 64 bits.");
    }
}
