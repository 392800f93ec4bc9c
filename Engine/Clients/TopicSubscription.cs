using System.Threading.Channels;

namespace Engine;

/// <summary>The events of a topic from the subscription on, in order. To be enumerated by one reader, and disposed.</summary>
/// <remarks>
/// dask: <c>Client.subscribe_topic</c>. The enumeration ends when the subscription is disposed or the client ends,
/// after what has arrived. Events wait in a buffer for a slow reader; when it is full the oldest goes for each new one,
/// and <see cref="MissedCount"/> counts it. Neither the client nor the topic is slowed down.
/// </remarks>
public sealed class TopicSubscription : IAsyncEnumerable<TopicEvent>, IDisposable
{
    private readonly Client _client;
    private readonly Channel<TopicEvent> _events;
    private long _missed;

    internal TopicSubscription(Client client, string topic, int bufferedMax)
    {
        (_client, Topic) = (client, topic);
        _events = Channel.CreateBounded(
            new BoundedChannelOptions(bufferedMax) { FullMode = BoundedChannelFullMode.DropOldest },
            (TopicEvent _) => Interlocked.Increment(ref _missed));
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>Events that were dropped because the reader was too slow.</summary>
    public long MissedCount => Interlocked.Read(ref _missed);

    /// <inheritdoc/>
    public async IAsyncEnumerator<TopicEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await _events.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_events.Reader.TryRead(out var next))
            {
                yield return next;
            }
        }
    }

    /// <summary>Ends the subscription. Idempotent.</summary>
    public void Dispose() => _client.EndSubscription(this);

    internal void Add(TopicEvent next) => _events.Writer.TryWrite(next);

    internal void End() => _events.Writer.TryComplete();
}
