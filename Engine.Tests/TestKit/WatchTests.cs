using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Conformance;

namespace Engine.Tests.TestKit;

/// <summary>What sees to it that nothing is left notices what is.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task Connections_and_listeners_are_open_until_they_have_ended_on_both_sides()
    {
        var transport = new WatchedTransport(new InProcTransport());
        var listener = await transport.ListenAsync("inproc://place", new RecordingInbox(), CancellationToken.None);
        var connection = await transport.ConnectAsync("inproc://place", new RecordingInbox(), CancellationToken.None);
        connection.TrySend(new NumberedMessage(1, Lane.Data)); // From now on the other side is known too.
        Assert.StartsWith("3 connections and listeners: ", transport.ToString(), StringComparison.Ordinal);
        var end = transport.WhenNothingIsOpen();

        await listener.DisposeAsync();
        Assert.False(end.IsCompleted);
        connection.Close(new Disconnect(DisconnectKind.Closed, "a test"));

        await end.Within("nothing is open");
        Assert.StartsWith("0 connections and listeners", transport.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_among_the_handles_as_long_as_it_is_open()
    {
        var path = Path.GetTempFileName();
        using (File.OpenRead(path))
        {
            Assert.Contains(OpenHandles.All(), handle => handle.EndsWith(path, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(OpenHandles.All(), handle => handle.EndsWith(path, StringComparison.Ordinal));
        File.Delete(path);
    }
}
