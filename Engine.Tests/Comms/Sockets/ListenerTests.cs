using System.Net;
using System.Net.Sockets;
using Engine.Plugins.Transports;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Connections that are being made, and callers that are nobody.</summary>
public sealed class ListenerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingInbox _inbox = new();

    [Fact]
    public async Task A_caller_that_says_no_more_is_dropped_in_time()
    {
        await using var listener = await ListenAsync();
        using var silent = await RawPeer.DialAsync(listener.Address);
        await silent.BeginHandshakeAsync();

        _time.Advance(new TransportLimits().HandshakeTimeout);

        Assert.True(await silent.IsEndedAsync());
        Assert.False(_inbox.TryNext(out _));
    }

    [Fact]
    public async Task A_thousand_callers_that_say_nothing_hold_nobody_up()
    {
        await using var listener = await ListenAsync();
        var silent = new List<RawPeer>();
        for (var i = 0; i < 1000; i++)
        {
            silent.Add(await RawPeer.DialAsync(listener.Address));
        }

        var connection = await SocketTransports.Create("tcp", time: _time).ConnectAsync(listener.Address, new RecordingInbox(), CancellationToken.None);
        for (var i = 0; i < 1000; i++)
        {
            connection.TrySend(new NumberedMessage(i, Lane.Data));
            Assert.Equal(i, Assert.IsType<NumberedMessage>((await _inbox.NextAsync()).Message).Number);
        }

        silent.ForEach(static peer => peer.Dispose());
    }

    [Fact]
    public async Task Of_too_many_callers_that_say_nothing_the_oldest_is_dropped()
    {
        await using var listener = await ListenAsync(new TransportLimits { HandshakesMax = 2 });
        using var first = await RawPeer.DialAsync(listener.Address);
        await first.BeginHandshakeAsync();
        using var second = await RawPeer.DialAsync(listener.Address);
        await second.BeginHandshakeAsync();
        using var third = await RawPeer.DialAsync(listener.Address);

        Assert.True(await first.IsEndedAsync());
        await third.BeginHandshakeAsync();
    }

    [Fact]
    public async Task A_listener_that_stops_ends_what_is_being_made()
    {
        var listener = await ListenAsync();
        using var caller = await RawPeer.DialAsync(listener.Address);
        await caller.BeginHandshakeAsync();

        await listener.DisposeAsync();

        Assert.True(await caller.IsEndedAsync());
    }

    [Fact]
    public async Task Connecting_to_what_ends_the_connection_before_a_word_fails()
    {
        using var listener = RawListener(out var address);
        var connecting = ConnectAsync(address);
        (await listener.AcceptAsync()).Dispose();

        var exception = await Assert.ThrowsAsync<ConnectionClosedException>(() => connecting).Within("connecting fails");
        Assert.Contains(address, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connecting_to_what_never_answers_fails_in_time()
    {
        using var listener = RawListener(out var address);
        var connecting = ConnectAsync(address);
        using var accepted = await listener.AcceptAsync();
        await accepted.ReceiveAsync(new byte[1]);

        _time.Advance(new TransportLimits().HandshakeTimeout);

        var exception = await Assert.ThrowsAsync<ConnectionClosedException>(() => connecting).Within("connecting fails");
        Assert.Contains("did not answer within 10 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connecting_to_what_never_answers_can_be_given_up()
    {
        using var listener = RawListener(out var address);
        using var giveUp = new CancellationTokenSource();
        var connecting = ConnectAsync(address, giveUp.Token);
        using var accepted = await listener.AcceptAsync();
        await giveUp.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting).Within("connecting is given up");
        Assert.Equal(giveUp.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task Connecting_to_something_else_fails()
    {
        using var listener = RawListener(out var address);
        var connecting = ConnectAsync(address);
        using var accepted = await listener.AcceptAsync();
        await accepted.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nServer: something that is not an engine\r\n\r\n"u8.ToArray());

        var exception = await Assert.ThrowsAsync<ConnectionClosedException>(() => connecting).Within("connecting fails");
        Assert.Contains("no component of this engine", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_speaks_something_else_hears_nothing()
    {
        await using var listener = await ListenAsync();
        using var caller = await RawPeer.DialAsync(listener.Address);
        await caller.SendAsync([.. "GET / HTTP/1.1\r\nHost: somewhere\r\nUser-Agent: somebody who is looking around\r\n\r\n"u8, .. new byte[100]]);

        Assert.True(await caller.IsEndedAsync());
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task A_place_that_is_chosen_is_of_this_machine_only(string scheme)
    {
        using var certificates = new CertificateFolder();
        var security = scheme == "tls" ? certificates.Of(ComponentRole.Scheduler) : SocketTransports.Secret;
        await using var listener = await SocketTransports.Create(scheme, security).ListenAsync($"{scheme}://", _inbox, CancellationToken.None);

        Assert.Matches($"^{scheme}://127\\.0\\.0\\.1:[1-9][0-9]*$", listener.Address);
    }

    [Fact]
    public async Task A_listener_at_all_addresses_says_the_name_of_the_machine()
    {
        var transport = SocketTransports.Create("tcp", new TransportSecurity { AllowInsecure = true });
        await using var listener = await transport.ListenAsync("tcp://0.0.0.0:0", _inbox, CancellationToken.None);

        Assert.StartsWith($"tcp://{Dns.GetHostName()}:", listener.Address, StringComparison.Ordinal);
    }

    [SkippableIpV6Fact]
    public async Task A_listener_can_be_at_an_IPv6_address()
    {
        var transport = SocketTransports.Create("tcp");
        await using var listener = await transport.ListenAsync("tcp://[::1]:0", _inbox, CancellationToken.None);
        Assert.StartsWith("tcp://[::1]:", listener.Address, StringComparison.Ordinal);
        await transport.ConnectAsync(listener.Address, new RecordingInbox(), CancellationToken.None);
    }

    private static Socket RawListener(out string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        address = $"tcp://{socket.LocalEndPoint}";
        return socket;
    }

    private Task<IConnection> ConnectAsync(string address, CancellationToken cancellationToken = default) =>
        SocketTransports.Create("tcp", time: _time).ConnectAsync(address, _inbox, cancellationToken).AsTask();

    private ValueTask<IListener> ListenAsync(TransportLimits? limits = null) =>
        SocketTransports.Create("tcp", limits: limits, time: _time).ListenAsync("tcp://", _inbox, CancellationToken.None);

    private sealed class SkippableIpV6FactAttribute : FactAttribute
    {
        public SkippableIpV6FactAttribute()
        {
            if (!Socket.OSSupportsIPv6 || !System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
                    .SelectMany(static card => card.GetIPProperties().UnicastAddresses).Any(static address => address.Address.Equals(IPAddress.IPv6Loopback)))
            {
                Skip = "This machine has no IPv6.";
            }
        }
    }
}
