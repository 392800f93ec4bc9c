using Engine.Plugins.Transports;

namespace Engine.Protocol.Wire;

/// <summary>How the engine's messages are written as bytes. See <c>docs/wire.md</c>.</summary>
/// <param name="context">What is shared by all connections. Functions are bound where they are run, by workers and nannies; elsewhere they are passed on.</param>
internal sealed class EngineWireFormat(WireContext context) : IWireFormat
{
    private readonly WireContext _passing = new(context.Serializers, null);

    /// <summary>Goes up by one with every change of what is written: a kind, a field, a number in a list. Both sides have to have the same.</summary>
    public int Version => 3;

    public IWireCodec CreateCodec(ComponentRole self, ComponentRole peer) => new WireCodec(self is ComponentRole.Worker or ComponentRole.Nanny ? context : _passing, self, peer);
}
