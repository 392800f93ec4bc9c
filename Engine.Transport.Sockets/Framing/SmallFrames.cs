using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>Frames that carry no message.</summary>
internal static class SmallFrames
{
    public static int WriteCredit(IBufferWriter<byte> output, uint bytes)
    {
        var span = output.GetSpan(FrameLayout.HeaderBytes + 4);
        FrameLayout.WriteHeader(span, FrameType.Credit, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(span[FrameLayout.HeaderBytes..], bytes);
        output.Advance(FrameLayout.HeaderBytes + 4);
        return FrameLayout.HeaderBytes + 4;
    }

    public static int WriteClose(IBufferWriter<byte> output, Disconnect reason)
    {
        var detail = Encoding.UTF8.GetBytes(Shorten(reason).Detail);
        var bytes = FrameLayout.HeaderBytes + 1 + detail.Length;
        var span = output.GetSpan(bytes);
        FrameLayout.WriteHeader(span, FrameType.Close, 1 + detail.Length);
        span[FrameLayout.HeaderBytes] = (byte)reason.Kind;
        detail.CopyTo(span[(FrameLayout.HeaderBytes + 1)..]);
        output.Advance(bytes);
        return bytes;
    }

    public static int WriteCloseAck(IBufferWriter<byte> output)
    {
        FrameLayout.WriteHeader(output.GetSpan(FrameLayout.HeaderBytes), FrameType.CloseAck, 0);
        output.Advance(FrameLayout.HeaderBytes);
        return FrameLayout.HeaderBytes;
    }

    /// <summary>The reason with no more words than a frame holds: both sides are told the same.</summary>
    public static Disconnect Shorten(Disconnect reason)
    {
        var bytes = Encoding.UTF8.GetBytes(reason.Detail);
        var detail = bytes.Length <= FrameLayout.DetailBytesMax ? Encoding.UTF8.GetString(bytes) : Cut(reason.Detail);
        return detail == reason.Detail ? reason : new Disconnect(reason.Kind, detail);
    }

    private static string Cut(string detail)
    {
        var text = new StringBuilder();
        var bytes = 0;
        foreach (var rune in detail.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > FrameLayout.DetailBytesMax)
            {
                break;
            }

            text.Append(rune);
        }

        return text.ToString();
    }
}
