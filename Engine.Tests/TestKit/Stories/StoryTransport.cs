using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.TestKit.Stories;

/// <summary>Connects components within the process, writes down who says what to whom, and holds back what a test wants to come later.</summary>
/// <param name="tell">Told each message as it is sent: who, to whom, what.</param>
internal sealed class StoryTransport(Action<string, string, Message> tell) : ITransport
{
    private readonly InProcTransport _inner = new();
    private readonly Dictionary<Guid, string> _names = [];
    private readonly List<(Func<string, string, Message, bool> Holds, List<Action> Held)> _holds = [];
    private readonly List<IConnection> _connections = [];
    private bool _isCut;

    public string Scheme => _inner.Scheme;

    public bool CrossesProcesses => false;

    /// <summary>Holds back messages from now on; calling what it gives delivers them, and lets later ones through.</summary>
    public Action Hold(Func<string, string, Message, bool> holds)
    {
        var held = new List<Action>();
        _holds.Add((holds, held));
        return () =>
        {
            _holds.RemoveAll(hold => hold.Held == held);
            held.ForEach(static deliver => deliver());
        };
    }

    /// <summary>All connections break, and none can be had any more, as if the scheduler's machine were gone.</summary>
    public void Cut()
    {
        _isCut = true;
        _connections.ForEach(static connection => connection.Close(new Disconnect(DisconnectKind.Aborted, "the connection broke")));
    }

    public async ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        if (_isCut)
        {
            throw new ConnectionClosedException($"Nobody answers at {address}.");
        }

        var side = new Side(this, self, inbox);
        var connection = side.Of(await _inner.ConnectAsync(address, self, side, cancellationToken));
        _connections.Add(connection);
        return connection;
    }

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        _inner.ListenAsync(address, self, new Side(this, self, inbox), cancellationToken);

    private string NameOf(ComponentIdentity who) => who.Role == ComponentRole.Scheduler ? "scheduler" : _names.GetValueOrDefault(who.Id, who.Role.ToString());

    private bool Send(IConnection connection, ComponentIdentity from, Message message)
    {
        switch (message)
        {
            case RegisterWorker worker:
                _names[from.Id] = $"worker {worker.Name}";
                break;
            case RegisterNanny nanny:
                _names[from.Id] = $"nanny {nanny.Name}";
                break;
            case RegisterClient client:
                _names[from.Id] = client.Name;
                break;
        }

        var (sender, receiver) = (NameOf(from), NameOf(connection.Peer));
        if (connection.End is not null)
        {
            return false;
        }

        if (_holds.Find(hold => hold.Holds(sender, receiver, message)) is { Held: { } held })
        {
            held.Add(() =>
            {
                tell(sender, receiver, message);
                connection.TrySend(message);
            });
            return true;
        }

        tell(sender, receiver, message);
        return connection.TrySend(message);
    }

    /// <summary>One component's end of its connections.</summary>
    private sealed class Side(StoryTransport story, ComponentIdentity self, IInbox inbox) : IInbox
    {
        private readonly Dictionary<IConnection, End> _ends = [];

        public End Of(IConnection connection)
        {
            if (!_ends.TryGetValue(connection, out var end))
            {
                _ends[connection] = end = new End(story, self, connection);
            }

            return end;
        }

        public void Receive(IConnection connection, Message message) => inbox.Receive(Of(connection), message);

        public void Disconnected(IConnection connection, Disconnect reason) => inbox.Disconnected(Of(connection), reason);
    }

    private sealed class End(StoryTransport story, ComponentIdentity self, IConnection inner) : IConnection
    {
        public string PeerAddress => inner.PeerAddress;

        public ComponentIdentity Peer => inner.Peer;

        Disconnect? IConnection.End => inner.End;

        public bool TrySend(Message message) => story.Send(inner, self, message);

        public void Close(Disconnect reason) => inner.Close(reason);
    }
}
