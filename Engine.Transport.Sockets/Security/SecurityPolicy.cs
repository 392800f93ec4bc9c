using System.Net;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Addresses;

namespace Engine.Transport.Sockets.Security;

/// <summary>Which connections are protected well enough to be made.</summary>
internal static class SecurityPolicy
{
    /// <summary>Checks an address that is to be bound or connected to.</summary>
    /// <exception cref="TransportSecurityException">Connections to it would not be protected.</exception>
    public static void Check(Place address, IEnumerable<IPAddress> resolved, TransportSecurity security)
    {
        // Of unix sockets the file is protected, of tls all is checked when certificates are loaded and shown.
        if (address.Scheme != "tcp" || security.AllowInsecure)
        {
            return;
        }

        if (!resolved.All(IPAddress.IsLoopback))
        {
            throw new TransportSecurityException(
                $"Anybody between the machines could read and change what goes over {address}. Use tls:// with certificates; or set TransportSecurity.AllowInsecure, if the network is closed to others.");
        }

        if (security.Secret is not { Length: > 0 })
        {
            throw new TransportSecurityException(
                $"Every user of this machine could connect to {address}. Set TransportSecurity.Secret on both sides, use unix:// or tls://, or set TransportSecurity.AllowInsecure.");
        }
    }
}
