using System.Net;
using System.Net.Sockets;

namespace Engine.Transport.Sockets.Addresses;

/// <summary>From addresses to end points, and back.</summary>
internal static class EndPoints
{
    /// <summary>The IP addresses of a host, IPv4 first.</summary>
    /// <exception cref="SocketException">There are none.</exception>
    public static async Task<IPAddress[]> ResolveAsync(Place address, CancellationToken cancellationToken)
    {
        if (address.Host.Length == 0)
        {
            return [IPAddress.Loopback];
        }

        if (IPAddress.TryParse(address.Host, out var literal))
        {
            return [literal];
        }

        var found = await Dns.GetHostAddressesAsync(address.Host, cancellationToken);
        return [.. found.OrderBy(static ip => ip.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)];
    }

    /// <summary>The address under which others reach what is bound.</summary>
    public static Place Advertise(Place asked, IPEndPoint bound)
    {
        var isWildcard = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);
        var host = isWildcard ? Dns.GetHostName()
            : IPAddress.TryParse(asked.Host, out _) || asked.Host.Length == 0 ? bound.Address.ToString()
            : asked.Host;
        return asked with { Host = host, Port = bound.Port };
    }

    /// <summary>A connection goes out at once, and is found out when its other end is gone.</summary>
    public static void Configure(Socket socket)
    {
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        }
    }
}
