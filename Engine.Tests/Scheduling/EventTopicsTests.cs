using System.Globalization;
using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

/// <summary>No log of events grows without bound (I12).</summary>
public sealed class EventTopicsTests
{
    private readonly EventTopics _topics = new(3);

    [Fact]
    public void Of_each_topic_the_last_events_are_kept()
    {
        for (var i = 1; i <= 5; i++)
        {
            _topics.Add("long", i, default);
        }

        _topics.Add("short", 1, default);

        Assert.Equal([3, 4, 5], _topics.Of("long").Select(static logged => logged.Content));
        Assert.Equal([1], _topics.Of("short").Select(static logged => logged.Content));
    }

    [Fact]
    public void The_oldest_topic_goes_when_there_are_more_than_a_thousand()
    {
        for (var i = 0; i <= 1000; i++)
        {
            _topics.Add(i.ToString(CultureInfo.InvariantCulture), "event", default);
        }

        Assert.Empty(_topics.Of("0"));
        Assert.Single(_topics.Of("1"));
        Assert.Single(_topics.Of("1000"));
        _topics.Add("one more", "event", default);
        Assert.Empty(_topics.Of("1"));
    }

    [Fact]
    public void The_longest_topic_is_the_one_with_most_events()
    {
        Assert.Equal(0, _topics.LongestCount);

        _topics.Add("one", 1, default);
        _topics.Add("two", 1, default);
        _topics.Add("two", 2, default);

        Assert.Equal(2, _topics.LongestCount);
    }
}
