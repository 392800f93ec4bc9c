using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>Values come from peers. dask: fetch, flight, <c>gather_dep</c>.</summary>
internal sealed partial class WorkerStateMachine
{
    private readonly FetchQueue _inputs = new();
    private readonly FetchQueue _replicas = new(); // Apart, because these are fetched also while the worker is paused.
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

        foreach (var key in transfer.Keys.AsSpan(reply.Entries.Length))
        {
            var handle = _rows.HandleOf(key);
            if (handle >= 0 && _rows[handle].Task is { State: WorkerTaskState.Flight } flight)
            {
                Move(flight, WorkerTaskState.Fetch); // The peer had more than it could send at once.
                Enqueue(flight);
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
                Keep(handle);
                outbox.ReplicaAdded(wanted.Key, wanted.Number);
            }
            else if (row.Task is null or { State: WorkerTaskState.Fetch or WorkerTaskState.Flight })
            {
                RequestReplica(ref row, wanted);
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
            row.Task = NewFetch(wanted);
            Enqueue(row.Task);
        }

        return row.Task;
    }

    /// <summary>Gets a copy that stays. What is to be fetched for tasks only gives way, because a pause might keep it for long.</summary>
    private void RequestReplica(ref WorkerRow row, in CopyRequest wanted)
    {
        if (row.Task is { State: WorkerTaskState.Flight } or { CopyNumber: > 0 })
        {
            row.Task.CopyNumber = wanted.Number;
            return;
        }

        var fetch = NewFetch(new DependencyHolder { Key = wanted.Key, Holder = wanted.Holder });
        fetch.CopyNumber = wanted.Number;
        if (row.Task is { } forTasks)
        {
            fetch.Waiters.AddRange(forTasks.Waiters);
            forTasks.Waiters.Clear();
            Move(forTasks, WorkerTaskState.Released); // Its queue drops it when it comes up.
        }

        row.Task = fetch;
        Enqueue(fetch);
    }

    private WorkerTask NewFetch(in DependencyHolder wanted)
    {
        var fetch = NewTask(wanted.Key, 1, WorkerTaskState.Fetch);
        fetch.Holder = wanted.Holder;
        return fetch;
    }

    private void Enqueue(WorkerTask fetch) => (fetch.CopyNumber > 0 ? _replicas : _inputs).Add(fetch);

    private void EnsureCommunicating()
    {
        AskPeers(_replicas);
        if (Status == Status.Running)
        {
            AskPeers(_inputs);
        }
    }

    private void AskPeers(FetchQueue queue)
    {
        while (_transfers.Count < settings.TransfersMax && queue.ToAsk.TryDequeue(out var peer))
        {
            var keys = new List<TaskKey>(Math.Min(peer.ToFetch.Count, settings.KeysPerTransferMax));
            while (keys.Count < settings.KeysPerTransferMax && peer.ToFetch.TryDequeue(out var task))
            {
                if (task.State == WorkerTaskState.Fetch)
                {
                    Move(task, WorkerTaskState.Flight);
                    keys.Add(task.Key);
                }
                else
                {
                    Recycle(task); // Given up before it was asked for.
                }
            }

            if (peer.ToFetch.Count > 0)
            {
                queue.ToAsk.Enqueue(peer);
            }
            else
            {
                queue.Peers.Remove(peer.Address.Id);
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
        var isTransient = flight.CopyNumber == 0 && entry.NBytes <= settings.TransientBytesMax;
        Store(handle, entry.Value, entry.NBytes, attempt: 0, isTransient);
        if (!isTransient)
        {
            row.Users = 0;
            outbox.ReplicaAdded(entry.Key, flight.CopyNumber);
        }
        else if (row.Users == 0)
        {
            DropValue(handle);
        }

        WakeWaiters(flight);
        Recycle(flight);
    }

    /// <summary>The value is not there: who waits for it goes back to the scheduler, which knows better or has it computed again.</summary>
    private void GiveUpFetch(int handle, WorkerTask flight, WorkerAddress holder, bool isUnreachable)
    {
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

    /// <summary>Values to get, by the peer that has them.</summary>
    private sealed class FetchQueue
    {
        public readonly Dictionary<WorkerId, Peer> Peers = [];
        public readonly Queue<Peer> ToAsk = new();

        public void Add(WorkerTask fetch)
        {
            var holder = fetch.Holder!;
            if (!Peers.TryGetValue(holder.Id, out var peer))
            {
                Peers[holder.Id] = peer = new Peer(holder);
            }

            if (peer.ToFetch.Count == 0)
            {
                ToAsk.Enqueue(peer);
            }

            peer.ToFetch.Enqueue(fetch);
        }
    }

    private sealed class Peer(WorkerAddress address)
    {
        public readonly WorkerAddress Address = address;
        public readonly Queue<WorkerTask> ToFetch = new();
    }

    private sealed record Transfer(WorkerAddress Holder, TaskKey[] Keys);
}
