using System.Buffers.Binary;
using Engine.Plugins.Transports;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;
using Engine.Transport.Sockets.Framing;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Comms.Sockets;

/// <summary>The ends of connections whose other side does not behave.</summary>
public sealed class ConnectionEndTests : IAsyncLifetime
{
    private static readonly TransportLimits Limits = new() { WindowBytes = 10_000, MessageBytesMax = 1_000_000, BodyBytesMax = 100_000, AttachmentsMax = 10 };
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingInbox _inbox = new();
    private IListener? _listener;

    public async Task InitializeAsync() =>
        _listener = await SocketTransports.Create("tcp", limits: Limits, time: _time).ListenAsync("tcp://", _inbox, CancellationToken.None);

    public async Task DisposeAsync() => await _listener!.DisposeAsync();

    [Fact]
    public async Task Half_a_close_is_a_failure_on_both_sides()
    {
        using var peer = await ConnectAsync();
        peer.FinishSending();

        var end = await _inbox.NextEndAsync();
        Assert.Equal(DisconnectKind.Aborted, end.Kind);
        Assert.Contains("without a goodbye", end.Detail, StringComparison.Ordinal);
        Assert.Equal(end.Detail, (await peer.ReadCloseAsync()).Detail);
        Assert.True(await peer.IsEndedAsync());
    }

    [Theory]
    [InlineData(new byte[] { 100 })]
    [InlineData(new byte[] { 100, 0, 0, 0, (byte)FrameType.DataMessage, TestFormat.Payload, 1 })]
    [InlineData(new byte[] { 5, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 1, 5 })]
    [InlineData(new byte[] { 5, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 1, 5, 9, 0, 0, 0, (byte)FrameType.DataPiece, 1 })]
    public async Task What_is_cut_off_in_the_middle_of_a_frame_or_message_ends_as_aborted(byte[] bytes)
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        await peer.SendAsync(bytes);
        peer.FinishSending();

        Assert.Equal(1, Assert.IsType<NumberedMessage>((await _inbox.NextAsync()).Message).Number);
        var end = (await _inbox.NextAsync()).End;
        Assert.Equal(DisconnectKind.Aborted, end?.Kind);
        Assert.Contains("in the middle", end!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_ends_as_aborted()
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        var (connection, _, _) = await _inbox.NextAsync();
        peer.Reset();

        Assert.Equal(DisconnectKind.Aborted, (await _inbox.NextEndAsync()).Kind);
        Assert.False(connection.TrySend(new NumberedMessage(1, Lane.Data)));
    }

