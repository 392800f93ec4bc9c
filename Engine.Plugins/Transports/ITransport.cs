namespace Engine.Plugins.Transports;

/// <summary>A way to connect components, picked by the scheme of an address.</summary>
/// <remarks>dask: <c>Backend</c> with its <c>Connector</c> and <c>Listener</c>.</remarks>
public interface ITransport
{
    /// <summary>The scheme of the addresses that this transport serves, for example <c>inproc</c> or <c>tcp</c>.</summary>
    string Scheme { get; }

    /// <summary>Whether messages leave the process: then they are encoded, and what can't be is refused where it enters the engine.</summary>
    bool CrossesProcesses { get; }

    /// <summary>Connects to a listener.</summary>
    /// <param name="address">The listener's address, with scheme.</param>
    /// <param name="self">Who connects; the other end sees it as <see cref="IConnection.Peer"/>.</param>
    /// <param name="inbox">Where the messages of the new connection go.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The caller's end.</returns>
    /// <exception cref="ConnectionClosedException">Nobody listens at the address.</exception>
    /// <exception cref="TransportSecurityException">The two sides don't trust each other, or the connection would not be protected.</exception>
    ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken);

    /// <summary>Listens at an address.</summary>
    /// <param name="address">The address, with scheme; the part after the scheme may be empty to have one chosen.</param>
    /// <param name="self">Who listens.</param>
    /// <param name="inbox">Where the messages of accepted connections go.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The listener; disposing it ends listening, not the accepted connections.</returns>
    /// <exception cref="InvalidOperationException">The address is taken.</exception>
    /// <exception cref="TransportSecurityException">Connections to the address would not be protected.</exception>
    ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken);
}

/// <summary>A listening address.</summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>The address under which others connect.</summary>
    string Address { get; }
}
