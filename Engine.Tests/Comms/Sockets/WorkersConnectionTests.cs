using Engine.Plugins.Transports;

namespace Engine.Tests.Comms.Sockets;

/// <summary>A worker's connection to its scheduler, which writes on a thread of its own.</summary>
public sealed class WorkersTcpConnectionTests : SocketConformance
{
    protected override string FreePlace { get; } = $"127.0.0.1:{SocketTransports.FreePort()}";

    protected override ComponentRole Connecting => ComponentRole.Worker;

    protected override ITransport CreateListening(TransportLimits? limits) => SocketTransports.Create("tcp", limits: limits);

    protected override ITransport CreateConnecting(TransportLimits? limits) => new AsWorker(SocketTransports.Create("tcp", limits: limits));
}

public sealed class WorkersTlsConnectionTests(CertificateFolder certificates) : SocketConformance, IClassFixture<CertificateFolder>
{
    protected override string FreePlace { get; } = $"127.0.0.1:{SocketTransports.FreePort()}";

    protected override ComponentRole Connecting => ComponentRole.Worker;

    protected override ITransport CreateListening(TransportLimits? limits) =>
        SocketTransports.Create("tls", certificates.Of(ComponentRole.Scheduler), limits);

    protected override ITransport CreateConnecting(TransportLimits? limits) =>
        new AsWorker(SocketTransports.Create("tls", certificates.Of(ComponentRole.Worker), limits));
}

/// <summary>Whoever connects does it as a worker.</summary>
internal sealed class AsWorker(ITransport inner) : ITransport
{
    public string Scheme => inner.Scheme;

    public bool CrossesProcesses => inner.CrossesProcesses;

    public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        inner.ConnectAsync(address, self with { Role = ComponentRole.Worker }, inbox, cancellationToken);

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        inner.ListenAsync(address, self, inbox, cancellationToken);
}
