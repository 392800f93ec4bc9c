using System.Collections.Concurrent;
using System.Globalization;
using Engine.Plugins.Transports;

namespace Engine.Tests.TestKit;

/// <summary>Passes everything to another transport, and knows which connections and listeners of its cluster are open.</summary>
internal sealed class WatchedTransport(ITransport inner) : ITransport, IAsyncDisposable
{
    private readonly Lock _gate = new();

    /// <summary>All ends of connections that there were, with what they are, or null: they are over.</summary>
    private readonly ConcurrentDictionary<IConnection, string?> _connections = new();
    private readonly HashSet<IListener> _listeners = [];
    private TaskCompletionSource? _nothingIsOpen;
    private int _open;

    public string Scheme => inner.Scheme;

    public bool CrossesProcesses => inner.CrossesProcesses;

    /// <summary>Ends when all connections and listeners have.</summary>
    public Task WhenNothingIsOpen()
    {
        lock (_gate)
        {
            if (_open == 0)
            {
                return Task.CompletedTask;
            }

            _nothingIsOpen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _nothingIsOpen.Task;
        }
    }

    public async ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        var watched = new Inbox(this, self, inbox);
        var connection = await inner.ConnectAsync(address, self, watched, cancellationToken);
        watched.See(connection);
        return connection;
    }

    public async ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        var listener = new Listener(this, await inner.ListenAsync(address, self, new Inbox(this, self, inbox), cancellationToken));
        lock (_gate)
        {
            _listeners.Add(listener);
            _open++;
        }

        return listener;
    }

    /// <summary>What is open.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_open} connections and listeners: {string.Join(", ", _connections.Values.OfType<string>().Concat(_listeners.Select(static listener => listener.Address)))}");
        }
    }

    /// <summary>Lets the other transport go, which waits for what it has under way.</summary>
    public ValueTask DisposeAsync() => inner is IAsyncDisposable held ? held.DisposeAsync() : default;

    private void Closed()
    {
        if (--_open == 0)
        {
            _nothingIsOpen?.TrySetResult();
            _nothingIsOpen = null;
        }
    }

    private sealed class Inbox(WatchedTransport owner, ComponentIdentity self, IInbox inner) : IInbox
    {
        public void Receive(IConnection connection, Message message)
        {
            See(connection); // One that was accepted is seen first by its first message.
            inner.Receive(connection, message);
        }

        public void Disconnected(IConnection connection, Disconnect reason)
        {
            inner.Disconnected(connection, reason);
            lock (owner._gate)
            {
                var wasOpen = owner._connections.TryGetValue(connection, out var what) && what is not null;
                owner._connections[connection] = null;
                if (wasOpen)
                {
                    owner.Closed();
                }
            }
        }

        public bool IsBehind(Action caughtUp) => inner.IsBehind(caughtUp);

        public void See(IConnection connection)
        {
            if (owner._connections.ContainsKey(connection))
            {
                return; // Also if it is over: what raced with its end may come after it.
            }

            lock (owner._gate)
            {
                if (owner._connections.TryAdd(connection, $"{self} with {connection.Peer}"))
                {
                    owner._open++;
                }
            }
        }
    }

    private sealed class Listener(WatchedTransport owner, IListener inner) : IListener
    {
        public string Address => inner.Address;

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            lock (owner._gate)
            {
                if (owner._listeners.Remove(this))
                {
                    owner.Closed();
                }
            }
        }
    }
}
