using System.Collections.Concurrent;
using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>Connects components of one process: messages pass by reference. Addresses are <c>inproc://name</c>.</summary>
/// <remarks>dask: <c>comm/inproc.py</c>. Addresses are known within one transport object, so clusters don't see each other's.</remarks>
internal sealed class InProcTransport : ITransport
{
    /// <summary>For components of one process that are given an address only.</summary>
    public static readonly InProcTransport Shared = new();

    private readonly ConcurrentDictionary<string, (ComponentIdentity Self, IInbox Inbox)> _listeners = new(StringComparer.Ordinal);
    private int _named;

    public string Scheme => "inproc";

    public bool CrossesProcesses => false;

    public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_listeners.TryGetValue(address, out var listener))
        {
            return ValueTask.FromException<IConnection>(new ConnectionClosedException($"Nobody listens at {address}."));
        }

        var link = new Link();
        var caller = new End(link, inbox, address, listener.Self);
        caller.Other = new End(link, listener.Inbox, "inproc://caller", self) { Other = caller };
        return ValueTask.FromResult<IConnection>(caller);
    }

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (address == "inproc://")
        {
            address = $"inproc://{Interlocked.Increment(ref _named)}";
        }

        return _listeners.TryAdd(address, (self, inbox))
            ? ValueTask.FromResult<IListener>(new Listener(this, address))
            : ValueTask.FromException<IListener>(new InvalidOperationException($"Something listens at {address} already. Choose another address."));
    }

    private sealed class Link
    {
        private Disconnect? _end;

        public Disconnect? Ended => Volatile.Read(ref _end);

        public bool TryEnd(Disconnect reason) => Interlocked.CompareExchange(ref _end, reason, null) is null;
    }

    /// <remarks>
    /// No lock: a message that races with the end may arrive after the news of it, and is then dropped by the component.
    /// Whoever sent it is told of the end too.
    /// </remarks>
    private sealed class End(Link link, IInbox inbox, string peerAddress, ComponentIdentity peer) : IConnection
    {
        public End? Other { get; set; }

        public string PeerAddress => peerAddress;

        public ComponentIdentity Peer => peer;

        Disconnect? IConnection.End => link.Ended;

        public bool TrySend(Message message)
        {
            if (link.Ended is not null)
            {
                return false;
            }

            Other!.Deliver(message);
            return true;
        }

        public void Close(Disconnect reason)
        {
            if (link.TryEnd(reason))
            {
                Other!.Tell(reason);
                Tell(reason);
            }
        }

        private void Deliver(Message message) => inbox.Receive(this, message);

        private void Tell(Disconnect reason) => inbox.Disconnected(this, reason);
    }

    private sealed class Listener(InProcTransport transport, string address) : IListener
    {
        public string Address => address;

        public ValueTask DisposeAsync()
        {
            transport._listeners.TryRemove(address, out _);
            return default;
        }
    }
}
