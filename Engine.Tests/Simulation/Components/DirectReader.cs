using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.Simulation.Components;

/// <summary>Takes a worker's answer without a network.</summary>
internal sealed class DirectReader : IConnection
{
    public DataReply? Reply { get; private set; }

    string IConnection.PeerAddress => "sim://reader";

    ComponentIdentity IConnection.Peer => default;

    Disconnect? IConnection.End => null;

    public bool TrySend(Message message)
    {
        Reply = (DataReply)message;
        return true;
    }

    void IConnection.Close(Disconnect reason) => throw new NotSupportedException("Nothing closes it.");
}
