namespace Engine;

/// <summary>An event of a topic.</summary>
/// <remarks>dask: what <c>get_events</c> gives.</remarks>
public sealed class TopicEvent
{
    internal TopicEvent(string topic, TimeSpan time, object? content) => (Topic, Time, Content) = (topic, time, content);

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>When the scheduler got it, since the scheduler started.</summary>
    public TimeSpan Time { get; }

    /// <summary>What was logged; may be null.</summary>
    public object? Content { get; }
}
