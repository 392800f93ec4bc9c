using Engine.Transport.Sockets.Addresses;

namespace Engine.Tests.Comms.Sockets;

public sealed class PlaceTests
{
    [Theory]
    [InlineData("tcp://127.0.0.1:8786", "127.0.0.1", 8786, "")]
    [InlineData("tcp://some-host.example:1", "some-host.example", 1, "")]
    [InlineData("tls://[::1]:65535", "::1", 65535, "")]
    [InlineData("unix:///run/engine.sock", "", 0, "/run/engine.sock")]
    public void An_address_is_cut_and_put_together(string address, string host, int port, string path)
    {
        var scheme = address[..address.IndexOf(':', StringComparison.Ordinal)];
        var place = Place.Parse(address, scheme, listens: false);

        Assert.Equal(new Place(scheme, host, port, path), place);
        Assert.Equal(address, place.ToString());
    }

    [Theory]
    [InlineData("tcp", "")]
    [InlineData("tcp", "127.0.0.1:8786")]
    [InlineData("tcp", "tls://127.0.0.1:8786")]
    [InlineData("tcp", "tcp://127.0.0.1")]
    [InlineData("tcp", "tcp://:8786")]
    [InlineData("tcp", "tcp://127.0.0.1:65536")]
    [InlineData("tcp", "tcp://127.0.0.1:-1")]
    [InlineData("tcp", "tcp://127.0.0.1: 1")]
    [InlineData("tcp", "tcp://::1:8786")]
    [InlineData("tcp", "tcp://[127.0.0.1]:8786")]
    [InlineData("tcp", "tcp://a b:8786")]
    [InlineData("tcp", "tcp://host:8786/path")]
    [InlineData("unix", "unix://run/engine.sock")]
    [InlineData("unix", "unix:///123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678")]
    public void What_is_no_address_is_refused_with_what_is_right(string scheme, string address)
    {
        var error = Assert.Throws<ArgumentException>(() => Place.Parse(address, scheme, listens: true));
        Assert.Contains($"Right is {scheme}://", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp", "tcp://")]
    [InlineData("tcp", "tcp://127.0.0.1:0")]
    [InlineData("unix", "unix://")]
    public void Only_who_listens_can_leave_the_place_open(string scheme, string address)
    {
        Assert.NotNull(Place.Parse(address, scheme, listens: true));
        Assert.Throws<ArgumentException>(() => Place.Parse(address, scheme, listens: false));
    }
}
