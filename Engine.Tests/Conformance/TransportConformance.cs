using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.TestKit;

namespace Engine.Tests.Conformance;

/// <summary>What every transport promises. A transport's tests derive from it and say how the transport is made.</summary>
public abstract class TransportConformance
{
    private const string Any = "";
    private readonly RecordingInbox _caller = new();
    private readonly RecordingInbox _listener = new();

    [Fact]
    public async Task Messages_of_a_lane_arrive_in_order_and_once()
    {
        var transport = CreateTransport();
        var connection = await ConnectAsync(transport);
        const int count = 10_000;
        for (var i = 0; i < count; i++)
        {
            Assert.True(connection.TrySend(CreateMessage(i, i % 3 == 0 ? Lane.Control : Lane.Data)));
        }

        var numbers = new List<int>();
        for (var i = 0; i < count; i++)
        {
            numbers.Add(NumberOf((await _listener.NextAsync()).Message));
        }

        Assert.Equal(Enumerable.Range(0, count).Where(static i => i % 3 == 0), numbers.Where(static i => i % 3 == 0));
        Assert.Equal(Enumerable.Range(0, count).Where(static i => i % 3 != 0), numbers.Where(static i => i % 3 != 0));
    }

    [Fact]
    public async Task Both_ends_can_send()
    {
        var connection = await ConnectAsync(CreateTransport());
        connection.TrySend(CreateMessage(1, Lane.Data));
        var (answering, message, _) = await _listener.NextAsync();

        Assert.Equal(1, NumberOf(message));
        Assert.True(answering.TrySend(CreateMessage(2, Lane.Data)));

        var (asking, answer, _) = await _caller.NextAsync();
        Assert.Equal(2, NumberOf(answer));
        Assert.Same(connection, asking);
    }

    [Theory]
    [InlineData(Lane.Data)]
    [InlineData(Lane.Control)]
    public async Task Messages_of_all_sizes_arrive_in_order_and_as_they_were(Lane lane)
    {
        var connection = await ConnectAsync(CreateTransport());
        int[] sizes = [0, 1, 4091, 8000, 8192, 65_530, 65_531, 65_535, 65_536, 65_537, 131_072, 1_000_000, 0, 5_000_000];
        for (var i = 0; i < sizes.Length; i++)
        {
            connection.TrySend(new PayloadMessage(i, lane, PayloadMessage.Bytes(sizes[i], i)));
            connection.TrySend(new PayloadMessage(i, lane, PayloadMessage.Bytes(100, i), PayloadMessage.Bytes(sizes[i], i)));
        }

        for (var i = 0; i < sizes.Length; i++)
        {
            var (inBody, attached) = (await _listener.NextAsync<PayloadMessage>(), await _listener.NextAsync<PayloadMessage>());
            Assert.Equal((i, i), (inBody.Number, attached.Number));
            Assert.Equal(PayloadMessage.Bytes(sizes[i], i), inBody.BodyBytes);
            Assert.Equal(PayloadMessage.Bytes(100, i), attached.BodyBytes);
            Assert.Equal(PayloadMessage.Bytes(sizes[i], i), Assert.Single(attached.Attachments));
        }
    }

    [Fact]
    public async Task What_races_with_the_end_arrives_in_order_without_a_gap_and_its_sender_is_told()
    {
        for (var round = 0; round < 5; round++)
        {
            var transport = CreateTransport();
            var (caller, listening) = (new RecordingInbox(), new RecordingInbox());
            await using var listener = await transport.ListenAsync(AddressOf(transport, Any), listening, CancellationToken.None);
            var connection = await transport.ConnectAsync(listener.Address, caller, CancellationToken.None);
            connection.TrySend(CreateMessage(0, Lane.Data));
            var (accepted, _, _) = await listening.NextAsync();

            var sending = Task.Run(() =>
            {
                var sent = 0;
                while (connection.TrySend(CreateMessage(sent + 1, Lane.Data)))
                {
                    sent++;
                }

                return sent;
            });
            accepted.Close(Reason("over"));

            var sentCount = await sending.Within("a sender learns that the connection has ended");
            Assert.Equal("over", (await caller.NextEndAsync()).Detail);
            var arrived = 0;
            while (await listening.NextAsync() is { Message: { } message })
            {
                Assert.Equal(++arrived, NumberOf(message));
            }

            Assert.InRange(arrived, 0, sentCount);
        }
    }

