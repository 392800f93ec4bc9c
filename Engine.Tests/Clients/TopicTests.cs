using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class TopicTests
{
    [Fact]
    public async Task Events_are_kept_in_order_by_topic()
    {
        await using var cluster = await ClusterFixture.StartAsync(configure: static options => options.Scheduler.EventLogLength = 2);
        await cluster.Client.LogEventAsync("a", 1).Within("event");
        await cluster.Client.LogEventAsync("a", null);
        await cluster.Client.LogEventAsync("b", "x");
        await cluster.Client.LogEventAsync("a", 3);

        var events = await cluster.Client.GetEventsAsync("a").Within("events");

        Assert.Equal([null, 3], events.Select(static each => each.Content));
        Assert.All(events, static each => Assert.Equal("a", each.Topic));
        Assert.Empty(await cluster.Client.GetEventsAsync("unknown"));
    }

    [Fact]
    public async Task A_subscriber_is_told_what_anybody_logs_from_then_on()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync();
        await cluster.Client.LogEventAsync("a", "before");
        using var subscription = await other.SubscribeAsync("a").Within("subscription");
        await using var events = subscription.GetAsyncEnumerator();

        await cluster.Client.LogEventAsync("b", "other topic");
        await cluster.Client.LogEventAsync("a", 1);
        await other.LogEventAsync("a", 2);

        Assert.Equal(1, await NextAsync(events));
        Assert.Equal(2, await NextAsync(events));
    }

    [Fact]
    public async Task Progress_that_a_task_reports_is_an_event()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var subscription = await cluster.Client.SubscribeAsync("progress").Within("subscription");
        await using var events = subscription.GetAsyncEnumerator();
        var future = cluster.Client.Submit(static context =>
        {
            context.Report(0.5);
            return 1;
        });
        await future;

        var progress = Assert.IsType<TaskProgress>(await NextAsync(events));

        Assert.Equal((future.Key, 0.5), (progress.Key, progress.Fraction));
    }

    [Fact]
    public async Task A_slow_reader_misses_the_oldest_events_and_knows_how_many()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        using var subscription = await cluster.Client.SubscribeAsync("a", bufferedMax: 2).Within("subscription");
        for (var i = 0; i < 5; i++)
        {
            await cluster.Client.LogEventAsync("a", i);
        }

        await using var events = subscription.GetAsyncEnumerator();

        Assert.Equal(3, subscription.MissedCount);
        Assert.Equal(3, await NextAsync(events));
        Assert.Equal(4, await NextAsync(events));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("bufferedMax", () => cluster.Client.SubscribeAsync("a", 0));
    }

    [Fact]
    public async Task One_of_two_subscriptions_goes_on_when_the_other_ends()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var first = await cluster.Client.SubscribeAsync("a").Within("subscription");
        using var second = await cluster.Client.SubscribeAsync("a").Within("subscription");
        await using var events = second.GetAsyncEnumerator();

        first.Dispose();
        first.Dispose();
        await cluster.Client.LogEventAsync("a", 1);

        Assert.Equal(1, await NextAsync(events));
        await foreach (var unexpected in first)
        {
            Assert.Fail($"{unexpected.Content} came after the end.");
        }
    }

    [Fact]
    public async Task A_topic_can_be_subscribed_to_again()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        (await cluster.Client.SubscribeAsync("a").Within("subscription")).Dispose();
        using var second = await cluster.Client.SubscribeAsync("a").Within("subscription");
        await using var events = second.GetAsyncEnumerator();

        await cluster.Client.LogEventAsync("a", 1);

        Assert.Equal(1, await NextAsync(events));
    }

    [Fact]
    public async Task The_end_of_the_client_ends_the_enumeration_after_what_has_arrived()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var client = await cluster.ConnectAsync();
        var subscription = await client.SubscribeAsync("a").Within("subscription");
        await using var events = subscription.GetAsyncEnumerator();
        await client.LogEventAsync("a", 1);

        await client.DisposeAsync();

        Assert.Equal(1, await NextAsync(events));
        Assert.False(await events.MoveNextAsync().AsTask().Within("end of the enumeration"));
        subscription.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SubscribeAsync("a"));
    }

    private static async Task<object?> NextAsync(IAsyncEnumerator<TopicEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().Within("next event"));
        return events.Current.Content;
    }
}
