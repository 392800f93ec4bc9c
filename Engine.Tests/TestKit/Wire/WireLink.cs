using System.Buffers;
using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol.Wire;

namespace Engine.Tests.TestKit.Wire;

/// <summary>A message as bytes.</summary>
internal sealed record WireBytes(int Kind, byte[] Body, byte[][] Attachments);

/// <summary>Two codecs, of the two ends of a lane in one direction.</summary>
internal sealed class WireLink(ComponentRole from, ComponentRole to)
{
    /// <summary>The format of all tests of messages.</summary>
    public static readonly EngineWireFormat Format = new(new WireContext(new ValueSerializers(), null));

    public IWireCodec Sender { get; } = Format.CreateCodec(from, to);

    public IWireCodec Receiver { get; } = Format.CreateCodec(to, from);

    /// <summary>A link on which messages of a kind go.</summary>
    public static WireLink For(Type message) => RolesOf(WireKinds.Find(message)!.Routes) is var (from, to) ? new WireLink(from, to) : null!;

    /// <summary>The roles of the first of some routes.</summary>
    public static (ComponentRole From, ComponentRole To) RolesOf(WireRoutes routes) => Pairs().First(pair => (WireRoute.Of(pair.From, pair.To) & routes) != 0);

    public static IEnumerable<(ComponentRole From, ComponentRole To)> Pairs() =>
        from @from in Enum.GetValues<ComponentRole>()
        from to in Enum.GetValues<ComponentRole>()
        select (@from, to);

    public WireBytes Write(Message message)
    {
        var output = new BodyOutput();
        var kind = Sender.Write(message, output);
        return new WireBytes(kind, output.Body.ToArray(), [.. output.Attachments.Select(static bytes => bytes.ToArray())]);
    }

    public Message Read(WireBytes bytes) => Receiver.Read(bytes.Kind, new ReadOnlySequence<byte>(bytes.Body), bytes.Attachments);

    /// <summary>Reads bytes that lie in pieces of some size.</summary>
    public Message ReadInPieces(WireBytes bytes, int size)
    {
        Piece? first = null, last = null;
        for (var start = 0; start < bytes.Body.Length; start += size)
        {
            var memory = bytes.Body.AsMemory(start, Math.Min(size, bytes.Body.Length - start));
            last = last is null ? first = new Piece(memory, 0) : last.Append(memory);
        }

        return first is null ? Read(bytes) : Receiver.Read(bytes.Kind, new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length), bytes.Attachments);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
