using Engine.Plugins.Transports;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;
using Engine.Transport.Sockets.Connections;

namespace Engine.Tests.Comms.Sockets;

/// <summary>What transports over sockets promise beside what every transport does.</summary>
public abstract class SocketConformance : TransportConformance
{
    private const int Window = 1 << 20;
    private readonly RecordingInbox _caller = new();
    private readonly RecordingInbox _listener = new();

    /// <summary>As what the other side connects.</summary>
    protected virtual ComponentRole Connecting => ComponentRole.Client;

    [Fact]
    public async Task Attachments_arrive_as_arrays_of_their_own()
    {
        var connection = await ConnectAsync(Create(null), _listener);
        byte[][][] cases =
        [
            [[]],
            [[], [], []],
            [[1]],
            [[], [1, 2], [], [3], []],
            [.. Enumerable.Range(0, 5000).Select(static i => PayloadMessage.Bytes(i % 7, i))],
            [PayloadMessage.Bytes(300_000, 1), [], PayloadMessage.Bytes(128 << 10, 2), PayloadMessage.Bytes(65_537, 3)],
        ];

        for (var i = 0; i < cases.Length; i++)
        {
            var lane = i % 2 == 0 ? Lane.Data : Lane.Control;
            connection.TrySend(new PayloadMessage(i, lane, PayloadMessage.Bytes(i * 50_000, i), cases[i]));
            var arrived = await _listener.NextAsync<PayloadMessage>();
            Assert.Equal(i, arrived.Number);
            Assert.Equal(PayloadMessage.Bytes(i * 50_000, i), arrived.BodyBytes);
            Assert.Equal(cases[i], arrived.Attachments);
        }
    }

    [Fact]
    public async Task A_component_that_is_behind_holds_up_data_and_not_control()
    {
        var inbox = new SlowInbox();
        var connection = await ConnectAsync(Create(new TransportLimits { WindowBytes = Window }), inbox);
        const int count = 40;
        for (var i = 0; i < count; i++)
        {
            connection.TrySend(new PayloadMessage(i, Lane.Data, [], PayloadMessage.Bytes(100_000, i)));
        }

        await inbox.Asked;
        connection.TrySend(CreateMessage(1000, Lane.Control));
        while ((await inbox.Arrived.NextAsync()).Message is not NumberedMessage { Number: 1000 })
        {
        }

        connection.TrySend(CreateMessage(1001, Lane.Control));
        while ((await inbox.Arrived.NextAsync()).Message is not NumberedMessage { Number: 1001 })
        {
        }

        Assert.InRange(inbox.DataBytes, Window / 4, Window + (256 << 10));

        inbox.CatchUp();
        connection.Close(new Disconnect(DisconnectKind.Closed, "over"));
        await inbox.Arrived.NextEndAsync();
        Assert.Equal(count * 100_000L, inbox.DataBytes);
    }

    [Fact]
    public async Task A_message_larger_than_the_window_arrives()
    {
        var connection = await ConnectAsync(Create(new TransportLimits { WindowBytes = 1000 }), _listener);
        var bytes = PayloadMessage.Bytes(5 << 20, 1);
        connection.TrySend(new PayloadMessage(1, Lane.Data, [1, 2, 3], bytes));
        connection.TrySend(CreateMessage(2, Lane.Data));

        Assert.Equal(bytes, Assert.Single((await _listener.NextAsync<PayloadMessage>()).Attachments));
        Assert.Equal(2, NumberOf((await _listener.NextAsync()).Message));
    }

    [Fact]
    public async Task A_message_that_cannot_be_written_ends_the_connection_after_what_was_before_it()
    {
        var connection = await ConnectAsync(Create(null), _listener);
        connection.TrySend(CreateMessage(1, Lane.Data));
        connection.TrySend(new UnwritableMessage());
        connection.TrySend(CreateMessage(2, Lane.Data));

        Assert.Equal(1, NumberOf((await _listener.NextAsync()).Message));
        var (there, here) = ((await _listener.NextAsync()).End, (await _caller.NextAsync()).End);
        Assert.Equal(DisconnectKind.Aborted, here?.Kind);
        Assert.Contains("nobody can write a UnwritableMessage", here!.Detail, StringComparison.Ordinal);
        Assert.Equal((here.Kind, here.Detail), (there?.Kind, there?.Detail));
        Assert.False(connection.TrySend(CreateMessage(3, Lane.Data)));
    }

