using Engine.Plugins.Transports;

namespace Engine.Tests.TestKit;

/// <summary>For tests that don't care who connects: a client to a scheduler.</summary>
internal static class TransportExtensions
{
    public static ValueTask<IConnection> ConnectAsync(this ITransport transport, string address, IInbox inbox, CancellationToken cancellationToken) =>
        transport.ConnectAsync(address, ComponentIdentity.New(ComponentRole.Client), inbox, cancellationToken);

    public static ValueTask<IListener> ListenAsync(this ITransport transport, string address, IInbox inbox, CancellationToken cancellationToken) =>
        transport.ListenAsync(address, ComponentIdentity.New(ComponentRole.Scheduler), inbox, cancellationToken);
}
