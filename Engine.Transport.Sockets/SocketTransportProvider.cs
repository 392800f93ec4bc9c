using Engine.Plugins.Transports;
using Engine.Transport.Sockets;
using Engine.Transport.Sockets.Security;

[assembly: TransportProvider(typeof(SocketTransportProvider))]

namespace Engine.Transport.Sockets;

/// <summary>Makes the transports <c>tcp</c>, <c>tls</c> and <c>unix</c>.</summary>
public sealed class SocketTransportProvider : ITransportProvider
{
    private static readonly string[] s_schemes = ["tcp", "tls", "unix"];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Schemes => s_schemes;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The scheme is none of these, or a limit is not positive.</exception>
    public ITransport Create(TransportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (Array.IndexOf(s_schemes, settings.Scheme) < 0)
        {
            throw new ArgumentException($"There is no transport for the scheme '{settings.Scheme}' here; there are {string.Join(", ", Schemes)}.", nameof(settings));
        }

        Check(settings.Limits);
        return settings.Security.Secret is { IsEmpty: true }
            ? throw new TransportSecurityException("TransportSecurity.Secret is empty. Give at least 16 random bytes, or null for none.")
            : new SocketTransport(settings, settings.Scheme == "tls" ? TlsIdentity.Load(settings.Security) : null);
    }

    private static void Check(TransportLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.HandshakeTimeout.Ticks, nameof(limits.HandshakeTimeout));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.CloseTimeout.Ticks, nameof(limits.CloseTimeout));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.HandshakesMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.BodyBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.MessageBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(limits.AttachmentsMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limits.WindowBytes);
    }
}