    [Fact]
    public async Task A_message_above_the_limits_of_its_receiver_ends_the_connection()
    {
        var limits = new TransportLimits { MessageBytesMax = 100_000 };
        var connection = await ConnectAsync(new WatchedTransport(CreateListening(limits), CreateConnecting(null)), _listener);
        connection.TrySend(new PayloadMessage(1, Lane.Data, [], new byte[100_001]));

        var (there, here) = (await _listener.NextEndAsync(), await _caller.NextEndAsync());
        Assert.Equal(DisconnectKind.ProtocolViolation, there.Kind);
        Assert.Contains("100000 are allowed", there.Detail, StringComparison.Ordinal);
        Assert.Equal((there.Kind, there.Detail), (here.Kind, here.Detail));
    }

    [Fact]
    public async Task A_message_above_the_limits_of_its_sender_ends_the_connection()
    {
        var connection = await ConnectAsync(Create(new TransportLimits { BodyBytesMax = 1000 }), _listener);
        connection.TrySend(new PayloadMessage(1, Lane.Data, new byte[1001]));

        var here = await _caller.NextEndAsync();
        Assert.Equal(DisconnectKind.Aborted, here.Kind);
        Assert.Contains("1000 are allowed", here.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_end_knows_who_is_at_the_other()
    {
        var (scheduler, worker) = (new ComponentIdentity(ComponentRole.Scheduler, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")), ComponentIdentity.New(Connecting));
        worker = worker with { Incarnation = 7 };
        var transport = Create(null);
        await using var listener = await transport.ListenAsync($"{transport.Scheme}://", scheduler, _listener, CancellationToken.None);
        var connection = await transport.ConnectAsync(listener.Address, worker, _caller, CancellationToken.None);
        connection.TrySend(CreateMessage(1, Lane.Data));

        Assert.Equal(scheduler, connection.Peer);
        Assert.Equal(worker, (await _listener.NextAsync()).Connection.Peer);
        Assert.Equal(listener.Address, connection.PeerAddress);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_left_of_a_connection_that_has_ended(bool callerCloses)
    {
        var connection = await ConnectAsync(Create(null), _listener);
        connection.TrySend(CreateMessage(1, Lane.Data));
        var (accepted, _, _) = await _listener.NextAsync();
        accepted.TrySend(new PayloadMessage(2, Lane.Data, [], new byte[1_000_000]));
        connection.TrySend(new PayloadMessage(3, Lane.Data, [], new byte[1_000_000]));

        (callerCloses ? connection : accepted).Close(new Disconnect(DisconnectKind.Closed, "over"));

        await Assert.IsType<WireConnection>(connection).Completion.Within("the caller's end is gone");
        await Assert.IsType<WireConnection>(accepted).Completion.Within("the listener's end is gone");
    }

    [Fact]
    public async Task A_long_detail_is_cut_on_both_ends()
    {
        var connection = await ConnectAsync(Create(null), _listener);
        connection.Close(new Disconnect(DisconnectKind.Closed, new string('ä', 5000)));

        Assert.Equal(new string('ä', 512), (await _listener.NextEndAsync()).Detail);
        Assert.Equal(new string('ä', 512), (await _caller.NextEndAsync()).Detail);
    }

    protected abstract ITransport CreateListening(TransportLimits? limits);

    protected abstract ITransport CreateConnecting(TransportLimits? limits);

    protected override ITransport CreateTransport() => Create(null);

    protected override Task ArrivedAsync(IConnection connection) => WatchedTransport.ArrivedAsync(connection);

    private WatchedTransport Create(TransportLimits? limits) => new(CreateListening(limits), CreateConnecting(limits));

    private async Task<IConnection> ConnectAsync(WatchedTransport transport, IInbox inbox)
    {
        var listener = await transport.ListenAsync($"{transport.Scheme}://", inbox, CancellationToken.None);
        return await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
    }
}
