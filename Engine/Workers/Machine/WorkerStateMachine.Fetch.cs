using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Values come from peers. dask: fetch, flight, <c>gather_dep</c>.</summary>
internal sealed partial class WorkerStateMachine
{
    private readonly Dictionary<WorkerId, Peer> _peers = [];
    private readonly Queue<Peer> _peersToAsk = new();
    private readonly Dictionary<long, Transfer> _transfers = [];
    private long _requestNumber;

    /// <summary>Requests to peers that have not been answered.</summary>
    public int TransferCount => _transfers.Count;

    /// <summary>A reply of a peer. One to an older request changes nothing (I7).</summary>
    public void OnDataReply(DataReply reply)
    {
        if (!_transfers.Remove(reply.RequestId, out var transfer))
        {
            return;
        }

        foreach (ref readonly var entry in reply.Entries.AsSpan())
        {
            var handle = _rows.HandleOf(entry.Key);
            if (handle < 0 || _rows[handle].Task is not { State: WorkerTaskState.Flight } flight)
            {
                continue; // Nobody waits for it any longer.
            }

            if (entry.Found)
            {
                Arrive(handle, flight, entry);
            }
            else
            {
                GiveUpFetch(handle, flight, transfer.Holder, isUnreachable: false);
            }
        }
    }

    /// <summary>A peer can't be reached, or has gone before it answered.</summary>
    public void OnFetchFailed(long requestId)
    {
        if (!_transfers.Remove(requestId, out var transfer))
        {
            return;
        }

        foreach (var key in transfer.Keys)
        {
            var handle = _rows.HandleOf(key);
            if (handle >= 0 && _rows[handle].Task is { State: WorkerTaskState.Flight } flight)
            {
                GiveUpFetch(handle, flight, transfer.Holder, isUnreachable: true);
            }
        }
    }

    private void OnAcquireReplicas(AcquireReplicas acquire)
    {
        foreach (ref readonly var wanted in acquire.Span)
        {
            var handle = OccupiedHandle(wanted.Key);
            ref var row = ref _rows[handle];
            if (row.HasValue)
            {
                row.IsTransient = false;
                outbox.ReplicaAdded(wanted.Key, wanted.Number);
            }
            else if (row.Task is null or { State: WorkerTaskState.Fetch or WorkerTaskState.Flight })
            {
                RequestValue(ref row, new DependencyHolder { Key = wanted.Key, Holder = wanted.Holder }).CopyNumber = wanted.Number;
            }
            else
            {
                outbox.Send(new DataMissing(wanted.Key, wanted.Holder, isUnreachable: true)); // It is to make the value itself: somebody else may copy it.
            }
        }
    }

    /// <summary>Gets a value from a peer, unless something here will bring it already.</summary>
    private WorkerTask RequestValue(ref WorkerRow row, in DependencyHolder wanted)
    {
        if (row.Task is null)
        {
            row.Task = NewTask(wanted.Key, 1, WorkerTaskState.Fetch);
            row.Task.Holder = wanted.Holder;
            if (!_peers.TryGetValue(wanted.Holder.Id, out var peer))
            {
                _peers[wanted.Holder.Id] = peer = new Peer(wanted.Holder);
            }

            if (peer.ToFetch.Count == 0)
            {
                _peersToAsk.Enqueue(peer);
            }

            peer.ToFetch.Enqueue(row.Task);
        }

        return row.Task;
    }

    private void EnsureCommunicating()
    {
        while (_transfers.Count < settings.TransfersMax && _peersToAsk.TryDequeue(out var peer))
        {
            var keys = new List<TaskKey>(Math.Min(peer.ToFetch.Count, settings.KeysPerTransferMax));
            while (keys.Count < settings.KeysPerTransferMax && peer.ToFetch.TryDequeue(out var task))
            {
                if (task.State == WorkerTaskState.Fetch)
                {
                    task.State = WorkerTaskState.Flight;
                    keys.Add(task.Key);
                }
                else
                {
                    Recycle(task); // Given up before it was asked for.
                }
            }

            if (peer.ToFetch.Count > 0)
            {
                _peersToAsk.Enqueue(peer);
            }
            else
            {
                _peers.Remove(peer.Address.Id);
            }

            if (keys.Count > 0)
            {
                var transfer = new Transfer(peer.Address, [.. keys]);
                _transfers.Add(++_requestNumber, transfer);
                outbox.Fetch(peer.Address, _requestNumber, transfer.Keys);
            }
        }
    }

    private void Arrive(int handle, WorkerTask flight, in DataEntry entry)
    {
        ref var row = ref _rows[handle];
        row.Task = null;
        Store(ref row, entry.Value, entry.NBytes, attempt: 0);
        if (flight.CopyNumber > 0 || entry.NBytes > settings.TransientBytesMax)
        {
            row.Users = 0;
            outbox.ReplicaAdded(entry.Key, flight.CopyNumber);
        }
        else
        {
            row.IsTransient = true;
            if (row.Users == 0)
            {
                DropValue(handle);
            }
        }

        foreach (var waiter in flight.Waiters)
        {
            if (waiter.State == WorkerTaskState.Waiting && --waiter.WaitingFor == 0)
            {
                SetReady(waiter);
            }
        }

        Recycle(flight);
    }

    /// <summary>The value is not there: who waits for it goes back to the scheduler, which knows better or has it computed again.</summary>
    private void GiveUpFetch(int handle, WorkerTask flight, WorkerAddress holder, bool isUnreachable)
    {
        _rows[handle].Task = null;
        _rows[handle].Users = 0;
        _rows.Vacate(handle);
        if (flight.CopyNumber > 0)
        {
            outbox.Send(new DataMissing(flight.Key, holder, isUnreachable));
        }

        foreach (var waiter in flight.Waiters)
        {
            if (waiter.State == WorkerTaskState.Waiting)
            {
                outbox.Send(new InputMissing(waiter.Key, waiter.Attempt, flight.Key, holder, isUnreachable));
                Detach(waiter);
                Abandon(waiter, CancellationCause.None);
            }
        }

        Recycle(flight);
    }

    private sealed class Peer(WorkerAddress address)
    {
        public readonly WorkerAddress Address = address;
        public readonly Queue<WorkerTask> ToFetch = new();
    }

    private sealed record Transfer(WorkerAddress Holder, TaskKey[] Keys);
}
