using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>Several transports as one: the scheme of an address says which is used. What it is itself, the first one says.</summary>
internal sealed class TransportRouter(ITransport primary, params ITransport[] others) : ITransport, IAsyncDisposable
{
    public string Scheme => primary.Scheme;

    public bool CrossesProcesses => primary.CrossesProcesses;

    public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        Find(address) is { } transport
            ? transport.ConnectAsync(address, self, inbox, cancellationToken)
            : ValueTask.FromException<IConnection>(Unserved(address));

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        Find(address) is { } transport
            ? transport.ListenAsync(address, self, inbox, cancellationToken)
            : ValueTask.FromException<IListener>(Unserved(address));

    /// <summary>Lets those transports go that hold something.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var transport in others.Prepend(primary).OfType<IAsyncDisposable>())
        {
            await transport.DisposeAsync();
        }
    }

    /// <summary>The part of an address before <c>://</c>; the whole of it if there is none.</summary>
    public static string SchemeOf(string address)
    {
        var end = address.IndexOf("://", StringComparison.Ordinal);
        return end < 0 ? address : address[..end];
    }

    private ITransport? Find(string address)
    {
        var scheme = SchemeOf(address);
        return primary.Scheme == scheme ? primary : others.FirstOrDefault(other => other.Scheme == scheme);
    }

    private NotSupportedException Unserved(string address) => new(
        $"{address} can't be reached: this component has the transports {string.Join(", ", others.Prepend(primary).Select(static transport => transport.Scheme))}. "
        + "Give an address with one of these schemes.");
}
