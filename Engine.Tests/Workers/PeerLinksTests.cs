using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

public sealed class PeerLinksTests
{
    private readonly PeerLinks _peers = new();

    [Fact]
    public void A_peer_is_asked_over_one_connection_also_for_what_was_wanted_before_it_was_there()
    {
        var link = Ask(1)!;
        Assert.Null(Ask(2));
        var connection = new Wire();

        Assert.Empty(_peers.OnConnected(link, connection));
        Assert.Null(Ask(3));

        Assert.Equal([1, 2, 3], connection.Sent);
    }

    [Fact]
    public void An_answer_is_taken_once()
    {
        var connection = new Wire();
        _peers.OnConnected(Ask(1)!, connection);

        Assert.True(_peers.Take(connection, 1));
        Assert.False(_peers.Take(connection, 1));

        Assert.Empty(_peers.Forget(Peer(2).Id));
    }

    [Fact]
    public void Who_answers_what_another_peer_was_asked_is_cut_off_and_its_answer_is_not_taken()
    {
        var (asked, other) = (new Wire(), new Wire());
        _peers.OnConnected(Ask(1)!, asked);
        _peers.OnConnected(Ask(2, peer: 3)!, other);

        Assert.False(_peers.Take(other, 1));

        Assert.Equal(DisconnectKind.ProtocolViolation, other.End?.Kind);
        Assert.Equal([2], _peers.OnDisconnected(other));
        Assert.True(_peers.Take(asked, 1));
        Assert.Null(asked.End);
    }

    /// <summary>The peer was given up while a connection to it was being opened, and asked once more before that one was there.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_was_opened_for_an_older_asking_takes_no_request_and_not_the_place_of_the_new_one(bool comesFirst)
    {
        var former = Ask(1)!;
        Assert.Equal([1], _peers.Forget(Peer(2).Id));
        var latter = Ask(2)!;
        var (older, newer) = (new Wire(), new Wire());

        if (comesFirst)
        {
            _peers.OnConnected(former, older);
            _peers.OnConnected(latter, newer);
        }
        else
        {
            _peers.OnConnected(latter, newer);
            _peers.OnConnected(former, older);
        }

        Assert.NotNull(older.End);
        Assert.Empty(older.Sent);
        Assert.Equal([2], newer.Sent);
        Assert.True(_peers.Take(newer, 2));
    }

    [Fact]
    public void A_peer_that_an_older_asking_did_not_reach_is_not_given_up_for_that()
    {
        var former = Ask(1)!;
        _peers.Forget(Peer(2).Id);
        var latter = Ask(2)!;

        Assert.Empty(_peers.OnConnected(former, null));

        var connection = new Wire();
        _peers.OnConnected(latter, connection);
        Assert.True(_peers.Take(connection, 2));
    }

    [Fact]
    public void All_that_a_peer_was_asked_for_gets_its_end_if_it_cannot_be_reached()
    {
        var link = Ask(1)!;
        Ask(2);

        Assert.Equal([1, 2], _peers.OnConnected(link, null));

        Assert.NotNull(Ask(3)); // It is tried once more.
    }

    [Fact]
    public void All_that_a_peer_was_asked_for_gets_its_end_if_the_news_of_the_end_of_the_connection_came_before_the_connection()
    {
        var link = Ask(1)!;
        var connection = new Wire();
        connection.Close(new Disconnect(DisconnectKind.Aborted, "broke"));
        Assert.Empty(_peers.OnDisconnected(connection));

        Assert.Equal([1], _peers.OnConnected(link, connection));
    }

    [Fact]
    public void All_that_was_not_answered_gets_its_end_with_the_connection()
    {
        var (connection, other) = (new Wire(), new Wire());
        _peers.OnConnected(Ask(1)!, connection);
        Ask(2);
        Ask(3);
        _peers.OnConnected(Ask(4, peer: 3)!, other);
        _peers.Take(connection, 2);
        connection.Close(new Disconnect(DisconnectKind.Aborted, "broke"));
        Ask(5); // The news of the end is on its way.

        Assert.Equal([1, 3, 5], _peers.OnDisconnected(connection));

        Assert.Equal("broke", connection.End!.Detail);
        Assert.True(_peers.Take(other, 4));
        Assert.False(_peers.Take(connection, 1));
    }

    [Fact]
    public void The_connection_to_a_peer_that_has_left_is_closed()
    {
        var connection = new Wire();
        _peers.OnConnected(Ask(1)!, connection);

        Assert.Equal([1], _peers.Forget(Peer(2).Id));

        Assert.Equal($"{Peer(2).Id} has left", connection.End!.Detail);
        Assert.NotNull(Ask(2)); // One that comes anew is connected to anew.
    }

    [Fact]
    public void All_connections_are_closed_at_the_end_also_if_one_is_still_being_opened()
    {
        var (connection, other) = (new Wire(), new Wire());
        _peers.OnConnected(Ask(1)!, connection);
        _peers.OnConnected(Ask(2, peer: 3)!, other);
        Ask(3, peer: 4);

        _peers.Close(new Disconnect(DisconnectKind.Closed, "it ends"));

        Assert.Equal(("it ends", "it ends"), (connection.End?.Detail, other.End?.Detail));
    }

    private PeerLink? Ask(long request, int peer = 2) => _peers.Ask(Peer(peer), new GetData(request, Peer(peer).Id, [Key(1)]));

    private sealed class Wire : IConnection
    {
        public string PeerAddress => string.Empty;

        public ComponentIdentity Peer => default;

        public Disconnect? End { get; private set; }

        public List<long> Sent { get; } = [];

        public bool TrySend(Message message)
        {
            if (End is null)
            {
                Sent.Add(((GetData)message).RequestId);
            }

            return End is null;
        }

        public void Close(Disconnect reason) => End ??= reason;
    }
}
