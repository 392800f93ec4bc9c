using System.Globalization;
using System.Text;

namespace Engine.Transport.Sockets.Addresses;

/// <summary>An address of this transport, cut into its parts.</summary>
/// <param name="Scheme">tcp, tls or unix.</param>
/// <param name="Host">A name or an IP address without brackets; empty if one is to be chosen, and for unix.</param>
/// <param name="Port">The port; 0 if one is to be chosen, and for unix.</param>
/// <param name="Path">The path of a unix socket; empty if one is to be chosen, and for the others.</param>
internal sealed record Place(string Scheme, string Host, int Port, string Path)
{
    // Linux has room for 107 bytes and a zero, others for a little less.
    private const int PathBytesMax = 103;

    /// <summary>Cuts an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="scheme">The scheme that it has to have.</param>
    /// <param name="listens">Whether parts may be left open.</param>
    /// <exception cref="ArgumentException">It is no such address.</exception>
    public static Place Parse(string address, string scheme, bool listens)
    {
        ArgumentNullException.ThrowIfNull(address);
        var prefix = scheme + "://";
        if (!address.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw Wrong(address, $"it does not begin with {prefix}", scheme);
        }

        var rest = address[prefix.Length..];
        if (rest.Length == 0)
        {
            return listens ? new Place(scheme, "", 0, "") : throw Wrong(address, "it names no place to connect to", scheme);
        }

        return scheme == "unix" ? ParsePath(address, rest) : ParseHost(address, scheme, rest, listens);
    }

    public override string ToString() => Scheme == "unix" ? $"unix://{Path}" : $"{Scheme}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";

    private static Place ParsePath(string address, string path)
    {
        if (path[0] != '/' || path.Contains('\0'))
        {
            throw Wrong(address, "its path is not absolute", "unix");
        }

        return Encoding.UTF8.GetByteCount(path) <= PathBytesMax
            ? new Place("unix", "", 0, path)
            : throw Wrong(address, $"its path has more than {PathBytesMax} bytes", "unix");
    }

    private static Place ParseHost(string address, string scheme, string place, bool listens)
    {
        var colon = place.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
        {
            throw Wrong(address, "it has no port between 0 and 65535", scheme);
        }

        if (port == 0 && !listens)
        {
            throw Wrong(address, "nobody can connect to port 0, which stands for a free one", scheme);
        }

        var host = place[..colon];
        if (host[0] == '[' && host[^1] == ']')
        {
            host = host[1..^1];
            return Uri.CheckHostName(host) == UriHostNameType.IPv6
                ? new Place(scheme, host, port, "")
                : throw Wrong(address, "what is in brackets is no IPv6 address", scheme);
        }

        return Uri.CheckHostName(host) is UriHostNameType.IPv4 or UriHostNameType.Dns
            ? new Place(scheme, host, port, "")
            : throw Wrong(address, "its host is neither a name nor an IPv4 address nor an IPv6 address in brackets", scheme);
    }

    private static ArgumentException Wrong(string address, string what, string scheme) => new(
        $"'{address}' is not an address here: {what}. Right is {(scheme == "unix" ? "unix:///run/engine.sock" : $"{scheme}://127.0.0.1:8786, {scheme}://name:8786 or {scheme}://[::1]:8786")}; "
        + $"to listen, also {scheme}://, which has a place chosen.",
        nameof(address));
}
