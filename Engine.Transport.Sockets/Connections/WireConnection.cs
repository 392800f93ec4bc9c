using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Framing;
using Engine.Transport.Sockets.Handshakes;

namespace Engine.Transport.Sockets.Connections;

/// <summary>One end of a connection over a socket: one loop that writes, one that reads, one end that both sides agree on.</summary>
/// <remarks>
/// The last frame of each side is its farewell. Who has said it completes its output; who has been told tells its component and
/// reads on, into nothing, until the other side's output is complete: a socket that is closed with bytes unread would take back
/// what is still under way.
/// A worker writes to its scheduler on a thread of its own: what it says there is also that it lives, which must not depend on a
/// thread pool that user code may block.
/// </remarks>
internal sealed partial class WireConnection : IConnection
{
    private readonly Link _link;
    private readonly IInbox _inbox;
    private readonly TransportSettings _settings;
    private readonly Ending _ending;
    private readonly Signal _signal;
    private readonly Lock _timerLock = new();
    private ITimer? _timer;
    private bool _isOver;
    private volatile bool _isOverdue;
    private volatile bool _dropsQueued;

    public WireConnection(Link link, IInbox inbox, string peerAddress, Hello peer, bool accepted, ComponentRole self, TransportSettings settings)
    {
        (_link, _inbox, _settings, PeerAddress, Peer) = (link, inbox, settings, peerAddress, peer.Identity);
        _ending = new Ending(accepted);
        _signal = new Signal(link.IsBlocking);
        _caughtUp = HandBack;
        (_credit, _creditMax) = (peer.WindowBytes, peer.WindowBytes);
        var (data, control) = (settings.Format.CreateCodec(self, peer.Identity.Role), settings.Format.CreateCodec(self, peer.Identity.Role));
        _window = new ReceiveWindow(settings.Limits.WindowBytes);
        _receiver = new FrameReceiver(data, control, settings.Limits, _window);
        _data = new LaneSender(Lane.Data, data, settings.Limits);
        _control = new LaneSender(Lane.Control, control, settings.Limits);
    }

    public string PeerAddress { get; }

    public ComponentIdentity Peer { get; }

    public Disconnect? End => _ending.Reason;

    /// <summary>Ends when nothing is left of the connection.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public void Start() => Completion = Pool.Start(RunAsync);

    public bool TrySend(Message message)
    {
        if (_ending.Reason is not null)
        {
            return false;
        }

        (message.Lane == Lane.Control ? _control : _data).Enqueue(message);
        _signal.Set();
        return true;
    }

    public void Close(Disconnect reason)
    {
        if (_ending.Close(SmallFrames.Shorten(reason)))
        {
            BeginEnd();
        }
    }

    /// <summary>What has begun to end is given so much time and no more.</summary>
    private void BeginEnd()
    {
        lock (_timerLock)
        {
            if (_timer is null && !_isOver)
            {
                _timer = _settings.Time.CreateTimer(static state => ((WireConnection)state!).OnTimeout(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(_settings.Limits.CloseTimeout, Timeout.InfiniteTimeSpan);
            }
        }

        _signal.Set();
    }

    /// <summary>First the component is told and the farewell said, whatever is unsent or unanswered; then the socket is given up.</summary>
    private void OnTimeout()
    {
        if (_isOverdue)
        {
            _link.Dispose();
            return;
        }

        _isOverdue = true;
        _dropsQueued = true;
        _link.Input.CancelPendingRead();
        _signal.Set();
        lock (_timerLock)
        {
            _timer?.Change(_settings.Limits.CloseTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(Pool.Start(ReadAsync), _link.IsBlocking ? Pool.StartOnOwnThread(WriteAsync) : Pool.Start(WriteAsync));
            await _link.Sent;
        }
        finally
        {
            lock (_timerLock)
            {
                _isOver = true;
                _timer?.Dispose();
                _timer = null;
            }

            _link.Dispose();
        }
    }
}
