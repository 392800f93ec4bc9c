using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>
/// What peers were asked for, over one connection to each. Problem: while a connection is being opened, its peer may be given up and asked once more, so that
/// two are on their way. Idea: a connection is of the link for which it was opened, and so is a request; what comes over another one is not taken.
/// </summary>
internal sealed class PeerLinks
{
    private readonly Dictionary<WorkerId, PeerLink> _links = [];
    private readonly Dictionary<long, PeerLink> _requests = [];

    /// <summary>Sends a request, or keeps it until there is a connection.</summary>
    /// <returns>The link for which one is to be opened; null: none is.</returns>
    public PeerLink? Ask(WorkerAddress peer, GetData request)
    {
        var isNew = !_links.TryGetValue(peer.Id, out var link);
        if (link is null)
        {
            _links[peer.Id] = link = new PeerLink(peer);
        }

        _requests.Add(request.RequestId, link);
        link.Open.Add(request.RequestId);
        if (link.Waiting is { } waiting)
        {
            waiting.Add(request);
        }
        else
        {
            link.Connection!.TrySend(request); // If it has ended, the news of that is on its way here.
        }

        return isNew ? link : null;
    }

    /// <summary>A connection has been opened, or can't be.</summary>
    /// <param name="link">For which.</param>
    /// <param name="connection">The connection; null: there is none. If nothing waits for it any longer, it is closed.</param>
    /// <returns>The requests that get no answer, in order.</returns>
    public IReadOnlyList<long> OnConnected(PeerLink link, IConnection? connection)
    {
        if (_links.GetValueOrDefault(link.Peer.Id) != link)
        {
            connection?.Close(new Disconnect(DisconnectKind.Closed, "nothing waits for it any longer"));
            return [];
        }

        link.Connection = connection;
        if (connection is null || !link.Waiting!.TrueForAll(connection.TrySend))
        {
            return Forget(link.Peer.Id); // The news of its end may have been here before it.
        }

        link.Waiting = null;
        return [];
    }

    /// <summary>A connection has ended.</summary>
    /// <returns>The requests that get no answer, in order.</returns>
    public IReadOnlyList<long> OnDisconnected(IConnection connection)
    {
        // No queries over lists: a worker process starts without loading them.
        foreach (var (peer, link) in _links)
        {
            if (link.Connection == connection)
            {
                return Forget(peer);
            }
        }

        return [];
    }

    /// <summary>Closes all connections.</summary>
    public void Close(Disconnect end)
    {
        foreach (var link in _links.Values)
        {
            link.Connection?.Close(end);
        }
    }

    /// <summary>A peer is gone: its connection is closed, and everything that it was asked for gets its end.</summary>
    /// <returns>The requests that get no answer, in order.</returns>
    public IReadOnlyList<long> Forget(WorkerId peer)
    {
        if (!_links.Remove(peer, out var link))
        {
            return [];
        }

        link.Open.ForEach(request => _requests.Remove(request));
        if (link.Connection is { End: null } connection)
        {
            connection.Close(new Disconnect(DisconnectKind.Closed, $"{peer} has left"));
        }

        return link.Open;
    }

    /// <summary>Whether an answer is awaited, and over this connection. It is no longer after that. Who answers what another was asked is cut off.</summary>
    public bool Take(IConnection connection, long requestId)
    {
        if (!_requests.TryGetValue(requestId, out var link))
        {
            return false;
        }

        if (link.Connection != connection)
        {
            connection.Close(new Disconnect(DisconnectKind.ProtocolViolation, "it answers what another was asked"));
            return false;
        }

        _requests.Remove(requestId);
        link.Open.Remove(requestId);
        return true;
    }
}

/// <summary>A peer, from when it is asked for something until it is given up.</summary>
internal sealed class PeerLink(WorkerAddress peer)
{
    public WorkerAddress Peer => peer;

    /// <summary>Requests that have not been answered, in order.</summary>
    public List<long> Open { get; } = [];

    /// <summary>Requests that wait for the connection; null once they were sent.</summary>
    public List<GetData>? Waiting { get; set; } = [];

    /// <summary>Null until it has been opened.</summary>
    public IConnection? Connection { get; set; }
}
