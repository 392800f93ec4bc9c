using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms;

public sealed class InProcTransportTests : TransportConformance
{
    protected override string FreePlace => "somewhere";

    [Fact]
    public async Task Addresses_of_two_transports_are_apart()
    {
        var (first, second) = (new InProcTransport(), new InProcTransport());
        await using var listener = await first.ListenAsync("inproc://place", new RecordingInbox(), CancellationToken.None);

        await Assert.ThrowsAsync<ConnectionClosedException>(
            async () => await second.ConnectAsync("inproc://place", new RecordingInbox(), CancellationToken.None));
    }

    [Fact]
    public async Task Messages_pass_by_reference()
    {
        var transport = new InProcTransport();
        var inbox = new RecordingInbox();
        await using var listener = await transport.ListenAsync("inproc://place", inbox, CancellationToken.None);
        var connection = await transport.ConnectAsync("inproc://place", new RecordingInbox(), CancellationToken.None);
        var message = new NumberedMessage(1, Lane.Data);

        connection.TrySend(message);

        Assert.Same(message, (await inbox.NextAsync()).Message);
    }

    protected override ITransport CreateTransport() => new InProcTransport();

    // A message has arrived when it has been sent.
    protected override Task ArrivedAsync(IConnection connection) => Task.CompletedTask;
}
