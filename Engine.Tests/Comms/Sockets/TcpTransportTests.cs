using Engine.Plugins.Transports;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms.Sockets;

public sealed class TcpTransportTests : SocketConformance
{
    protected override string FreePlace { get; } = $"127.0.0.1:{SocketTransports.FreePort()}";

    [Fact]
    public async Task A_message_of_256_MB_arrives()
    {
        var (caller, listening) = (new RecordingInbox(), new RecordingInbox());
        var transport = CreateTransport();
        await using var listener = await transport.ListenAsync("tcp://", listening, CancellationToken.None);
        var connection = await transport.ConnectAsync(listener.Address, caller, CancellationToken.None);
        var bytes = GC.AllocateUninitializedArray<byte>(256 << 20);
        PayloadMessage.Bytes(1 << 16, 1).CopyTo(bytes, bytes.Length - (1 << 16));
        bytes.AsSpan(0, 1 << 20).Fill(7);

        connection.TrySend(new PayloadMessage(1, Lane.Data, [], bytes));

        var arrived = await listening.NextAsync<PayloadMessage>();
        Assert.True(bytes.AsSpan().SequenceEqual(Assert.Single(arrived.Attachments)));
    }

    protected override ITransport CreateListening(TransportLimits? limits) => SocketTransports.Create("tcp", limits: limits);

    protected override ITransport CreateConnecting(TransportLimits? limits) => SocketTransports.Create("tcp", limits: limits);
}
