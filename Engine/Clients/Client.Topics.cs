using Engine.Protocol;

namespace Engine;

/// <content>Topics of events.</content>
public sealed partial class Client
{
    private const int EventsBufferedMax = 1024;
    private readonly Dictionary<string, List<TopicSubscription>> _subscriptions = new(StringComparer.Ordinal);

    /// <summary>Adds an event to a topic; who has subscribed to it is told.</summary>
    /// <param name="topic">The topic; not null. The engine's own are <c>workers</c>, <c>no-worker</c> and <c>progress</c>.</param>
    /// <param name="content">What to log; may be null. In process it is passed by reference, so it must not change any more.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the event stands.</param>
    /// <returns>A task that ends when the scheduler has the event.</returns>
    /// <exception cref="ConnectionClosedException">The scheduler is gone.</exception>
    /// <remarks>dask: <c>Client.log_event</c>.</remarks>
    public Task LogEventAsync(string topic, object? content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return AskAsync<object?>(new LogEventRequest(topic, content), cancellationToken);
    }

    /// <summary>The last events of a topic.</summary>
    /// <param name="topic">The topic; not null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The events, oldest first; at most <see cref="SchedulerOptions.EventLogLength"/>, none of a topic that is not known.</returns>
    /// <remarks>dask: <c>Client.get_events</c>.</remarks>
    public Task<IReadOnlyList<TopicEvent>> GetEventsAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return AskAsync<IReadOnlyList<TopicEvent>>(new EventsRequest(topic), cancellationToken);
    }

    /// <summary>Subscribes to a topic, with a buffer of 1 024 events.</summary>
    /// <param name="topic">The topic; not null.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The subscription: events that the scheduler gets from now on are in it.</returns>
    /// <exception cref="ConnectionClosedException">The scheduler is gone.</exception>
    /// <remarks>dask: <c>Client.subscribe_topic</c>. What happens when the reader is slow says <see cref="TopicSubscription"/>.</remarks>
    public Task<TopicSubscription> SubscribeAsync(string topic, CancellationToken cancellationToken = default) =>
        SubscribeAsync(topic, EventsBufferedMax, cancellationToken);

    /// <summary>Subscribes to a topic.</summary>
    /// <param name="topic">The topic; not null.</param>
    /// <param name="bufferedMax">Events that are kept for a slow reader; 1 or more.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The subscription: events that the scheduler gets from now on are in it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The buffer has no room.</exception>
    /// <exception cref="ConnectionClosedException">The scheduler is gone.</exception>
    /// <remarks>dask: <c>Client.subscribe_topic</c>.</remarks>
    public async Task<TopicSubscription> SubscribeAsync(string topic, int bufferedMax, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferedMax, 1);
        var subscription = new TopicSubscription(this, topic, bufferedMax);
        lock (_gate)
        {
            ThrowIfClosed();
            if (!_subscriptions.TryGetValue(topic, out var subscriptions))
            {
                _subscriptions[topic] = subscriptions = [];
            }

            subscriptions.Add(subscription);
        }

        try
        {
            await AskAsync<object?>(new SubscribeRequest(topic, on: true), cancellationToken);
            return subscription;
        }
        catch
        {
            subscription.Dispose();
            throw;
        }
    }

    internal void EndSubscription(TopicSubscription subscription)
    {
        subscription.End();
        lock (_gate)
        {
            if (!_subscriptions.TryGetValue(subscription.Topic, out var others) || !others.Remove(subscription) || others.Count > 0)
            {
                return;
            }

            _subscriptions.Remove(subscription.Topic);
            SealOpen();
            _outgoing.Enqueue(new SubscribeRequest(subscription.Topic, on: false)); // Under the lock, so that a later one comes after it.
        }

        Send();
    }

    private void OnTopicEvent(TopicEvent logged)
    {
        TopicSubscription[] subscriptions;
        lock (_gate)
        {
            subscriptions = _subscriptions.TryGetValue(logged.Topic, out var list) ? [.. list] : [];
        }

        foreach (var subscription in subscriptions)
        {
            subscription.Add(logged);
        }
    }

    private void EndSubscriptions()
    {
        List<TopicSubscription> subscriptions;
        lock (_gate)
        {
            subscriptions = [.. _subscriptions.Values.SelectMany(static list => list)];
            _subscriptions.Clear();
        }

        foreach (var subscription in subscriptions)
        {
            subscription.End();
        }
    }
}
