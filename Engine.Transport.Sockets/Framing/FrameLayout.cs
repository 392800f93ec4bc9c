using System.Buffers.Binary;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>Sizes of frames, and what each type may have. A frame is its length (4 bytes, little endian, of what follows), its type, its payload.</summary>
internal static class FrameLayout
{
    /// <summary>Length and type.</summary>
    public const int HeaderBytes = 5;

    /// <summary>Bytes of the body of a message that travels whole. A longer one travels in pieces, so that control can overtake it.</summary>
    public const int WholeBytesMax = 64 << 10;

    /// <summary>Bytes of a piece.</summary>
    public const int PieceBytesMax = 128 << 10;

    /// <summary>Bytes of the words in a close frame.</summary>
    public const int DetailBytesMax = 1024;

    private const int VarintBytesMax = 5;

    public static void WriteHeader(Span<byte> header, FrameType type, int payloadBytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, payloadBytes + 1);
        header[4] = (byte)type;
    }

    /// <summary>Checks a header before anything of the frame is read.</summary>
    /// <returns>The bytes of the payload.</returns>
    public static int Check(ReadOnlySpan<byte> header, TransportLimits limits)
    {
        var payload = BinaryPrimitives.ReadUInt32LittleEndian(header) - 1L;
        var type = (FrameType)header[4];
        var (min, max) = PayloadBytes(type, limits);
        return payload >= min && payload <= max
            ? (int)payload
            : throw new ProtocolViolationException($"A frame {type} came with {payload} bytes; {min} to {max} are allowed.");
    }

    public static bool IsPiece(FrameType type) => type is FrameType.DataPiece or FrameType.ControlPiece;

    public static bool IsData(FrameType type) => type is FrameType.DataMessage or FrameType.DataStart or FrameType.DataPiece;

    private static (long Min, long Max) PayloadBytes(FrameType type, TransportLimits limits) => type switch
    {
        FrameType.DataMessage or FrameType.ControlMessage => (1, 1 + Math.Min(WholeBytesMax, limits.BodyBytesMax)),
        FrameType.DataStart or FrameType.ControlStart => (3, Math.Min(int.MaxValue / 2, 1 + (VarintBytesMax * (2L + limits.AttachmentsMax)))),
        FrameType.DataPiece or FrameType.ControlPiece => (1, PieceBytesMax),
        FrameType.Credit => (4, 4),
        FrameType.Close => (1, 1 + DetailBytesMax),
        FrameType.CloseAck => (0, 0),
        _ => throw new ProtocolViolationException($"A frame of type {(byte)type} came; {(byte)FrameType.DataMessage} to {(byte)FrameType.CloseAck} are allowed."),
    };
}
