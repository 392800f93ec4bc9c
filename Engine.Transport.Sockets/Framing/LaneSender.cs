using System.Buffers;
using System.Collections.Concurrent;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>
/// The sending side of one lane: messages in, by anybody; frames out, one at a time, by the one that writes. What is large comes
/// out in pieces, so that the other lane gets its turn between them.
/// </summary>
internal sealed class LaneSender(Lane lane, IWireCodec codec, TransportLimits limits)
{
    private readonly ConcurrentQueue<Message> _queue = new();
    private readonly MessageOutput _message = new(limits);
    private readonly FrameType _whole = lane == Lane.Data ? FrameType.DataMessage : FrameType.ControlMessage;
    private readonly FrameType _start = lane == Lane.Data ? FrameType.DataStart : FrameType.ControlStart;
    private readonly FrameType _piece = lane == Lane.Data ? FrameType.DataPiece : FrameType.ControlPiece;

    // Of a message that goes in pieces: how much is left of all, the part that is next (-1 is the body), and where in it.
    private long _left;
    private int _part;
    private int _offset;

    public bool IsIdle => _left == 0 && _queue.IsEmpty;

    public void Enqueue(Message message) => _queue.Enqueue(message);

    /// <summary>Writes the next frame.</summary>
    /// <returns>Its bytes; 0 when there is nothing to send.</returns>
    public int WriteNext(IBufferWriter<byte> output)
    {
        if (_left > 0)
        {
            return WritePiece(output);
        }

        if (!_queue.TryDequeue(out var message))
        {
            return 0;
        }

        _message.Begin(output);
        var kind = Encode(message);
        return _message.Attachments.Count == 0 && _message.BodyBytes <= FrameLayout.WholeBytesMax
            ? WriteWhole(output, kind)
            : WriteStart(output, kind);
    }

    /// <summary>Lets go of all that was not sent.</summary>
    public void Drop()
    {
        _queue.Clear();
        _message.End();
        _left = 0;
    }

    private int Encode(Message message)
    {
        var type = message.GetType(); // Asked before: it may be given back to its pool.
        try
        {
            var kind = codec.Write(message, _message);
            var total = _message.BodyBytes + _message.AttachmentBytes;
            return kind is < 1 or > byte.MaxValue ? throw new InvalidOperationException($"its codec gave it the kind {kind}; 1 to 255 are allowed")
                : total > limits.MessageBytesMax
                    ? throw new InvalidOperationException(
                        $"it has {total} bytes; {limits.MessageBytesMax} are allowed. Send several, or raise TransportLimits.MessageBytesMax")
                    : kind;
        }
#pragma warning disable CA1031 // A codec runs code of users: whatever it throws, the message can't be written.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new UnwritableMessageException($"A {type.Name} could not be written: {exception.Message}", exception);
        }
    }

    private int WriteWhole(IBufferWriter<byte> output, int kind)
    {
        var whole = _message.Whole;
        FrameLayout.WriteHeader(whole.Span, _whole, whole.Length - FrameLayout.HeaderBytes);
        whole.Span[FrameLayout.HeaderBytes] = (byte)kind;
        if (_message.IsInPlace)
        {
            output.Advance(whole.Length);
        }
        else
        {
            output.Write(whole.Span);
        }

        _message.End();
        return whole.Length;
    }

    private int WriteStart(IBufferWriter<byte> output, int kind)
    {
        if (_message.IsInPlace)
        {
            _message.MoveOut(_message.Whole.Length); // The announcement goes where the body is.
        }

        var attachments = _message.Attachments;
        var total = (long)_message.BodyBytes;
        var payload = new ArrayBufferWriter<byte>(16 + (5 * attachments.Count)); // Small beside what it announces.
        payload.Write([(byte)kind]);
        WriteNumber(payload, _message.BodyBytes);
        WriteNumber(payload, attachments.Count);
        for (var i = 0; i < attachments.Count; i++)
        {
            WriteNumber(payload, attachments[i].Length);
            total += attachments[i].Length;
        }

        Span<byte> header = stackalloc byte[FrameLayout.HeaderBytes];
        FrameLayout.WriteHeader(header, _start, payload.WrittenCount);
        output.Write(header);
        output.Write(payload.WrittenSpan);
        (_left, _part, _offset) = (total, -1, 0);
        if (total == 0)
        {
            _message.End();
        }

        return FrameLayout.HeaderBytes + payload.WrittenCount;
    }

    private int WritePiece(IBufferWriter<byte> output)
    {
        var bytes = (int)Math.Min(_left, FrameLayout.PieceBytesMax);
        Span<byte> header = stackalloc byte[FrameLayout.HeaderBytes];
        FrameLayout.WriteHeader(header, _piece, bytes);
        output.Write(header);
        for (var left = bytes; left > 0;)
        {
            var part = _part < 0 ? _message.Body : _message.Attachments[_part];
            var count = Math.Min(left, part.Length - _offset);
            output.Write(part.Span.Slice(_offset, count));
            left -= count;
            _offset += count;
            if (_offset == part.Length)
            {
                _part++;
                _offset = 0;
            }
        }

        _left -= bytes;
        if (_left == 0)
        {
            _message.End();
        }

        return FrameLayout.HeaderBytes + bytes;
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, int number)
    {
        var span = output.GetSpan(5);
        var count = 0;
        for (var rest = (uint)number; ; rest >>= 7)
        {
            span[count++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                break;
            }
        }

        output.Advance(count);
    }
}
