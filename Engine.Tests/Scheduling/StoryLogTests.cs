using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

public sealed class StoryLogTests
{
    private readonly StoryLog _log = new(8);

    [Fact]
    public void A_story_is_what_is_said_of_a_key_oldest_first()
    {
        Add(Key(1), 1, step: 1);
        Add(Key(2), 1, step: 2);
        Add(Key(1), 1, step: 3);

        Assert.Equal([1, 3], _log.Of(Key(1)).Select(static entry => entry.Step));
    }

    [Fact]
    public void A_line_about_a_range_is_said_of_each_of_its_keys()
    {
        Add(Key(10), 5, step: 1);

        Assert.Single(_log.Of(Key(10)));
        Assert.Single(_log.Of(Key(14)));
        Assert.Empty(_log.Of(Key(15)));
        Assert.Empty(_log.Of(Key(9)));
    }

    [Fact]
    public void The_oldest_lines_go_when_the_log_is_full()
    {
        for (var step = 1; step <= 20; step++)
        {
            Add(Key(1), 1, step);
        }

        Assert.Equal(Enumerable.Range(13, 8).Select(static step => (long)step), _log.Of(Key(1)).Select(static entry => entry.Step));
    }

    [Fact]
    public void A_key_that_nothing_was_said_of_has_no_story() => Assert.Empty(_log.Of(Key(0)));

    private static TaskKey Key(long sequence) => new(new ClientId(1), sequence);

    private void Add(TaskKey key, int count, long step)
    {
        ref var entry = ref _log.Add();
        (entry.Key, entry.Count, entry.Step) = (key, count, step);
    }
}
