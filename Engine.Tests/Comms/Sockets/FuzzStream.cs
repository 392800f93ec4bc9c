using System.Buffers;
using Engine.Plugins.Transports;
using Engine.Protocol.Wire;
using Engine.Tests.TestKit.Wire;
using Engine.Transport.Sockets.Framing;

namespace Engine.Tests.Comms.Sockets;

/// <summary>A message as it is before it is put into frames.</summary>
internal sealed record FuzzMessage(Lane Lane, int Kind, byte[] Body, IReadOnlyList<byte[]> Attachments);

/// <summary>Messages from one role to another, in order, each lane with one codec: what a valid sender sends.</summary>
internal sealed record FuzzStream(ComponentRole From, ComponentRole To, IReadOnlyList<FuzzMessage> Messages)
{
    public static FuzzStream Write(IWireFormat format, ComponentRole from, ComponentRole to, IEnumerable<Message> messages)
    {
        var codecs = new[] { Lane.Data, Lane.Control }.ToDictionary(static lane => lane, _ => format.CreateCodec(from, to));
        return new FuzzStream(from, to, [.. messages.Select(message => Write(codecs[message.Lane], message))]);
    }

    /// <summary>The stream with one of its bodies spoilt.</summary>
    public FuzzStream Spoil(ByteMutator mutator)
    {
        var spoilt = mutator.Choose(Messages);
        var body = mutator.Mutate(spoilt.Body, mutator.Choose(Messages).Body);
        return this with { Messages = [.. Messages.Select(message => ReferenceEquals(message, spoilt) ? message with { Body = body } : message)] };
    }

    /// <summary>All of it in frames, as it may be: whole, or announced and in pieces of some bytes.</summary>
    public byte[] Frame(Random random)
    {
        var output = new ArrayBufferWriter<byte>(256);
        foreach (var message in Messages)
        {
            if (message.Attachments.Count > 0 || random.Next(3) == 0)
            {
                WritePieces(output, message, random);
            }
            else
            {
                WriteFrame(output, message.Lane == Lane.Data ? FrameType.DataMessage : FrameType.ControlMessage, [(byte)message.Kind, .. message.Body]);
            }
        }

        SmallFrames.WriteCredit(output, 100);
        if (random.Next(2) == 0)
        {
            SmallFrames.WriteClose(output, new Disconnect(DisconnectKind.Closed, "over"));
        }
        else
        {
            SmallFrames.WriteCloseAck(output);
        }

        return output.WrittenSpan.ToArray();
    }

    private static FuzzMessage Write(IWireCodec codec, Message message)
    {
        var (lane, output) = (message.Lane, new BodyOutput()); // Asked before: writing gives it away.
        var kind = codec.Write(message, output);
        return new FuzzMessage(lane, kind, output.Body.ToArray(), [.. output.Attachments.Select(static bytes => bytes.ToArray())]);
    }

    private static void WritePieces(ArrayBufferWriter<byte> output, FuzzMessage message, Random random)
    {
        var isData = message.Lane == Lane.Data;
        List<byte> start = [(byte)message.Kind];
        AddNumber(start, message.Body.Length);
        AddNumber(start, message.Attachments.Count);
        foreach (var attachment in message.Attachments)
        {
            AddNumber(start, attachment.Length);
        }

        WriteFrame(output, isData ? FrameType.DataStart : FrameType.ControlStart, [.. start]);
        byte[] all = [.. message.Body, .. message.Attachments.SelectMany(static attachment => attachment)];
        for (var at = 0; at < all.Length;)
        {
            var bytes = Math.Min(all.Length - at, 1 + random.Next(Math.Max(64, all.Length)));
            WriteFrame(output, isData ? FrameType.DataPiece : FrameType.ControlPiece, all.AsSpan(at, bytes));
            at += bytes;
        }
    }

    private static void WriteFrame(ArrayBufferWriter<byte> output, FrameType type, ReadOnlySpan<byte> payload)
    {
        FrameLayout.WriteHeader(output.GetSpan(FrameLayout.HeaderBytes), type, payload.Length);
        output.Advance(FrameLayout.HeaderBytes);
        output.Write(payload);
    }

    private static void AddNumber(List<byte> output, int number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            output.Add((byte)(number | 0x80));
        }

        output.Add((byte)number);
    }
}
