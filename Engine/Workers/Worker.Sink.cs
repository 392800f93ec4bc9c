using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Workers;

/// <summary>Carries out what the machine decides: sends, runs, fetches.</summary>
internal sealed partial class Worker : IWorkerSink
{
    private readonly Dictionary<WorkerId, PeerLink> _peers = [];
    private readonly Dictionary<long, WorkerId> _requests = [];
    private readonly HashSet<IConnection> _served = []; // Connections over which others ask for values.

    void IWorkerSink.SendToScheduler(Message message) => _scheduler!.TrySend(message);

    void IWorkerSink.Execute(ExecutionRun run)
    {
        _hasHandedOut = true;
        _executor!.Execute(run);
    }

    void IWorkerSink.Cancel(WorkerTask task, CancellationCause cause)
    {
        if (task.IsAbandoned) // Otherwise it ended in this step, and the object may be another task's already.
        {
            Interlocked.MemoryBarrier(); // A lane sets the context, then looks whether the task is abandoned. One of the two sees the other.
            task.Context?.Cancel(cause);
        }
    }

    void IWorkerSink.Spill(in SpillOrder order) => _spills!.Post(order);

    void IWorkerSink.Reply(IConnection requester, DataReply reply) => Reply(requester, reply);

    void IWorkerSink.Recall()
    {
        _machine!.OnRecalled(_executor!.Recall());
        foreach (var (task, begun) in _executor.SplitRuns())
        {
            _machine.OnSplit(task, begun);
        }

        Inbox.Post(ResultsReady.Instance); // The step is over: what came back is handed out in the next.
    }

    void IWorkerSink.Fetch(WorkerAddress holder, long requestId, TaskKey[] keys)
    {
        _requests.Add(requestId, holder.Id);
        var request = new GetData(requestId, holder.Id, keys);
        if (!_peers.TryGetValue(holder.Id, out var link))
        {
            _peers[holder.Id] = link = new PeerLink();
            link.Waiting.Add(request);
            _ = ConnectAsync(holder);
            return;
        }

        if (link.Connection is null)
        {
            link.Waiting.Add(request);
        }
        else if (!link.Connection.TrySend(request))
        {
            Inbox.Post(new PeerConnected(holder, null));
        }
    }

    private void Reply(IConnection requester, DataReply reply)
    {
        Meter.Worker.Sent(reply);
        requester.TrySend(reply);
    }

    private async Task ConnectAsync(WorkerAddress peer)
    {
        IConnection? connection = null;
        try
        {
            connection = await _transport.ConnectAsync(peer.Address, _identity with { Incarnation = Self.Id.Number }, Inbox, CancellationToken.None);
        }
#pragma warning disable CA1031 // However connecting failed, the requests that wait for it get their end.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The message below says that there is no connection.
        }

        if (!Inbox.Post(new PeerConnected(peer, connection)))
        {
            connection?.Close(new Disconnect(DisconnectKind.Closed, $"worker {_options.Name} closed"));
        }
    }

    private void OnPeerConnected(PeerConnected connected)
    {
        if (connected.Connection is not { } connection)
        {
            ForgetPeer(connected.Peer.Id);
            return;
        }

        if (IsClosing || !_peers.TryGetValue(connected.Peer.Id, out var link))
        {
            connection.Close(new Disconnect(DisconnectKind.Closed, "nothing waits for it any longer"));
            return;
        }

        link.Connection = connection;
        foreach (var request in link.Waiting)
        {
            if (!connection.TrySend(request))
            {
                ForgetPeer(connected.Peer.Id);
                return;
            }
        }

        link.Waiting.Clear();
    }

    /// <summary>Takes an answer from whom it was asked; one that is no longer wanted changes nothing (I7).</summary>
    private void OnDataReply(IConnection connection, DataReply reply)
    {
        if (!_requests.TryGetValue(reply.RequestId, out var holder))
        {
            return;
        }

        if (_peers.TryGetValue(holder, out var link) && link.Connection == connection)
        {
            _requests.Remove(reply.RequestId);
            Meter.Worker.Received(reply);
            _machine!.OnDataReply(reply);
        }
        else
        {
            connection.Close(new Disconnect(DisconnectKind.ProtocolViolation, "it answers what another was asked"));
        }
    }

    private void OnDisconnected(IConnection connection, Disconnect reason)
    {
        if (connection == _scheduler)
        {
            if (IsClosing)
            {
                return; // It ends already, and knows why: who refuses it, for example, closes the connection behind that.
            }

            var detail = $"the connection to the scheduler ended: {reason}";
            if (MayComeBack(reason))
            {
                BreakOff(detail);
            }
            else
            {
                Close(reason.Kind == DisconnectKind.Closed ? CloseReason.SchedulerClosed : CloseReason.SchedulerLost, detail);
            }

            return;
        }

        _served.Remove(connection);

        foreach (var (id, link) in _peers)
        {
            if (link.Connection == connection)
            {
                ForgetPeer(id);
                return;
            }
        }
    }

    /// <summary>A peer is gone: everything that it was asked for gets its end.</summary>
    private void ForgetPeer(WorkerId peer)
    {
        if (_peers.Remove(peer, out var link) && link.Connection is { End: null } connection)
        {
            connection.Close(new Disconnect(DisconnectKind.Closed, $"{peer} has left"));
        }

        foreach (var requestId in _requests.Where(pair => pair.Value == peer).Select(static pair => pair.Key).ToList())
        {
            _requests.Remove(requestId);
            _machine!.OnFetchFailed(requestId);
        }
    }

    private sealed class PeerLink
    {
        public readonly List<GetData> Waiting = [];
        public IConnection? Connection;
    }
}
