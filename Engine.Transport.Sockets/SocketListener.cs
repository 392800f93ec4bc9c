using System.Net.Sockets;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Addresses;
using Engine.Transport.Sockets.Connections;
using Engine.Transport.Sockets.Handshakes;
using Engine.Transport.Sockets.Security;

namespace Engine.Transport.Sockets;

/// <summary>Accepts connections, and lets those in that have said who they are.</summary>
internal sealed class SocketListener : IListener
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly Place _address;
    private readonly UnixSocketFile? _place;
    private readonly ComponentIdentity _self;
    private readonly IInbox _inbox;
    private readonly TransportSettings _settings;
    private readonly TlsIdentity? _tls;
    private readonly LiveConnections _connections;
    private readonly PendingHandshakes _pending;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _isDisposed;

    /// <summary>Begins to accept.</summary>
    public SocketListener(
        (Socket Socket, Place Address, UnixSocketFile? Place) bound, ComponentIdentity self, IInbox inbox, TransportSettings settings, TlsIdentity? tls,
        LiveConnections connections)
    {
        (_socket, _address, _place) = bound;
        (_self, _inbox, _settings, _tls, _connections) = (self, inbox, settings, tls, connections);
        _pending = new PendingHandshakes(settings.Limits.HandshakesMax, settings.Limits.HandshakeTimeout, settings.Time);
        Address = _address.ToString();
        _accepting = Pool.Start(AcceptAsync);
    }

    public string Address { get; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _stop.Cancel();
            _socket.Dispose();
            _place?.Dispose();
        }

        await _accepting;
        await _pending.CloseAsync();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stop.Token);
                var handshake = _pending.Begin();
                _ = Pool.Start(() => GreetAsync(socket, handshake));
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException)
            {
                // The caller went away, or the process has no more handles: others are to be accepted, later.
                await Task.Delay(AcceptPause, _settings.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task GreetAsync(Socket socket, PendingHandshake handshake)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            EndPoints.Configure(socket);
            Stream? tls = null;
            IReadOnlySet<ComponentRole>? roles = null;
            if (_tls is not null)
            {
                (tls, roles) = await _tls.AnswerAsync(stream, handshake.Token);
                stream = tls;
            }

            var hello = Handshake.CreateHello(_settings, _self);
            var talk = new Handshake(stream, hello, _settings.Security.Secret, roles);
            if (await talk.AnswerAsync(() => _pending.TryCommit(handshake), handshake.Token) is { } peer)
            {
                var name = NameOf(socket);
                _connections.Start(new WireConnection(Link.Create(socket, tls, blocks: false), _inbox, name, peer, accepted: true, _self.Role, _settings));
                stream = Stream.Null; // It has an owner.
            }
        }
#pragma warning disable CA1031 // Whatever a caller causes here: it is not let in, and that is all.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The caller sees that the connection ends.
        }
        finally
        {
            await stream.DisposeAsync();
            _pending.End(handshake);
        }
    }

    private string NameOf(Socket socket) => _address.Scheme == "unix" ? $"unix caller of {_address.Path}" : $"{_address.Scheme}://{socket.RemoteEndPoint}";
}
