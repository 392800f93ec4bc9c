using Engine.Plugins.Transports;

namespace Engine.Tests.Comms.Sockets;

public sealed class TlsTransportTests(CertificateFolder certificates) : SocketConformance, IClassFixture<CertificateFolder>
{
    protected override string FreePlace { get; } = $"127.0.0.1:{SocketTransports.FreePort()}";

    protected override ITransport CreateListening(TransportLimits? limits) =>
        SocketTransports.Create("tls", certificates.Of(ComponentRole.Scheduler), limits);

    protected override ITransport CreateConnecting(TransportLimits? limits) =>
        SocketTransports.Create("tls", certificates.Of(ComponentRole.Client), limits);
}