    [Fact]
    public async Task Every_connection_has_an_end_of_its_own()
    {
        var transport = CreateTransport();
        await using var listener = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);
        var others = new RecordingInbox();
        var first = await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
        var second = await transport.ConnectAsync(listener.Address, others, CancellationToken.None);
        first.TrySend(CreateMessage(1, Lane.Data));
        var (toFirst, _, _) = await _listener.NextAsync();
        second.TrySend(CreateMessage(2, Lane.Data));
        var (toSecond, _, _) = await _listener.NextAsync();

        Assert.NotSame(toFirst, toSecond);
        first.Close(Reason("first"));
        toSecond.TrySend(CreateMessage(3, Lane.Data));

        Assert.Equal(3, NumberOf((await others.NextAsync()).Message));
        Assert.Equal("first", (await _caller.NextEndAsync()).Detail);
        Assert.Null(second.End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_gives_both_ends_one_reason_once(bool callerCloses)
    {
        var connection = await ConnectAsync(CreateTransport());
        connection.TrySend(CreateMessage(1, Lane.Data));
        var (accepted, _, _) = await _listener.NextAsync();

        (callerCloses ? connection : accepted).Close(new Disconnect(DisconnectKind.Aborted, "over"));

        foreach (var (inbox, end) in new[] { (_caller, connection), (_listener, accepted) })
        {
            var (from, message, reason) = await inbox.NextAsync();
            Assert.Same(end, from);
            Assert.Null(message);
            Assert.Equal((DisconnectKind.Aborted, "over"), (reason!.Kind, reason.Detail));
            Assert.Equal((DisconnectKind.Aborted, "over"), (end.End!.Kind, end.End.Detail));
        }

        connection.Close(Reason("again"));
        accepted.Close(Reason("again"));
        Assert.False(_caller.TryNext(out _));
        Assert.False(_listener.TryNext(out _));
    }

    [Fact]
    public async Task What_was_sent_before_the_end_arrives_before_the_news_of_it()
    {
        var connection = await ConnectAsync(CreateTransport());
        for (var i = 0; i < 100; i++)
        {
            connection.TrySend(CreateMessage(i, Lane.Data));
        }

        connection.Close(Reason("over"));

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(i, NumberOf((await _listener.NextAsync()).Message));
        }

        Assert.Equal("over", (await _listener.NextAsync()).End?.Detail);
    }

    [Fact]
    public async Task Sending_over_a_closed_connection_is_refused()
    {
        var connection = await ConnectAsync(CreateTransport());
        connection.TrySend(CreateMessage(1, Lane.Data));
        var (accepted, _, _) = await _listener.NextAsync();
        connection.Close(Reason("over"));
        await _listener.NextEndAsync();
        await _caller.NextEndAsync();

        Assert.False(connection.TrySend(CreateMessage(2, Lane.Data)));
        Assert.False(connection.TrySend(CreateMessage(2, Lane.Control)));
        Assert.False(accepted.TrySend(CreateMessage(3, Lane.Data)));
        Assert.False(_caller.TryNext(out _));
        Assert.False(_listener.TryNext(out _));
    }

