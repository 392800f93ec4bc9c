using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>
/// Peers and clients ask for values. dask: <c>get_data</c>. Problem: a worker may be asked for all that it has spilled, which
/// doesn't fit into its memory. Idea: what is spilled is read for the reply only, one request after the other, and a reply
/// stops when it has enough; the asker asks again for the rest.
/// </summary>
internal sealed partial class WorkerStateMachine
{
    /// <summary>Part of the limit that spilled values in one reply take, unless the first alone takes more.</summary>
    private const double ReplyShare = 0.1;

    private readonly long _replyBytesMax = LevelOf(settings.MemoryLimit, ReplyShare);
    private readonly Queue<SpilledReply> _replies = new();
    private KeptValue? _serving;
    private long _serveNumber;

    /// <summary>Whether it holds a value for itself, not only for as long as tasks here need it; for tests.</summary>
    public bool Holds(TaskKey key) => _rows.HandleOf(key) is var handle && handle >= 0 && _rows[handle] is { HasValue: true, IsTransient: false };

    /// <summary>Answers a peer or a client that asks for values.</summary>
    /// <param name="request">What it asks for.</param>
    /// <param name="requester">Who is answered later, if need be.</param>
    /// <returns>The answer; null if it has to be read from the store and comes through the outbox.</returns>
    public DataReply? Serve(GetData request, IConnection requester)
    {
        var entries = new DataEntry[request.Keys.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].Key = request.Keys[i];
        }

        var filled = Fill(entries, 0);
        if (filled == entries.Length)
        {
            return new DataReply(request.RequestId, entries);
        }

        _replies.Enqueue(new SpilledReply(requester, request.RequestId, entries) { Filled = filled });
        return null;
    }

    /// <summary>Puts values into a reply, up to the first that is spilled.</summary>
    /// <returns>Its place, or the number of entries.</returns>
    private int Fill(DataEntry[] entries, int start)
    {
        for (var i = start; i < entries.Length; i++)
        {
            var handle = _rows.HandleOf(entries[i].Key);
            if (handle < 0 || !_rows[handle].HasValue)
            {
                continue;
            }

            ref readonly var row = ref _rows[handle];
            if (row.IsSpilled)
            {
                return i;
            }

            (entries[i].Found, entries[i].Value, entries[i].NBytes) = (true, row.Value, row.NBytes);
            if (_kept.Count > 0)
            {
                Touch(handle);
            }
        }

        return entries.Length;
    }

    private void EnsureReplying()
    {
        while (_serving is null && _replies.TryPeek(out var reply))
        {
            reply.Filled = Fill(reply.Entries, reply.Filled);
            var next = reply.Filled < reply.Entries.Length ? _kept[_rows.HandleOf(reply.Entries[reply.Filled].Key)] : null;
            if (next is null || (reply.Bytes > 0 && reply.Bytes + next.NBytes > _replyBytesMax))
            {
                _replies.Dequeue();
                _readingSize -= reply.Bytes;
                outbox.Reply(reply.Requester, new DataReply(reply.RequestId, reply.Entries[..reply.Filled]));
                continue;
            }

            (_serving, _serveNumber) = (next, ++_storeNumber);
            _readingSize += next.NBytes;
            outbox.Spill(new SpillOrder(SpillAction.Read, _serveNumber, next.Key));
        }
    }

    private void ContinueReply(KeptValue served, object? value)
    {
        var reply = _replies.Peek();
        if (value is null)
        {
            _readingSize -= served.NBytes;
            if (!served.IsDropped && _rows[served.Handle].IsSpilled)
            {
                Lose(served);
            }

            return; // The reply goes on at the same key: the value is gone, or a task has had it read meanwhile.
        }

        ref var entry = ref reply.Entries[reply.Filled++];
        (entry.Found, entry.Value, entry.NBytes) = (true, DataValue.From(value), served.NBytes);
        reply.Bytes += served.NBytes;
    }

    /// <summary>A reply with values that have to be read.</summary>
    private sealed class SpilledReply(IConnection requester, long requestId, DataEntry[] entries)
    {
        public IConnection Requester => requester;

        public long RequestId => requestId;

        public DataEntry[] Entries => entries;

        /// <summary>Entries that are as they shall be.</summary>
        public int Filled { get; set; }

        /// <summary>Bytes that were read for it.</summary>
        public long Bytes { get; set; }
    }
}
