using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms;

/// <summary>Several transports as one, and where they are found.</summary>
public sealed class TransportRouterTests
{
    [Fact]
    public async Task The_scheme_of_an_address_picks_the_transport()
    {
        var other = new NamedTransport("other");
        var router = new TransportRouter(new InProcTransport(), other);

        await using var near = await router.ListenAsync("inproc://near", new RecordingInbox(), CancellationToken.None);
        await using var far = await router.ListenAsync("other://far", new RecordingInbox(), CancellationToken.None);
        var connection = await router.ConnectAsync("other://far", new RecordingInbox(), CancellationToken.None);

        Assert.Equal("inproc://near", near.Address);
        Assert.Equal(["listen other://far", "connect other://far"], other.Calls);
        Assert.Null(connection.End);
    }

    [Fact]
    public void Scheme_and_reach_are_those_of_the_first()
    {
        var router = new TransportRouter(new InProcTransport(), new NamedTransport("other"));

        Assert.Equal(("inproc", false), (router.Scheme, router.CrossesProcesses));
        Assert.Equal(("other", true), (new TransportRouter(new NamedTransport("other"), new InProcTransport()).Scheme, new NamedTransport("other").CrossesProcesses));
    }

    [Fact]
    public async Task A_scheme_that_none_serves_is_an_error_that_names_those_that_are()
    {
        var router = new TransportRouter(new InProcTransport(), new NamedTransport("other"));

        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => router.ConnectAsync("third://place", new RecordingInbox(), CancellationToken.None).AsTask());

        Assert.Contains("inproc, other", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp://host:1", "tcp")]
    [InlineData("unix://", "unix")]
    [InlineData("nonsense", "nonsense")]
    public void The_scheme_is_what_stands_before_the_slashes(string address, string scheme) =>
        Assert.Equal(scheme, TransportRouter.SchemeOf(address));

    [Fact]
    public void A_scheme_that_nobody_makes_is_an_error_that_says_what_to_do()
    {
        var error = Assert.Throws<NotSupportedException>(() => Transports.Create(new TransportSettings { Scheme = "nowhere", Format = new NoFormat() }));

        Assert.Contains("Engine.Transport.Sockets", error.Message, StringComparison.Ordinal);
        Assert.Contains("Transports.Register", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_registered_last_for_a_scheme_is_used()
    {
        Transports.Register(new NamedProvider(new NamedTransport("router-tests")));
        var last = new NamedTransport("router-tests");
        Transports.Register(new NamedProvider(last));

        Assert.Same(last, Transports.Create(new TransportSettings { Scheme = "router-tests", Format = new NoFormat() }));
    }

    private sealed class NamedProvider(NamedTransport transport) : ITransportProvider
    {
        public IReadOnlyCollection<string> Schemes => [transport.Scheme];

        public ITransport Create(TransportSettings settings) => transport;
    }

    private sealed class NoFormat : IWireFormat
    {
        public int Version => 0;

        public IWireCodec CreateCodec(ComponentRole self, ComponentRole peer) => throw new NotSupportedException();
    }

    /// <summary>The transport within the process, under another name.</summary>
    private sealed class NamedTransport(string scheme) : ITransport
    {
        private readonly InProcTransport _inner = new();

        public List<string> Calls { get; } = [];

        public string Scheme => scheme;

        public bool CrossesProcesses => true;

        public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
        {
            Calls.Add($"connect {address}");
            return _inner.ConnectAsync(address, self, inbox, cancellationToken);
        }

        public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
        {
            Calls.Add($"listen {address}");
            return _inner.ListenAsync(address, self, inbox, cancellationToken);
        }
    }
}