    [Fact]
    public async Task Of_many_closes_at_once_one_reason_wins_on_both_ends()
    {
        for (var round = 0; round < 50; round++)
        {
            var transport = CreateTransport();
            var (caller, listening) = (new RecordingInbox(), new RecordingInbox());
            await using var listener = await transport.ListenAsync(AddressOf(transport, Any), listening, CancellationToken.None);
            var connection = await transport.ConnectAsync(listener.Address, caller, CancellationToken.None);
            connection.TrySend(CreateMessage(1, Lane.Data));
            var (accepted, _, _) = await listening.NextAsync();
            using var start = new Barrier(4);

            await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                (i % 2 == 0 ? connection : accepted).Close(Reason($"reason {i}"));
            }))).Within("all have closed");

            var (first, second) = (await caller.NextEndAsync(), await listening.NextEndAsync());
            Assert.Equal(first.Detail, second.Detail);
            Assert.Equal(first.Detail, connection.End?.Detail);
            Assert.Equal(first.Detail, accepted.End?.Detail);
            Assert.False(caller.TryNext(out _));
            Assert.False(listening.TryNext(out _));
        }
    }

    [Fact]
    public async Task Connecting_to_an_address_where_nobody_listens_fails()
    {
        var transport = CreateTransport();
        var address = AddressOf(transport, FreePlace);

        await Assert.ThrowsAsync<ConnectionClosedException>(async () => await transport.ConnectAsync(address, _caller, CancellationToken.None));
    }

    [Fact]
    public async Task A_listener_that_is_disposed_takes_nobody_in_and_keeps_its_connections()
    {
        var transport = CreateTransport();
        var listener = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);
        var connection = await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);

        await listener.DisposeAsync();
        await listener.DisposeAsync();

        await Assert.ThrowsAsync<ConnectionClosedException>(
            async () => await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None));
        Assert.True(connection.TrySend(CreateMessage(1, Lane.Data)));
        Assert.Equal(1, NumberOf((await _listener.NextAsync()).Message));
    }

    [Fact]
    public async Task An_address_is_one_listeners_until_it_is_disposed()
    {
        var transport = CreateTransport();
        var first = await transport.ListenAsync(AddressOf(transport, FreePlace), _listener, CancellationToken.None);

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await transport.ListenAsync(first.Address, _listener, CancellationToken.None));
        await first.DisposeAsync();

        await using var second = await transport.ListenAsync(first.Address, _listener, CancellationToken.None);
        Assert.Equal(first.Address, second.Address);
    }

    [Fact]
    public async Task An_empty_place_has_one_chosen()
    {
        var transport = CreateTransport();
        await using var first = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);
        await using var second = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);

        Assert.NotEqual(first.Address, second.Address);
        Assert.StartsWith($"{transport.Scheme}://", first.Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attempt_that_was_given_up_does_nothing()
    {
        var transport = CreateTransport();
        var givenUp = new CancellationToken(canceled: true);
        await using var listener = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await transport.ConnectAsync(listener.Address, _caller, givenUp));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await transport.ListenAsync(AddressOf(transport, Any), _caller, givenUp));
    }

    [Fact]
    public async Task A_control_message_overtakes_data_in_a_mailbox_that_is_behind()
    {
        var transport = CreateTransport();
        var mailbox = new Mailbox();
        await using var listener = await transport.ListenAsync(AddressOf(transport, Any), mailbox, CancellationToken.None);
        var connection = await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
        for (var i = 0; i < 10; i++)
        {
            connection.TrySend(CreateMessage(i, Lane.Data));
        }

        connection.TrySend(CreateMessage(100, Lane.Control));
        await ArrivedAsync(connection);

        var numbers = new List<int>();
        while (mailbox.TryTake(out var envelope))
        {
            numbers.Add(NumberOf(envelope.Message));
        }

        Assert.Equal([100, .. Enumerable.Range(0, 10)], numbers);
    }

    [Fact]
    public async Task A_message_to_a_component_that_has_ended_ends_the_connection()
    {
        var transport = CreateTransport();
        var mailbox = new Mailbox();
        await using var listener = await transport.ListenAsync(AddressOf(transport, Any), mailbox, CancellationToken.None);
        var data = await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
        var control = await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
        mailbox.Complete();

        data.TrySend(CreateMessage(1, Lane.Data));
        Assert.Equal(DisconnectKind.Closed, (await _caller.NextEndAsync()).Kind);
        control.TrySend(CreateMessage(1, Lane.Control));
        Assert.Equal(DisconnectKind.Closed, (await _caller.NextEndAsync()).Kind);
        Assert.Equal(0, mailbox.Depth);
    }

    /// <summary>A place, in an address after the scheme, where nobody listens.</summary>
    protected abstract string FreePlace { get; }

    protected abstract ITransport CreateTransport();

    /// <summary>A message that the transport can bring over.</summary>
    protected virtual Message CreateMessage(int number, Lane lane) => new NumberedMessage(number, lane);

    protected virtual int NumberOf(Message? message) => Assert.IsType<NumberedMessage>(message).Number;

    /// <summary>Waits until what was sent so far has arrived at the other end.</summary>
    protected abstract Task ArrivedAsync(IConnection connection);

    private static string AddressOf(ITransport transport, string place) => $"{transport.Scheme}://{place}";

    private static Disconnect Reason(string detail) => new(DisconnectKind.Closed, detail);

    private async Task<IConnection> ConnectAsync(ITransport transport)
    {
        var listener = await transport.ListenAsync(AddressOf(transport, Any), _listener, CancellationToken.None);
        return await transport.ConnectAsync(listener.Address, _caller, CancellationToken.None);
    }
}
