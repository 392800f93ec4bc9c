using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>What came out of the bytes.</summary>
internal enum ReceivedKind
{
    /// <summary>A part of a message.</summary>
    Part,

    /// <summary>A message.</summary>
    Message,

    /// <summary>The other side takes more.</summary>
    Credit,

    /// <summary>The other side ends the connection; nothing follows.</summary>
    Close,

    /// <summary>The other side knows that the connection ends; nothing follows.</summary>
    CloseAck,
}

/// <summary>What came out of the bytes, with the bytes of the data lane that it took.</summary>
internal readonly record struct Received(ReceivedKind Kind, int DataBytes, Message? Message = null, long Credit = 0, Disconnect? Reason = null);

/// <summary>
/// Bytes in, messages out: all that a connection does with what arrives, without I/O. Every violation is a
/// <see cref="ProtocolViolationException"/>; after one, nothing more is to be read.
/// </summary>
internal sealed class FrameReceiver(IWireCodec data, IWireCodec control, TransportLimits limits, ReceiveWindow window)
{
    private readonly FrameParser _parser = new(limits);
    private readonly MessageAssembler _data = new(Lane.Data, data, limits);
    private readonly MessageAssembler _control = new(Lane.Control, control, limits);

    /// <summary>Whether a message has come in part.</summary>
    public bool IsInMessage => _parser.IsInPiece || _data.IsBusy || _control.IsBusy;

    /// <summary>Takes what comes next off the front of the input.</summary>
    /// <returns>False when more bytes are needed.</returns>
    public bool TryRead(ref ReadOnlySequence<byte> input, out Received received)
    {
        if (!_parser.TryRead(ref input, out var frame))
        {
            received = default;
            return false;
        }

        var dataBytes = 0;
        if (FrameLayout.IsData(frame.Type))
        {
            dataBytes = frame.WireBytes;
            window.Take(dataBytes, frame.IsFirst);
        }

        received = frame.Type switch
        {
            FrameType.DataMessage => Whole(_data.ReadWhole(frame.Payload), dataBytes),
            FrameType.ControlMessage => Whole(_control.ReadWhole(frame.Payload), 0),
            FrameType.DataStart => Whole(_data.Start(frame.Payload), dataBytes),
            FrameType.ControlStart => Whole(_control.Start(frame.Payload), 0),
            FrameType.DataPiece => Whole(_data.Add(frame.Payload), dataBytes),
            FrameType.ControlPiece => Whole(_control.Add(frame.Payload), 0),
            FrameType.Credit => new Received(ReceivedKind.Credit, 0, Credit: ReadCredit(frame.Payload)),
            FrameType.Close => new Received(ReceivedKind.Close, 0, Reason: ReadReason(frame.Payload)),
            _ => new Received(ReceivedKind.CloseAck, 0), // The parser lets nothing else through.
        };
        return true;
    }

    /// <summary>Lets go of what has come of messages.</summary>
    public void Release()
    {
        _data.Release();
        _control.Release();
    }

    private static Received Whole(Message? message, int dataBytes) =>
        new(message is null ? ReceivedKind.Part : ReceivedKind.Message, dataBytes, message);

    private static long ReadCredit(in ReadOnlySequence<byte> payload)
    {
        Span<byte> bytes = stackalloc byte[4];
        payload.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private static Disconnect ReadReason(in ReadOnlySequence<byte> payload)
    {
        var kind = (DisconnectKind)payload.FirstSpan[0];
        return kind is DisconnectKind.Closed or DisconnectKind.Aborted or DisconnectKind.ProtocolViolation
            ? new Disconnect(kind, Encoding.UTF8.GetString(payload.Slice(1)))
            : throw new ProtocolViolationException($"A connection was closed with the kind {(int)kind}; 0 to 2 are allowed.");
    }
}
