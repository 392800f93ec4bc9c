using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Transports as tests need them.</summary>
internal static class SocketTransports
{
    public static readonly TransportSecurity Secret = new() { Secret = RandomNumberGenerator.GetBytes(32) };

    public static ITransport Create(
        string scheme, TransportSecurity? security = null, TransportLimits? limits = null, TimeProvider? time = null, IWireFormat? format = null) =>
        new SocketTransportProvider().Create(Settings(scheme, security, limits, time, format));

    public static TransportSettings Settings(
        string scheme, TransportSecurity? security = null, TransportLimits? limits = null, TimeProvider? time = null, IWireFormat? format = null) => new()
        {
            Scheme = scheme,
            Format = format ?? new TestFormat(),
            Security = security ?? Secret,
            Limits = limits ?? new TransportLimits(),
            Time = time ?? TimeProvider.System,
        };

    /// <summary>A port of this machine that nobody listens at.</summary>
    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
