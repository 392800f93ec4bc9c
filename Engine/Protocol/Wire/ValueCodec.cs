using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Data;
using Engine.Data.Serialization;

namespace Engine.Protocol.Wire;

/// <summary>Writes and reads values of users: results, inputs, contents of events. A byte says what follows: a <see cref="PlainType"/>, or one of the two below.</summary>
internal static class ValueCodec
{
    /// <summary>A struct in a slot: its stamp and its bytes.</summary>
    private const byte Slot = 32;

    /// <summary>A <see cref="SerializedValue"/>: stamp, format, bytes.</summary>
    private const byte Serialized = 33;

    /// <summary>An object by its number in the process, see <see cref="IProcessHandles"/>.</summary>
    private const byte Handle = 34;

    /// <exception cref="ValueSerializationException">The value was not admitted (see <see cref="ValueSerializers.Admit"/>).</exception>
    public static void Write(ref WireWriter writer, in DataValue value, ValueSerializers serializers)
    {
        var plain = value.PlainType;
        if (plain == PlainType.None && value is { IsSlot: false, Reference: not SerializedValue and { } item } && serializers.Handles is { } handles && handles.Keeps(item))
        {
            writer.Byte(Handle);
            writer.Int(handles.Put(item));
            return;
        }

        writer.Byte(plain != PlainType.None ? (byte)plain : value.IsSlot ? Slot : Serialized);
        switch (value.Reference)
        {
            case null:
                break;
            case SlotType slot when plain != PlainType.None:
                WriteBits(ref writer, plain, value.Bits);
                break;
            case SlotType slot:
                writer.UInt(slot.Stamp);
                writer.Byte((byte)slot.Size);
                Span<byte> slotBytes = stackalloc byte[sizeof(long)];
                BinaryPrimitives.WriteInt64LittleEndian(slotBytes, value.Bits);
                writer.Raw(slotBytes[..slot.Size]);
                break;
            case string text:
                writer.Text(text);
                break;
            case byte[] bytes:
                writer.Blob(bytes);
                break;
            case Guid guid:
                writer.Guid(guid);
                break;
            case decimal number:
                Span<int> parts = stackalloc int[4];
                decimal.GetBits(number, parts);
                writer.Raw(MemoryMarshal.AsBytes<int>(parts));
                break;
            case SerializedValue serialized:
                writer.UInt(serialized.Stamp);
                writer.Byte((byte)serialized.Format);
                writer.Blob(serialized.Bytes);
                break;
            default:
                throw new ValueSerializationException($"A {value.Reference.GetType()} can't leave the process.");
        }
    }

    /// <inheritdoc cref="Write(ref WireWriter, in DataValue, ValueSerializers)"/>
    public static void Write(ref WireWriter writer, in DataValue value, WireContext context) => Write(ref writer, value, context.Serializers);

    public static DataValue Read(ref WireReader reader, WireContext context) => Read(ref reader, context.Serializers);

    public static DataValue Read(ref WireReader reader, ValueSerializers serializers)
    {
        var kind = reader.Byte();
        switch (kind)
        {
            case (byte)PlainType.Null:
                return default;
            case (byte)PlainType.Text:
                return DataValue.From(reader.TextNotNull());
            case (byte)PlainType.Bytes:
                return DataValue.From(reader.Blob());
            case (byte)PlainType.Guid:
                return DataValue.From<object>(reader.Guid());
            case (byte)PlainType.Decimal:
                return DataValue.From<object>(ReadDecimal(ref reader));
            case Slot:
                return ReadSlot(ref reader, serializers);
            case Serialized:
                var (stamp, format) = (reader.UInt(), (ValueFormat)reader.Byte());
                return format is >= ValueFormat.Raw and <= ValueFormat.Json
                    ? DataValue.From<object>(new ArrivedValue(stamp, format, reader.Blob(), serializers))
                    : throw new ProtocolViolationException($"There is no format {(int)format} of values.");
            case Handle when serializers.Handles is { } handles:
                return DataValue.From(handles.Get(reader.Int()));
            default:
                return ReadBits(ref reader, (PlainType)kind);
        }
    }

    private static void WriteBits(ref WireWriter writer, PlainType type, long bits)
    {
        switch (type)
        {
            case PlainType.Int32:
                writer.Int((int)bits);
                break;
            case PlainType.Int16:
                writer.Int((short)bits);
                break;
            case PlainType.SByte:
                writer.Int((sbyte)bits);
                break;
            case PlainType.Int64 or PlainType.TimeSpan:
                writer.Int(bits);
                break;
            case PlainType.Double:
                writer.Double(BitConverter.Int64BitsToDouble(bits));
                break;
            case PlainType.Single:
                writer.Single(BitConverter.Int32BitsToSingle((int)bits));
                break;
            default:
                writer.UInt((ulong)bits);
                break;
        }
    }

    private static DataValue ReadBits(ref WireReader reader, PlainType type) => type switch
    {
        PlainType.Int32 => DataValue.From(reader.Int32()),
        PlainType.Int64 => DataValue.From(reader.Int()),
        PlainType.Double => DataValue.From(reader.Double()),
        PlainType.Single => DataValue.From(reader.Single()),
        PlainType.Boolean => DataValue.From(reader.Bool()),
        PlainType.Byte => DataValue.From((byte)reader.Count(byte.MaxValue)),
        PlainType.SByte => DataValue.From((sbyte)Within(reader.Int(), sbyte.MinValue, sbyte.MaxValue)),
        PlainType.Int16 => DataValue.From((short)Within(reader.Int(), short.MinValue, short.MaxValue)),
        PlainType.UInt16 => DataValue.From((ushort)reader.Count(ushort.MaxValue)),
        PlainType.UInt32 => DataValue.From((uint)Within((long)Math.Min(reader.UInt(), long.MaxValue), 0, uint.MaxValue)),
        PlainType.UInt64 => DataValue.From(reader.UInt()),
        PlainType.Char => DataValue.From((char)reader.Count(char.MaxValue)),
        PlainType.DateTime => DataValue.From(ReadDateTime(reader.UInt())),
        PlainType.TimeSpan => DataValue.From(TimeSpan.FromTicks(reader.Int())),
        _ => throw new ProtocolViolationException($"There is no kind {(int)type} of values."),
    };

    private static long Within(long value, long min, long max) =>
        value >= min && value <= max ? value : throw new ProtocolViolationException($"{value} is not from {min} to {max}.");

    private static DateTime ReadDateTime(ulong bits)
    {
        const ulong ticks = 0x3FFF_FFFF_FFFF_FFFF; // The two bits above say which kind of time it is.
        return (bits & ticks) <= (ulong)DateTime.MaxValue.Ticks
            ? Unsafe.BitCast<ulong, DateTime>(bits)
            : throw new ProtocolViolationException("A point in time is out of range.");
    }

    private static decimal ReadDecimal(ref WireReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        reader.Fill(bytes);
        try
        {
            return new decimal(MemoryMarshal.Cast<byte, int>(bytes));
        }
        catch (ArgumentException)
        {
            throw new ProtocolViolationException("16 bytes are no decimal number.");
        }
    }

    private static DataValue ReadSlot(ref WireReader reader, ValueSerializers serializers)
    {
        var stamp = reader.UInt();
        var size = reader.Byte();
        if (size is 0 or > sizeof(long))
        {
            throw new ProtocolViolationException($"A slot holds 1 to 8 bytes, not {size}.");
        }

        var bytes = new byte[size];
        reader.Fill(bytes);
        return DataValue.From<object>(new ArrivedValue(stamp, ValueFormat.Raw, bytes, serializers));
    }
}
