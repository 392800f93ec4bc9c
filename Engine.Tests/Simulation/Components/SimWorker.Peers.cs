using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Simulation.Network;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>Values from other workers, and for them.</summary>
internal sealed partial class SimWorker
{
    private readonly PeerLinks _peers = new();

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys)
    {
        if (_peers.Ask(holder, new GetData(requestId, holder.Id, keys)) is { } link)
        {
            Post(() => Connect(link), World.Network.Delay(Dice), touchesAll: true);
        }
    }

    private void Connect(PeerLink link)
    {
        if (IsClosing)
        {
            return;
        }

        // Whoever has the address now is reached, and it needn't be the one that had it.
        var isReached = World.Addresses.GetValueOrDefault(link.Peer.Address) is { IsAlive: true } other && other != this;
        FailFetches(_peers.OnConnected(link, isReached ? World.Network.Connect(this, World.Addresses[link.Peer.Address]).Near : null));
    }

    /// <summary>Answers who asks for values. Another worker may have had this address before: what it was asked for isn't here (I7).</summary>
    private void Serve(LinkEnd link, GetData get)
    {
        if (_machine is not { } machine)
        {
            link.Close(new Disconnect(DisconnectKind.Closed, $"{Name} is no member yet")); // An answer would be about another worker.
            return;
        }

        var answer = get.Holder == machine.Self.Id
            ? machine.Serve(get, link)
            : new DataReply(get.RequestId, [.. get.Keys.Select(static key => new DataEntry { Key = key })]);
        if (answer is not null)
        {
            link.TrySend(answer);
        }
    }

    private void OnDataReply(LinkEnd link, DataReply reply)
    {
        if (!IsClosing && _peers.Take(link, reply.RequestId))
        {
            World.Tracer.Add("fetched", reply.Entries[0].Key, reply.RequestId);
            _machine!.OnDataReply(reply);
        }
    }

    private void OnDisconnected(LinkEnd link, Disconnect end)
    {
        if (link == _scheduler)
        {
            if (IsClosing)
            {
                return; // It ends already, and knows why.
            }

            var detail = $"the connection to the scheduler ended: {end}";
            if (MayComeBack(end))
            {
                BreakOff(detail);
            }
            else
            {
                Close(end.Kind == DisconnectKind.Closed ? CloseReason.SchedulerClosed : CloseReason.SchedulerLost, detail);
            }

            return;
        }

        FailFetches(_peers.OnDisconnected(link));
    }

    private void FailFetches(IReadOnlyList<long> requests)
    {
        foreach (var request in requests)
        {
            if (!IsClosing)
            {
                _machine!.OnFetchFailed(request);
            }
        }
    }
}
