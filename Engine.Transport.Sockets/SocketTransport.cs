using System.Net;
using System.Net.Sockets;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Addresses;
using Engine.Transport.Sockets.Connections;
using Engine.Transport.Sockets.Handshakes;
using Engine.Transport.Sockets.Security;

namespace Engine.Transport.Sockets;

/// <summary>Connects components over tcp, tls or unix sockets.</summary>
/// <remarks>dask: <c>comm/tcp.py</c>.</remarks>
internal sealed class SocketTransport(TransportSettings settings, TlsIdentity? tls) : ITransport, IAsyncDisposable
{
    private const int Backlog = 512;
    private readonly LiveConnections _connections = new();

    public string Scheme => settings.Scheme;

    public bool CrossesProcesses => true;

    public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        new(Pool.Start(() => ConnectOnPoolAsync(address, self, inbox, cancellationToken)));

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        new(Pool.Start(() => ListenOnPoolAsync(address, self, inbox, cancellationToken)));

    /// <summary>Ends the connections that are left, and waits until what was said last has left.</summary>
    public async ValueTask DisposeAsync() => await _connections.CloseAsync(new Disconnect(DisconnectKind.Closed, "the transport was disposed of"));

    private async Task<IConnection> ConnectOnPoolAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var place = Place.Parse(address, Scheme, listens: false);
        using var timeout = new CancellationTokenSource(settings.Limits.HandshakeTimeout, settings.Time);
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await ConnectAsync(place, self, inbox, givenUp.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ConnectionClosedException(
                $"{address} did not answer within {settings.Limits.HandshakeTimeout.TotalSeconds} s. Check the address, and whether its process hangs; or raise TransportLimits.HandshakeTimeout.");
        }
        catch (EndOfStreamException)
        {
            throw new ConnectionClosedException(
                $"{address} ended the connection before it said who it is. It may be stopping or have too many half-made connections{(tls is null ? "" : ", or not trust this process's certificate")}. Connect again later.");
        }
        catch (SocketException exception)
        {
            throw new ConnectionClosedException($"Nobody listens at {address} ({exception.Message}). Start what should listen there, or check the address.");
        }
        catch (IOException exception) when (tls is not null)
        {
            throw new TransportSecurityException(
                $"{address} broke TLS off: {exception.Message} It may not trust this process's certificate: both have to be of the same authority.", exception);
        }
        catch (IOException exception)
        {
            throw new ConnectionClosedException($"The connection to {address} broke before it was made: {exception.Message}");
        }
    }

    private async Task<IConnection> ConnectAsync(Place place, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        var socket = await DialAsync(place, cancellationToken);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            EndPoints.Configure(socket);
            Stream? secured = null;
            IReadOnlySet<ComponentRole>? roles = null;
            if (tls is not null)
            {
                (secured, roles) = await tls.CallAsync(stream, place, cancellationToken);
                stream = secured;
            }

            var hello = Handshake.CreateHello(settings, self);
            var talk = new Handshake(stream, hello, settings.Security.Secret, roles);
            var peer = await talk.CallAsync(place.ToString(), cancellationToken);
            var saysThatItLives = self.Role == ComponentRole.Worker && peer.Identity.Role == ComponentRole.Scheduler;
            var connection = new WireConnection(Link.Create(socket, secured, saysThatItLives), inbox, place.ToString(), peer, accepted: false, self.Role, settings);
            _connections.Start(connection);
            stream = Stream.Null; // It has an owner.
            return connection;
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private async Task<Socket> DialAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.Scheme == "unix")
        {
            return await DialAsync(new UnixDomainSocketEndPoint(place.Path), cancellationToken);
        }

        var found = await EndPoints.ResolveAsync(place, cancellationToken);
        SecurityPolicy.Check(place, found, settings.Security);
        SocketException? last = null;
        foreach (var ip in found)
        {
            try
            {
                return await DialAsync(new IPEndPoint(ip, place.Port), cancellationToken);
            }
            catch (SocketException exception)
            {
                last = exception;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<Socket> DialAsync(EndPoint to, CancellationToken cancellationToken)
    {
        var socket = NewSocket(to.AddressFamily);
        try
        {
            await socket.ConnectAsync(to, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IListener> ListenOnPoolAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var place = Place.Parse(address, Scheme, listens: true);
        return new SocketListener(
            place.Scheme == "unix" ? BindUnix(place) : await BindIpAsync(place, cancellationToken), self, inbox, settings, tls, _connections);
    }

    private async Task<(Socket Socket, Place Address, UnixSocketFile? Place)> BindIpAsync(Place place, CancellationToken cancellationToken)
    {
        IPAddress[] found;
        try
        {
            found = await EndPoints.ResolveAsync(place, cancellationToken);
        }
        catch (SocketException exception)
        {
            throw new InvalidOperationException($"{place} can't be listened at: its host has no address ({exception.Message}). Use a name or an IP address of this machine.", exception);
        }

        SecurityPolicy.Check(place, found, settings.Security);
        var socket = NewSocket(found[0].AddressFamily);
        try
        {
            if (found[0].Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(found[0], place.Port));
            socket.Listen(Backlog);
            return (socket, EndPoints.Advertise(place, (IPEndPoint)socket.LocalEndPoint!), null); // It is bound.
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new InvalidOperationException(exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"Something listens at {place} already. Choose another port, or 0 for a free one."
                : $"{place} can't be listened at: {exception.Message}. Use a name or an IP address of this machine, and a port that this user may take.", exception);
        }
    }

    private static (Socket Socket, Place Address, UnixSocketFile? Place) BindUnix(Place place)
    {
        var taken = UnixSocketFile.Take(place.Path);
        var socket = NewSocket(AddressFamily.Unix);
        try
        {
            taken.Bind(socket);
            socket.Listen(Backlog);
            return (socket, place with { Path = taken.Path }, taken);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new InvalidOperationException($"{place} can't be listened at: {exception.Message}. Its directory has to be there, and this user's.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket NewSocket(AddressFamily family) =>
        new(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
}
