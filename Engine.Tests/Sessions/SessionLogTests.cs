using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Sessions;
using Engine.Sessions.Machine;
using Engine.Tests.Conformance;

namespace Engine.Tests.Sessions;

public sealed class SessionLogTests
{
    private readonly SessionLog _log = new();

    [Fact]
    public void What_was_not_handled_is_said_again_in_order()
    {
        Keep(5);

        Assert.Null(_log.TryResume(2, out var rest));

        Assert.Equal([2, 3, 4], rest.Select(NumberOf));
    }

    [Fact]
    public void What_was_handled_is_not_kept()
    {
        Keep(5);

        Assert.True(_log.TryAcknowledge(5));

        Assert.Equal(0, _log.KeptCount);
        Assert.Null(_log.TryResume(5, out var rest));
        Assert.Empty(rest);
    }

    [Fact]
    public void It_is_said_once_how_much_was_handled()
    {
        Assert.Null(_log.TakeAcknowledgement());
        _log.OnHandled();
        _log.OnHandled();

        Assert.Equal(2, _log.TakeAcknowledgement()?.Handled);
        Assert.Null(_log.TakeAcknowledgement());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(-1)]
    public void Nobody_has_handled_more_than_was_sent_or_less_than_he_said(long handled)
    {
        Keep(5);
        Assert.True(_log.TryAcknowledge(2));

        Assert.False(_log.TryAcknowledge(handled));
        Assert.NotNull(_log.TryResume(handled, out _));
        Assert.Equal(3, _log.KeptCount);
    }

    [Fact]
    public void A_message_over_which_connections_break_again_and_again_ends_the_session()
    {
        Keep(2);
        _log.TryAcknowledge(1);

        for (var i = 0; i < SessionLog.ReturnsMax; i++)
        {
            Assert.Null(_log.TryResume(1, out _));
        }

        Assert.Contains(nameof(NumberedMessage), _log.TryResume(1, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_that_break_are_no_fault_while_something_is_handled_or_nothing_is_kept()
    {
        for (var i = 0; i < 5 * SessionLog.ReturnsMax; i++)
        {
            Assert.Null(_log.TryResume(i, out _));
            Assert.Null(_log.TryResume(i, out _));
            Keep(1);
        }
    }

    [Fact]
    public void Each_message_is_handled_once_and_in_order_wherever_connections_break()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var world = new World(new Random(seed));
            for (var step = 0; step < 200; step++)
            {
                world.Step();
            }

            world.ComeToRest();
            Assert.All(world.Ends, end => Assert.Equal(Enumerable.Range(0, end.Other.SentCount), end.Heard));
            Assert.All(world.Ends, static end => Assert.Equal(0, end.Log.KeptCount));
        }
    }

    private static int NumberOf(KeptMessage kept) => ((NumberedMessage)kept.Content).Number;

    private void Keep(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _log.Keep(new NumberedMessage(i, Lane.Data));
        }
    }

    /// <summary>Two ends and a way between them that loses what is under way when it breaks.</summary>
    private sealed class World(Random random)
    {
        public End[] Ends { get; } = Pair();

        public void Step()
        {
            var end = Ends[random.Next(2)];
            switch (random.Next(12))
            {
                case < 5:
                    end.Send();
                    break;
                case < 9:
                    end.Receive();
                    break;
                case < 11:
                    end.Acknowledge();
                    break;
                default:
                    Break();
                    break;
            }
        }

        public void ComeToRest()
        {
            Break();
            for (var i = 0; i < 2; i++)
            {
                foreach (var end in Ends)
                {
                    end.ReceiveAll();
                    end.Acknowledge();
                }
            }
        }

        private void Break()
        {
            foreach (var end in Ends)
            {
                end.Inbox.Clear();
            }

            foreach (var end in Ends)
            {
                if (end.Log.TryResume(end.Other.Log.Handled, out var rest) is null)
                {
                    foreach (var kept in rest)
                    {
                        end.Other.Inbox.Enqueue(kept);
                    }
                }
                else
                {
                    Assert.Fail("no message is at fault");
                }
            }

            foreach (var end in Ends)
            {
                end.Receive(); // So that none looks as if it broke the connections.
            }
        }

        private static End[] Pair()
        {
            var (one, two) = (new End(), new End());
            (one.Other, two.Other) = (two, one);
            return [one, two];
        }
    }

    private sealed class End
    {
        public SessionLog Log { get; } = new();

        public Queue<Message> Inbox { get; } = new();

        public List<int> Heard { get; } = [];

        public int SentCount { get; private set; }

        public End Other { get; set; } = null!; // Set by the world.

        public void Send() => Other.Inbox.Enqueue(Log.Keep(new NumberedMessage(SentCount++, Lane.Data)));

        public void Receive()
        {
            if (Inbox.TryDequeue(out var message))
            {
                if (message is Acknowledgement acknowledgement)
                {
                    Assert.True(Log.TryAcknowledge(acknowledgement.Handled));
                }
                else
                {
                    Heard.Add(NumberOf((KeptMessage)message));
                    Log.OnHandled();
                }
            }
        }

        public void ReceiveAll()
        {
            while (Inbox.Count > 0)
            {
                Receive();
            }
        }

        public void Acknowledge()
        {
            if (Log.TakeAcknowledgement() is { } acknowledgement)
            {
                Other.Inbox.Enqueue(acknowledgement);
            }
        }
    }
}