    [Theory]
    [InlineData("too long a frame", new byte[] { 255, 255, 255, 127, (byte)FrameType.DataMessage })]
    [InlineData("no type", new byte[] { 0, 0, 0, 0, 0 })]
    [InlineData("an unknown type", new byte[] { 1, 0, 0, 0, 99 })]
    [InlineData("an unknown kind", new byte[] { 2, 0, 0, 0, (byte)FrameType.DataMessage, 77 })]
    [InlineData("a message of another lane", new byte[] { 7, 0, 0, 0, (byte)FrameType.ControlMessage, TestFormat.Numbered, 1, 0, 0, 0, 0 })]
    [InlineData("a message that can't be read", new byte[] { 3, 0, 0, 0, (byte)FrameType.DataMessage, TestFormat.Numbered, 1 })]
    [InlineData("a piece of nothing", new byte[] { 2, 0, 0, 0, (byte)FrameType.DataPiece, 1 })]
    [InlineData("too many attachments", new byte[] { 15, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("attachments without lengths", new byte[] { 5, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 9, 0 })]
    [InlineData("too long an attachment", new byte[] { 9, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 1, 255, 255, 255, 255, 7 })]
    [InlineData("too long a body", new byte[] { 8, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 255, 255, 255, 127, 0 })]
    [InlineData("more than was announced", new byte[] { 4, 0, 0, 0, (byte)FrameType.DataStart, TestFormat.Payload, 5, 0, 7, 0, 0, 0, (byte)FrameType.DataPiece, 1, 2, 3, 4, 0, 6 })]
    [InlineData("credit beyond the window", new byte[] { 5, 0, 0, 0, (byte)FrameType.Credit, 1, 0, 0, 0 })]
    [InlineData("an answer to no close", new byte[] { 1, 0, 0, 0, (byte)FrameType.CloseAck })]
    [InlineData("a close of no kind", new byte[] { 2, 0, 0, 0, (byte)FrameType.Close, 9 })]
    public async Task A_violation_is_told_to_both_sides(string what, byte[] bytes)
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        await peer.SendAsync(bytes);
        await peer.SendAsync(new byte[5000]); // It is read on, and not looked at.

        Assert.NotEmpty(what);
        Assert.Equal(1, Assert.IsType<NumberedMessage>((await _inbox.NextAsync()).Message).Number);
        var end = (await _inbox.NextAsync()).End;
        Assert.Equal(DisconnectKind.ProtocolViolation, end?.Kind);
        Assert.Equal((end!.Kind, end.Detail), (await peer.ReadCloseAsync()) is var told ? (told.Kind, told.Detail) : default);
    }

    [Fact]
    public async Task Data_beyond_the_window_is_a_violation()
    {
        await _listener!.DisposeAsync();
        var slow = new SlowInbox();
        _listener = await SocketTransports.Create("tcp", limits: Limits).ListenAsync("tcp://", slow, CancellationToken.None);
        using var peer = await ConnectAsync();
        for (var i = 0; i < 12; i++)
        {
            await peer.SendNumberAsync(i, bodyBytesMore: 990);
        }

        var end = await slow.Arrived.NextEndAsync();
        Assert.Equal(DisconnectKind.ProtocolViolation, end.Kind);
        Assert.Contains("10000 are allowed", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credit_is_given_in_quarters_of_the_window()
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1, bodyBytesMore: 2489); // With its header this is a quarter.

        var (type, payload) = await peer.ReadFrameAsync();
        Assert.Equal(FrameType.Credit, type);
        Assert.Equal(2500u, BinaryPrimitives.ReadUInt32LittleEndian(payload));
    }

    [Fact]
    public async Task Who_is_not_answered_ends_with_its_own_reason_when_time_is_up()
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        var (connection, _, _) = await _inbox.NextAsync();
        connection.Close(new Disconnect(DisconnectKind.Closed, "mine"));
        Assert.Equal("mine", (await peer.ReadCloseAsync()).Detail);
        Assert.False(_inbox.TryNext(out _));

        _time.Advance(Limits.CloseTimeout);
        Assert.Equal("mine", (await _inbox.NextEndAsync()).Detail);
        _time.Advance(Limits.CloseTimeout);
        Assert.True(await peer.IsEndedAsync());
    }

    [Fact]
    public async Task A_close_that_waits_for_credit_is_told_when_time_is_up()
    {
        using var peer = await ConnectAsync(windowBytes: 1);
        await peer.SendNumberAsync(1);
        var (connection, _, _) = await _inbox.NextAsync();
        connection.TrySend(new NumberedMessage(1, Lane.Data));
        connection.TrySend(new NumberedMessage(2, Lane.Data));
        connection.Close(new Disconnect(DisconnectKind.Closed, "mine"));
        Assert.Equal(FrameType.DataMessage, (await peer.ReadFrameAsync()).Type);

        _time.Advance(Limits.CloseTimeout);

        Assert.Equal("mine", (await peer.ReadCloseAsync()).Detail);
        Assert.Equal("mine", (await _inbox.NextEndAsync()).Detail);
    }

    [Fact]
    public async Task Messages_that_come_between_a_close_and_its_answer_are_received()
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        var (connection, _, _) = await _inbox.NextAsync();
        connection.Close(new Disconnect(DisconnectKind.Closed, "mine"));
        await peer.ReadCloseAsync();
        await peer.SendNumberAsync(2);
        await peer.SendFrameAsync(FrameType.CloseAck);
        peer.FinishSending();

        Assert.Equal(2, Assert.IsType<NumberedMessage>((await _inbox.NextAsync()).Message).Number);
        Assert.Equal("mine", (await _inbox.NextAsync()).End?.Detail);
        Assert.True(await peer.IsEndedAsync());
    }

    [Fact]
    public async Task When_both_close_the_reason_of_the_side_that_was_connected_to_stays()
    {
        using var peer = await ConnectAsync();
        await peer.SendNumberAsync(1);
        var (connection, _, _) = await _inbox.NextAsync();
        connection.Close(new Disconnect(DisconnectKind.Closed, "the listener's"));
        await peer.ReadCloseAsync();
        await peer.SendFrameAsync(FrameType.Close, [0, .. "the caller's"u8]);

        Assert.Equal("the listener's", (await _inbox.NextEndAsync()).Detail);
    }

    private Task<RawPeer> ConnectAsync(uint windowBytes = 1 << 20) => RawPeer.ConnectAsync(_listener!.Address, windowBytes);
}
