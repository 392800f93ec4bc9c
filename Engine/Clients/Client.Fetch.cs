using Engine.Data;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine;

/// <content>Large values are fetched from the workers that hold them.</content>
public sealed partial class Client
{
    private readonly Dictionary<string, IConnection> _workers = new(StringComparer.Ordinal);
    private readonly Dictionary<long, (IConnection Worker, TaskCompletionSource<DataReply> Reply)> _fetches = [];

    /// <summary>Fetches values of finished tasks. If one moves or is computed again meanwhile, follows it.</summary>
    private async Task<DataValue[]> FetchAsync(TaskKey[] keys, CancellationToken cancellationToken)
    {
        var values = new DataValue[keys.Length];
        var missing = Enumerable.Range(0, keys.Length).ToList();
        while (missing.Count > 0)
        {
            var whoHas = await AskAsync<Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>>(
                new WhoHasRequest([.. missing.Select(place => keys[place])]), cancellationToken);
            var byHolder = missing.Where(place => whoHas[keys[place]].Count > 0).GroupBy(place => whoHas[keys[place]][0]).ToList();
            await Task.WhenAll(byHolder.Select(group => FetchFromAsync(group.Key, keys, [.. group], values, missing, cancellationToken)));
            foreach (var place in missing)
            {
                await WaitForEndAsync(keys[place], cancellationToken);
                if (ErrorOf(keys[place]) is { } error)
                {
                    throw error;
                }
            }
        }

        return values;
    }

    private async Task FetchFromAsync(
        WorkerAddress holder, TaskKey[] keys, int[] places, DataValue[] values, List<int> missing, CancellationToken cancellationToken)
    {
        var reply = await GetDataAsync(holder, [.. places.Select(place => keys[place])], cancellationToken);
        if (reply is null)
        {
            return; // The worker is out of reach; the scheduler learns of its end by itself.
        }

        for (var i = 0; i < reply.Entries.Length; i++)
        {
            if (reply.Entries[i].Found)
            {
                lock (missing)
                {
                    values[places[i]] = reply.Entries[i].Value;
                    missing.Remove(places[i]);
                }
            }
            else
            {
                Post(new DataMissing(keys[places[i]], holder)); // The scheduler then looks after it.
            }
        }
    }

    /// <summary>Asks a worker; null if it is gone.</summary>
    private async Task<DataReply?> GetDataAsync(WorkerAddress holder, TaskKey[] keys, CancellationToken cancellationToken)
    {
        try
        {
            var worker = await ConnectWorkerAsync(holder, cancellationToken);
            var reply = new TaskCompletionSource<DataReply>(TaskCreationOptions.RunContinuationsAsynchronously);
            var requestId = Interlocked.Increment(ref _requestNumber);
            lock (_gate)
            {
                _fetches.Add(requestId, (worker, reply));
            }

            try
            {
                return worker.TrySend(new GetData(requestId, holder.Id, keys)) ? await reply.Task.WaitHereAsync(cancellationToken) : null;
            }
            finally
            {
                lock (_gate)
                {
                    _fetches.Remove(requestId);
                }
            }
        }
        catch (ConnectionClosedException)
        {
            return null;
        }
    }

    private async Task<IConnection> ConnectWorkerAsync(WorkerAddress holder, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_workers.TryGetValue(holder.Address, out var known) && known.End is null)
            {
                return known;
            }
        }

        var connection = await _transport.ConnectAsync(holder.Address, _identity, _shell.Inbox, cancellationToken);
        IConnection? other = null;
        lock (_gate)
        {
            if (_end is null && (!_workers.TryGetValue(holder.Address, out other) || other.End is not null))
            {
                return _workers[holder.Address] = connection;
            }
        }

        connection.Close(new Disconnect(DisconnectKind.Closed, "not needed"));
        lock (_gate)
        {
            ThrowIfClosed();
            return other!; // The client is open, so it was the other that stood in the way.
        }
    }

    private void OnDataReply(DataReply reply)
    {
        TaskCompletionSource<DataReply>? waiting = null;
        lock (_gate)
        {
            if (_fetches.TryGetValue(reply.RequestId, out var fetch))
            {
                waiting = fetch.Reply;
            }
        }

        waiting?.TrySetResult(reply);
    }

    private void OnWorkerDisconnected(IConnection connection, Disconnect reason)
    {
        List<TaskCompletionSource<DataReply>> waiting;
        lock (_gate)
        {
            foreach (var (address, _) in _workers.Where(pair => pair.Value == connection).ToList())
            {
                _workers.Remove(address);
            }

            waiting = [.. _fetches.Values.Where(fetch => fetch.Worker == connection).Select(static fetch => fetch.Reply)];
        }

        foreach (var reply in waiting)
        {
            reply.TrySetException(new ConnectionClosedException($"The worker at {connection.PeerAddress} is gone: {reason}"));
        }
    }

    private void CloseWorkerConnections(Disconnect reason)
    {
        List<IConnection> workers;
        lock (_gate)
        {
            workers = [.. _workers.Values];
        }

        foreach (var worker in workers)
        {
            worker.Close(reason);
            OnWorkerDisconnected(worker, reason); // The loop ends, so it won't hear of it.
        }
    }
}
