using Engine.Plugins.Transports;
using Engine.Tests.TestKit;
using Engine.Transport.Sockets;
using Engine.Transport.Sockets.Handshakes;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Who is let in, and what is refused because it would not be protected.</summary>
public sealed class TrustTests(CertificateFolder certificates) : IClassFixture<CertificateFolder>
{
    private readonly RecordingInbox _inbox = new();

    [Fact]
    public async Task Another_secret_is_refused()
    {
        var error = await RefusedAsync<TransportSecurityException>(SocketTransports.Secret, new TransportSecurity { Secret = new byte[32] });
        Assert.Contains("TransportSecurity.Secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_where_one_is_wanted_is_refused()
    {
        var error = await RefusedAsync<TransportSecurityException>(SocketTransports.Secret, new TransportSecurity { AllowInsecure = true });
        Assert.Contains("trusts by a secret, this process by nothing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_where_none_is_wanted_is_refused()
    {
        var error = await RefusedAsync<TransportSecurityException>(new TransportSecurity { AllowInsecure = true }, SocketTransports.Secret);
        Assert.Contains("trusts by nothing, this process by a secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_version_of_the_messages_is_refused()
    {
        await using var listener = await SocketTransports.Create("tcp").ListenAsync("tcp://", _inbox, CancellationToken.None);
        var newer = SocketTransports.Create("tcp", format: new TestFormat(version: 2));

        var error = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await newer.ConnectAsync(listener.Address, _inbox, CancellationToken.None));
        Assert.Contains("in version 1, this process in version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_version_of_the_transport_is_refused()
    {
        var (self, peer) = (RawPeer.NewHello(role: ComponentRole.Scheduler), RawPeer.NewHello() with { Version = 2 });
        Assert.Equal(Verdict.OtherTransportVersion, HandshakeRules.JudgeCaller(self, peer, null));
        Assert.Contains(
            "version 1 of the sockets transport, this process version 2",
            HandshakeErrors.Explain(Verdict.OtherTransportVersion, byListener: true, "tcp://there:1", peer, self).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ComponentRole.Scheduler, ComponentRole.Client, true)]
    [InlineData(ComponentRole.Scheduler, ComponentRole.Worker, true)]
    [InlineData(ComponentRole.Scheduler, ComponentRole.Nanny, true)]
    [InlineData(ComponentRole.Scheduler, ComponentRole.Scheduler, false)]
    [InlineData(ComponentRole.Scheduler, ComponentRole.Unknown, false)]
    [InlineData(ComponentRole.Scheduler, (ComponentRole)77, false)]
    [InlineData(ComponentRole.Worker, ComponentRole.Worker, true)]
    [InlineData(ComponentRole.Worker, ComponentRole.Client, true)]
    [InlineData(ComponentRole.Worker, ComponentRole.Nanny, false)]
    [InlineData(ComponentRole.Worker, ComponentRole.Scheduler, false)]
    [InlineData(ComponentRole.Nanny, ComponentRole.Client, false)]
    [InlineData(ComponentRole.Client, ComponentRole.Worker, false)]
    public async Task A_listener_takes_only_roles_in_that_have_business_with_it(ComponentRole listening, ComponentRole calling, bool mayConnect)
    {
        var transport = SocketTransports.Create("tcp");
        await using var listener = await transport.ListenAsync("tcp://", ComponentIdentity.New(listening), _inbox, CancellationToken.None);

        async Task Connect() => await transport.ConnectAsync(listener.Address, ComponentIdentity.New(calling), _inbox, CancellationToken.None);
        if (mayConnect)
        {
            await Connect();
        }
        else
        {
            Assert.Contains($"a {calling} does not connect to it", (await Assert.ThrowsAsync<TransportSecurityException>(Connect)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_proof_is_of_one_secret_one_side_and_one_connection()
    {
        var (caller, listener, proof) = (new byte[Hello.Bytes], new byte[Hello.Bytes], new byte[HandshakeRules.ProofBytes]);
        RawPeer.NewHello().Write(caller);
        RawPeer.NewHello(role: ComponentRole.Scheduler).Write(listener);
        byte[] secret = [1, 2, 3];
        HandshakeRules.Prove(secret, listener: false, caller, listener, proof);

        Assert.True(HandshakeRules.IsProven(secret, listener: false, caller, listener, proof));
        Assert.False(HandshakeRules.IsProven(secret, listener: true, caller, listener, proof));
        Assert.False(HandshakeRules.IsProven([1, 2, 4], listener: false, caller, listener, proof));
        Assert.False(HandshakeRules.IsProven(secret, listener: false, listener, caller, proof));
        listener[Hello.Bytes - 1] ^= 1;
        Assert.False(HandshakeRules.IsProven(secret, listener: false, caller, listener, proof));
    }

    [Fact]
    public void A_hello_is_read_as_it_was_written()
    {
        var bytes = new byte[Hello.Bytes];
        var hello = RawPeer.NewHello(windowBytes: 123, role: ComponentRole.Worker, formatVersion: -5);
        hello = hello with { Identity = hello.Identity with { Incarnation = long.MaxValue } };
        hello.Write(bytes);

        var read = Hello.Read(bytes);
        Assert.NotNull(read);
        Assert.Equal(hello.Nonce.ToArray(), read.Nonce.ToArray());
        Assert.Equal(hello, read with { Nonce = hello.Nonce });
        bytes[0]++;
        Assert.Null(Hello.Read(bytes));
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:0", false, "TransportSecurity.Secret")]
    [InlineData("tcp://0.0.0.0:0", true, "tls://")]
    [InlineData("tcp://[::]:0", true, "tls://")]
    public async Task What_would_not_be_protected_is_refused(string address, bool withSecret, string advice)
    {
        var transport = SocketTransports.Create("tcp", withSecret ? null : new TransportSecurity());
        var error = await Assert.ThrowsAsync<TransportSecurityException>(async () => await transport.ListenAsync(address, _inbox, CancellationToken.None));
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        Assert.Contains("AllowInsecure", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connecting_to_another_machine_without_tls_is_refused()
    {
        var error = await Assert.ThrowsAsync<TransportSecurityException>(
            async () => await SocketTransports.Create("tcp").ConnectAsync("tcp://192.0.2.1:8786", _inbox, CancellationToken.None));
        Assert.Contains("tls://", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tls_without_certificates_is_refused()
    {
        var error = Assert.Throws<TransportSecurityException>(() => SocketTransports.Create("tls"));
        Assert.Contains("CertificateFile, KeyFile and AuthorityFile", error.Message, StringComparison.Ordinal);
        Assert.Throws<TransportSecurityException>(() => SocketTransports.Create("tls", new TransportSecurity
        {
            CertificateFile = "nowhere.pem",
            KeyFile = "nowhere-key.pem",
            AuthorityFile = "ca.pem",
        }));
    }

    [Fact]
    public async Task A_caller_with_a_certificate_of_another_authority_is_refused()
    {
        using var others = new CertificateFolder();
        var mixed = new TransportSecurity
        {
            CertificateFile = others.Of(ComponentRole.Client).CertificateFile,
            KeyFile = others.Of(ComponentRole.Client).KeyFile,
            AuthorityFile = certificates.Of(ComponentRole.Client).AuthorityFile,
        };

        await RefusedAsync<TransportSecurityException>(certificates.Of(ComponentRole.Scheduler), mixed, "tls");
    }

    [Fact]
    public async Task A_listener_with_a_certificate_of_another_authority_is_refused()
    {
        using var others = new CertificateFolder();
        await RefusedAsync<TransportSecurityException>(others.Of(ComponentRole.Scheduler), certificates.Of(ComponentRole.Client), "tls");
    }

    [Fact]
    public async Task A_caller_whose_certificate_is_for_another_role_is_refused()
    {
        var error = await RefusedAsync<TransportSecurityException>(certificates.Of(ComponentRole.Scheduler), certificates.Of(ComponentRole.Client), "tls", ComponentRole.Worker);
        Assert.Contains("its certificate is not for that role", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_whose_certificate_is_for_another_role_is_refused()
    {
        var error = await RefusedAsync<TransportSecurityException>(certificates.Of(ComponentRole.Worker), certificates.Of(ComponentRole.Client), "tls");
        Assert.Contains("says that it is a Scheduler", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_under_another_host_name_is_refused()
    {
        using var elsewhere = new CertificateFolder("elsewhere.example");
        await RefusedAsync<TransportSecurityException>(elsewhere.Of(ComponentRole.Scheduler), elsewhere.Of(ComponentRole.Client), "tls");
    }

    [Fact]
    public async Task A_caller_that_does_not_speak_tls_is_refused()
    {
        await using var listener = await SocketTransports.Create("tls", certificates.Of(ComponentRole.Scheduler)).ListenAsync("tls://", _inbox, CancellationToken.None);
        var plain = SocketTransports.Create("tcp");

        await Assert.ThrowsAnyAsync<EngineException>(
            async () => await plain.ConnectAsync(listener.Address.Replace("tls", "tcp", StringComparison.Ordinal), _inbox, CancellationToken.None));
    }

    [Fact]
    public async Task A_secret_is_used_with_certificates_too()
    {
        var (listening, calling) = (With(certificates.Of(ComponentRole.Scheduler), [1]), With(certificates.Of(ComponentRole.Client), [2]));
        await RefusedAsync<TransportSecurityException>(listening, calling, "tls");
    }

    [Fact]
    public void Certificates_are_not_replaced_and_keys_are_their_owners_only()
    {
        Assert.Throws<IOException>(() => ClusterCertificates.Create(certificates.Folder, []));
        Assert.All(Directory.GetFiles(certificates.Folder, "*-key.pem"), static path =>
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)));
        Assert.Equal(10, Directory.GetFiles(certificates.Folder).Length);
    }

    private static TransportSecurity With(TransportSecurity security, byte[] secret) => new()
    {
        CertificateFile = security.CertificateFile,
        KeyFile = security.KeyFile,
        AuthorityFile = security.AuthorityFile,
        Secret = secret,
    };

    private async Task<TException> RefusedAsync<TException>(TransportSecurity listening, TransportSecurity calling, string scheme = "tcp", ComponentRole role = ComponentRole.Client)
        where TException : Exception
    {
        await using var listener = await SocketTransports.Create(scheme, listening).ListenAsync($"{scheme}://", _inbox, CancellationToken.None);
        var error = await Assert.ThrowsAsync<TException>(
            async () => await SocketTransports.Create(scheme, calling).ConnectAsync(listener.Address, ComponentIdentity.New(role), _inbox, CancellationToken.None));
        Assert.Contains(listener.Address, error.Message, StringComparison.Ordinal);
        Assert.False(_inbox.TryNext(out _));
        return error;
    }
}
