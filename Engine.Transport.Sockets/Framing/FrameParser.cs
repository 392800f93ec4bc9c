using System.Buffers;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>A frame, or what has come of a piece.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Payload">Its bytes; valid until the next read.</param>
/// <param name="IsFirst">False for what comes later of a piece that came in parts.</param>
internal readonly record struct Frame(FrameType Type, ReadOnlySequence<byte> Payload, bool IsFirst)
{
    /// <summary>Bytes that this took on the wire.</summary>
    public int WireBytes => (int)Payload.Length + (IsFirst ? FrameLayout.HeaderBytes : 0);
}

/// <summary>Cuts bytes into frames. Pieces are handed on as they come, all else when it is complete.</summary>
internal sealed class FrameParser(TransportLimits limits)
{
    private FrameType _piece;
    private int _left;

    /// <summary>Whether a piece has come in part.</summary>
    public bool IsInPiece => _left > 0;

    /// <summary>Takes the next frame off the front of the input.</summary>
    /// <returns>False when more bytes are needed.</returns>
    public bool TryRead(ref ReadOnlySequence<byte> input, out Frame frame)
    {
        if (_left > 0)
        {
            return TryTakePiece(ref input, isFirst: false, out frame);
        }

        frame = default;
        if (input.Length < FrameLayout.HeaderBytes)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[FrameLayout.HeaderBytes];
        input.Slice(0, FrameLayout.HeaderBytes).CopyTo(header);
        var type = (FrameType)header[4];
        var bytes = FrameLayout.Check(header, limits);
        if (FrameLayout.IsPiece(type))
        {
            if (input.Length == FrameLayout.HeaderBytes)
            {
                return false;
            }

            input = input.Slice(FrameLayout.HeaderBytes);
            (_piece, _left) = (type, bytes);
            return TryTakePiece(ref input, isFirst: true, out frame);
        }

        if (input.Length < FrameLayout.HeaderBytes + bytes)
        {
            return false;
        }

        frame = new Frame(type, input.Slice(FrameLayout.HeaderBytes, bytes), IsFirst: true);
        input = input.Slice(FrameLayout.HeaderBytes + bytes);
        return true;
    }

    private bool TryTakePiece(ref ReadOnlySequence<byte> input, bool isFirst, out Frame frame)
    {
        var bytes = (int)Math.Min(_left, input.Length);
        frame = new Frame(_piece, input.Slice(0, bytes), isFirst);
        input = input.Slice(bytes);
        _left -= bytes;
        return bytes > 0;
    }
}
