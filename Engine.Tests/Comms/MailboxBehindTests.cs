using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms;

/// <summary>A transport may ask whether a component is behind, and is then told when it has caught up.</summary>
public sealed class MailboxBehindTests
{
    [Fact]
    public void A_component_with_few_messages_is_not_behind()
    {
        var mailbox = new Mailbox();
        Fill(mailbox, Mailbox.BehindDepth);

        Assert.False(mailbox.IsBehind(static () => Assert.Fail("Called, though it is not behind.")));
        Drain(mailbox);
    }

    [Fact]
    public void A_component_that_is_behind_has_caught_up_when_half_is_left_and_says_so_once()
    {
        var mailbox = new Mailbox();
        Fill(mailbox, Mailbox.BehindDepth + 1);
        var called = new List<int>();

        Assert.True(mailbox.IsBehind(() => called.Add(mailbox.Depth)));
        Assert.True(mailbox.IsBehind(() => called.Add(mailbox.Depth)));
        Drain(mailbox);
        Fill(mailbox, Mailbox.BehindDepth + 1);
        Drain(mailbox);

        Assert.Equal([Mailbox.BehindDepth / 2, Mailbox.BehindDepth / 2], called);
    }

    [Fact]
    public async Task Nobody_who_was_told_to_wait_waits_for_ever()
    {
        // Readers and askers race; each asker that is told to wait has to be called, and none that isn't may be.
        var mailbox = new Mailbox();
        for (var round = 0; round < 50; round++)
        {
            Fill(mailbox, Mailbox.BehindDepth + 20);
            using var start = new Barrier(3);
            var askers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                var waits = new List<(bool Behind, TaskCompletionSource Called)>();
                do
                {
                    var called = new TaskCompletionSource();
                    waits.Add((mailbox.IsBehind(called.SetResult), called));
                }
                while (waits[^1].Behind);
                return waits;
            })).ToList();
            start.SignalAndWait();
            Drain(mailbox);

            foreach (var (behind, called) in (await Task.WhenAll(askers).Within("the askers end")).SelectMany(static waits => waits))
            {
                Assert.Equal(behind, called.Task.IsCompleted);
            }
        }
    }

    private static void Fill(Mailbox mailbox, int count)
    {
        for (var i = 0; i < count; i++)
        {
            mailbox.Post(new NumberedMessage(i, Lane.Data));
        }
    }

    private static void Drain(Mailbox mailbox)
    {
        while (mailbox.TryTake(out _))
        {
        }
    }
}
