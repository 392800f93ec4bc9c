using System.Buffers;
using Engine.Plugins.Transports;
using Engine.Sessions;

namespace Engine.Protocol.Wire;

/// <summary>The codec of one lane of one connection: finds the row of a message's kind, and has it write or read.</summary>
/// <remarks>If writing throws, the two sides may no longer remember the same, so the connection has to end.</remarks>
internal sealed class WireCodec(WireContext context, ComponentRole self, ComponentRole peer) : IWireCodec
{
    private readonly WireSender _sender = new(context);
    private readonly WireReceiver _receiver = new(context);
    private readonly WireRoutes _out = WireRoute.Of(self, peer);
    private readonly WireRoutes _in = WireRoute.Of(peer, self);

    public int Write(Message message, IWireOutput output)
    {
        var content = message is KeptMessage kept ? kept.Content : message;
        try
        {
            if (WireKinds.Find(content.GetType()) is not { } row || (row.Routes & _out) == 0)
            {
                throw Crossing.RefusalOf(content)
                    ?? new NotSupportedException($"A {content.GetType().Name} does not go from a {self} to a {peer}. What does is in WireKinds.");
            }

            var writer = new WireWriter(output);
            row.Write(ref writer, content, _sender);
            writer.Complete();
            return row.Kind;
        }
        finally
        {
            MessagePools.Return(message); // What is kept is in no pool.
        }
    }

    public bool Accepts(int kind) => WireKinds.Find(kind) is { } row && (row.Routes & _in) != 0;

    public Message Read(int kind, in ReadOnlySequence<byte> body, ReadOnlySpan<byte[]> attachments)
    {
        var row = WireKinds.Find(kind) ?? throw new ProtocolViolationException($"There is no message of kind {kind}.");
        var reader = new WireReader(body, attachments);
        var message = row.Read(ref reader, _receiver);
        try
        {
            reader.End();
        }
        catch
        {
            MessagePools.Return(message);
            throw;
        }

        return message;
    }
}
