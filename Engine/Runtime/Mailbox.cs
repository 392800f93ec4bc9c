using System.Collections.Concurrent;
using System.Threading.Channels;
using Engine.Diagnostics;
using Engine.Plugins.Transports;

namespace Engine.Runtime;

/// <summary>Something that arrived at a component: a message of a connection or of its own, or the end of a connection.</summary>
internal readonly record struct Envelope(IConnection? Connection, Message? Message, Disconnect? End);

/// <summary>
/// A component's inbox. Control messages come before data. Posting never blocks and never waits: two bounded mailboxes
/// that wait for each other would be a deadlock, so the limits sit where work enters the engine.
/// </summary>
/// <remarks>
/// A component that has nothing to do is run by whoever posts to it, on the poster's thread: within a process that saves
/// a hop between threads, which costs more than the step itself. See <see cref="Component"/> for the bound on that.
/// </remarks>
/// <param name="instruments">Where the ends of connections are counted; null: nowhere.</param>
/// <param name="component">Which kind of component it is of.</param>
internal sealed class Mailbox(ComponentInstruments? instruments = null, string component = "") : IInbox
{
    private readonly Channel<Envelope> _data = Channel.CreateUnbounded<Envelope>(new UnboundedChannelOptions
    {
        SingleReader = true,
        AllowSynchronousContinuations = true,
    });

    /// <summary>A component with more messages than this is behind; it has caught up when half of them are left.</summary>
    internal const int BehindDepth = 4096;

    private readonly ConcurrentQueue<ControlEntry> _control = new();
    private readonly Lock _waitingGate = new();
    private List<Action>? _waiting; // Who waits until the component has caught up; null: nobody.
    private int _depth;
    private int _highWater;

    /// <summary>Messages that wait.</summary>
    public int Depth => Volatile.Read(ref _depth);

    /// <summary>The most messages that ever waited.</summary>
    public int HighWater => _highWater;

    public void Receive(IConnection connection, Message message)
    {
        if (!Post(new Envelope(connection, message, null), message.Lane))
        {
            // Whoever sent it may wait for an answer that nobody will give.
            connection.Close(new Disconnect(DisconnectKind.Closed, "nobody is left to read messages"));
        }
    }

    public void Disconnected(IConnection connection, Disconnect reason)
    {
        instruments?.Closed(component, reason.Kind);
        Post(new Envelope(connection, null, reason), Lane.Data);
    }

    /// <summary>Posts a message of the component's own: a timer, the end of something it started. False if nobody will read it.</summary>
    public bool Post(Message message) => Post(new Envelope(null, message, null), message.Lane);

    public ValueTask<bool> WaitAsync() => _data.Reader.WaitToReadAsync();

    public bool TryTake(out Envelope envelope)
    {
        while (!TryTakeControl(out envelope))
        {
            if (!_data.Reader.TryRead(out envelope))
            {
                return false;
            }

            if (envelope != default)
            {
                break;
            }

            // It only was to wake the loop for a control message, which may have come after the look above.
        }

        var depth = Interlocked.Decrement(ref _depth);
        if (Volatile.Read(ref _waiting) is not null && depth <= BehindDepth / 2)
        {
            TellCaughtUp();
        }

        return true;
    }

    public bool IsBehind(Action caughtUp)
    {
        if (Depth <= BehindDepth)
        {
            return false;
        }

        lock (_waitingGate)
        {
            // The list is replaced, not changed: who reads it outside of the lock only asks whether there is one.
            Volatile.Write(ref _waiting, [.. _waiting ?? [], caughtUp]);
        }

        // The reader takes a message away and then looks for who waits; this puts one there and then looks at the depth. One sees the other.
        Interlocked.MemoryBarrier();
        return Depth > BehindDepth / 2 || !TryWithdraw(caughtUp);
    }

    /// <summary>Takes nothing more. What waits is still read.</summary>
    public void Complete() => _data.Writer.TryComplete();

    private void TellCaughtUp()
    {
        List<Action>? waiting;
        lock (_waitingGate)
        {
            waiting = _waiting;
            Volatile.Write(ref _waiting, null);
        }

        waiting?.ForEach(static caughtUp => caughtUp());
    }

    /// <summary>Takes back what waits to be called; false if the reader has taken it already, and calls it.</summary>
    private bool TryWithdraw(Action caughtUp)
    {
        lock (_waitingGate)
        {
            if (_waiting is null || !_waiting.Contains(caughtUp))
            {
                return false;
            }

            var left = new List<Action>(_waiting);
            left.Remove(caughtUp);
            Volatile.Write(ref _waiting, left.Count > 0 ? left : null);
            return true;
        }
    }

    private bool Post(in Envelope envelope, Lane lane)
    {
        var depth = Interlocked.Increment(ref _depth);
        if (depth > _highWater)
        {
            _highWater = depth; // A gauge: a race may lose an update, not more.
        }

        var control = lane == Lane.Control ? new ControlEntry(envelope) : null;
        if (control is not null)
        {
            _control.Enqueue(control);
        }

        if (_data.Writer.TryWrite(control is null ? envelope : default))
        {
            return true;
        }

        if (control is not null && !control.TryClaim())
        {
            return true; // The mailbox is completed, but this was still read.
        }

        Interlocked.Decrement(ref _depth);
        return false;
    }

    private bool TryTakeControl(out Envelope envelope)
    {
        while (_control.TryDequeue(out var entry))
        {
            if (entry.TryClaim())
            {
                envelope = entry.Envelope;
                return true;
            }
        }

        envelope = default;
        return false;
    }

    /// <summary>A message of the control lane: either it is read, or whoever posted it is told that it won't be.</summary>
    private sealed class ControlEntry(Envelope envelope)
    {
        private int _isClaimed;

        public Envelope Envelope => envelope;

        public bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;
    }
}
