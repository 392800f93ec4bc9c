using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Simulation.Network;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>Values from other workers, and for them.</summary>
internal sealed partial class SimWorker
{
    private readonly Dictionary<WorkerId, PeerLink> _peers = [];
    private readonly SortedDictionary<long, WorkerId> _requests = [];

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys)
    {
        _requests.Add(requestId, holder.Id);
        var request = new GetData(requestId, holder.Id, keys);
        if (!_peers.TryGetValue(holder.Id, out var peer))
        {
            _peers[holder.Id] = peer = new PeerLink();
            peer.Waiting.Add(request);
            Post(() => Connect(holder), World.Network.Delay(Dice), touchesAll: true);
        }
        else if (peer.Link is null)
        {
            peer.Waiting.Add(request);
        }
        else if (!peer.Link.TrySend(request))
        {
            Post(() => ForgetPeer(holder.Id));
        }
    }

    private void Connect(WorkerAddress holder)
    {
        if (IsClosing || !_peers.TryGetValue(holder.Id, out var peer))
        {
            return; // Nothing waits for it any longer.
        }

        // Whoever has the address now is reached, and it needn't be the one that had it.
        if (World.Addresses.GetValueOrDefault(holder.Address) is not { IsAlive: true } other || other == this)
        {
            ForgetPeer(holder.Id);
            return;
        }

        peer.Link = World.Network.Connect(this, other).Near;
        peer.Waiting.ForEach(request => peer.Link.TrySend(request));
        peer.Waiting.Clear();
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
        if (_requests.TryGetValue(reply.RequestId, out var holder) && _peers.TryGetValue(holder, out var peer) && peer.Link == link && !IsClosing)
        {
            _requests.Remove(reply.RequestId);
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

        foreach (var (id, peer) in _peers)
        {
            if (peer.Link == link)
            {
                ForgetPeer(id);
                return;
            }
        }
    }

    /// <summary>A peer is gone: everything that it was asked for gets its end.</summary>
    private void ForgetPeer(WorkerId id)
    {
        if (_peers.Remove(id, out var peer))
        {
            peer.Link?.Close(new Disconnect(DisconnectKind.Closed, $"{id} has left"));
        }

        if (IsClosing)
        {
            return;
        }

        foreach (var request in _requests.Where(pair => pair.Value == id).Select(static pair => pair.Key).ToList())
        {
            _requests.Remove(request);
            _machine!.OnFetchFailed(request);
        }
    }

    private sealed class PeerLink
    {
        public readonly List<GetData> Waiting = [];
        public LinkEnd? Link;
    }
}
