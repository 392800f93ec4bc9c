using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Workers;

/// <summary>Carries out what the machine decides: sends, runs, fetches.</summary>
internal sealed partial class Worker : IWorkerSink
{
    private readonly PeerLinks _peers = new();
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
        if (_peers.Ask(holder, new GetData(requestId, holder.Id, keys)) is { } link)
        {
            _ = ConnectAsync(link);
        }
    }

    private void Reply(IConnection requester, DataReply reply)
    {
        Meter.Worker.Sent(reply);
        requester.TrySend(reply);
    }

    private async Task ConnectAsync(PeerLink link)
    {
        IConnection? connection = null;
        try
        {
            connection = await _transport.ConnectAsync(link.Peer.Address, _identity with { Incarnation = Self.Id.Number }, Inbox, CancellationToken.None);
        }
#pragma warning disable CA1031 // However connecting failed, the requests that wait for it get their end.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The message below says that there is no connection.
        }

        if (!Inbox.Post(new PeerConnected(link, connection)))
        {
            connection?.Close(new Disconnect(DisconnectKind.Closed, $"worker {_options.Name} closed"));
        }
    }

    private void OnPeerConnected(PeerConnected connected)
    {
        if (IsClosing)
        {
            connected.Connection?.Close(new Disconnect(DisconnectKind.Closed, "nothing waits for it any longer"));
            return;
        }

        FailFetches(_peers.OnConnected(connected.Link, connected.Connection));
    }

    /// <summary>Takes an answer from whom it was asked; one that is no longer wanted changes nothing (I7).</summary>
    private void OnDataReply(IConnection connection, DataReply reply)
    {
        if (_peers.Take(connection, reply.RequestId))
        {
            Meter.Worker.Received(reply);
            _machine!.OnDataReply(reply);
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
        FailFetches(_peers.OnDisconnected(connection));
    }

    private void FailFetches(IReadOnlyList<long> requests)
    {
        foreach (var request in requests)
        {
            _machine!.OnFetchFailed(request);
        }
    }
}
