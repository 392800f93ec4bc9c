using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms;

public sealed class MailboxTests
{
    [Fact]
    public void The_high_water_mark_stays_when_the_mailbox_is_emptied()
    {
        var mailbox = new Mailbox();
        for (var i = 0; i < 10; i++)
        {
            mailbox.Post(new NumberedMessage(i, i % 2 == 0 ? Lane.Data : Lane.Control));
        }

        Assert.Equal(10, mailbox.Depth);
        while (mailbox.TryTake(out _))
        {
        }

        Assert.Equal(0, mailbox.Depth);
        Assert.Equal(10, mailbox.HighWater);
        mailbox.Post(new NumberedMessage(1, Lane.Data));
        Assert.Equal(10, mailbox.HighWater);
    }

    [Fact]
    public void A_mailbox_that_is_completed_gives_what_waits_and_takes_nothing_more()
    {
        var mailbox = new Mailbox();
        Assert.True(mailbox.Post(new NumberedMessage(1, Lane.Data)));

        mailbox.Complete();

        Assert.False(mailbox.Post(new NumberedMessage(2, Lane.Data)));
        Assert.True(mailbox.TryTake(out var envelope));
        Assert.Equal(1, ((NumberedMessage)envelope.Message!).Number);
        Assert.False(mailbox.TryTake(out _));
        Assert.Equal(0, mailbox.Depth);
    }

    [Fact]
    public async Task No_message_of_either_lane_is_overlooked()
    {
        const int posters = 4;
        const int perPoster = 50_000;
        var mailbox = new Mailbox();
        var reading = ReadAsync(mailbox, posters * perPoster);

        await Task.WhenAll(Enumerable.Range(0, posters).Select(poster => Task.Run(() =>
        {
            for (var i = 0; i < perPoster; i++)
            {
                mailbox.Post(new NumberedMessage(i, (i + poster) % 2 == 0 ? Lane.Control : Lane.Data));
            }
        }))).Within("all is posted");

        Assert.Equal(posters * perPoster, await reading.Within("all is read"));
        Assert.Equal(0, mailbox.Depth);
    }

    private static async Task<int> ReadAsync(Mailbox mailbox, int wanted)
    {
        var count = 0;
        while (count < wanted && await mailbox.WaitAsync())
        {
            while (mailbox.TryTake(out _))
            {
                count++;
            }
        }

        return count;
    }
}
