namespace Engine.Scheduling.Machine;

/// <summary>The last events of each topic. dask: <c>log_event</c>.</summary>
/// <param name="length">Events kept of a topic.</param>
internal sealed class EventTopics(int length)
{
    private const int TopicsMax = 1000;
    private readonly Dictionary<string, Queue<TopicEvent>> _topics = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Events of the topic that has most; for tests.</summary>
    public int LongestCount => _topics.Count == 0 ? 0 : _topics.Values.Max(static events => events.Count);

    public TopicEvent Add(string topic, object? content, TimeSpan now)
    {
        if (!_topics.TryGetValue(topic, out var events))
        {
            if (_order.Count == TopicsMax)
            {
                _topics.Remove(_order.Dequeue()); // The oldest topic goes: no log grows without bound (I12).
            }

            _topics[topic] = events = new Queue<TopicEvent>();
            _order.Enqueue(topic);
        }

        if (events.Count == length)
        {
            events.Dequeue();
        }

        var logged = new TopicEvent(topic, now, content);
        events.Enqueue(logged);
        return logged;
    }

    public IReadOnlyList<TopicEvent> Of(string topic) => _topics.TryGetValue(topic, out var events) ? [.. events] : [];
}
