using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>A question of a client to the scheduler; answered by one <see cref="Reply"/> with the same number.</summary>
internal abstract class Request : Message
{
    public long RequestId { get; set; }
}

/// <summary>An answer: a value, or an error.</summary>
internal sealed class Reply(long requestId, object? value, Exception? error = null) : Message
{
    public long RequestId { get; } = requestId;

    public object? Value { get; } = value;

    public Exception? Error { get; } = error;
}

internal sealed class WhoHasRequest(TaskKey[] keys) : Request
{
    public TaskKey[] Keys { get; } = keys;
}

internal sealed class HasWhatRequest : Request;

internal sealed class ProcessingRequest : Request;

internal sealed class StoryRequest(TaskKey key) : Request
{
    public TaskKey Key { get; } = key;
}

internal sealed class WorkersRequest : Request;

/// <summary>Answered when this many workers run.</summary>
internal sealed class WaitForWorkersRequest(int count) : Request
{
    public int Count { get; } = count;
}

/// <summary>The client no longer waits for the answer to a request.</summary>
internal sealed class AbandonRequest(long requestId) : Message
{
    public long RequestId { get; } = requestId;
}

/// <summary>Cancels tasks and what depends on them. Answered by the keys that were cancelled.</summary>
internal sealed class CancelRequest(TaskKey[] keys, string reason) : Request
{
    public TaskKey[] Keys { get; } = keys;

    public string Reason { get; } = reason;
}

/// <summary>Runs failed tasks again, and the failed ones they depend on.</summary>
internal sealed class RetryRequest(TaskKey[] keys) : Request
{
    public TaskKey[] Keys { get; } = keys;
}

/// <summary>The keys are to be run to their end even if no future is left.</summary>
internal sealed class FireAndForgetRequest(TaskKey[] keys) : Request
{
    public TaskKey[] Keys { get; } = keys;
}

/// <summary>A question whose answer is <see cref="TakenKeys"/>.</summary>
internal abstract class TakeRequest : Request;

/// <summary>Keys that the asking client holds from now on. News of them follow.</summary>
internal sealed class TakenKeys(TaskKey[] keys, bool isList)
{
    public TaskKey[] Keys { get; } = keys;

    public bool IsList { get; } = isList;
}

/// <summary>Finds a key by the user's name, and holds it for the asking client.</summary>
internal sealed class FindKeyRequest(string name) : TakeRequest
{
    public string Name { get; } = name;
}

/// <summary>Pins keys under a name, beyond the life of the client.</summary>
internal sealed class PublishRequest(string name, TaskKey[] keys, bool isList, bool replace) : Request
{
    public string Name { get; } = name;

    public TaskKey[] Keys { get; } = keys;

    public bool IsList { get; } = isList;

    public bool Replace { get; } = replace;
}

/// <summary>Takes a dataset's keys for the asking client.</summary>
internal sealed class GetDatasetRequest(string name) : TakeRequest
{
    public string Name { get; } = name;
}

internal sealed class UnpublishRequest(string name) : Request
{
    public string Name { get; } = name;
}

internal sealed class ListDatasetsRequest : Request;

/// <summary>Adds an event to a topic. A client's; answered when the event is there.</summary>
internal sealed class LogEventRequest(string topic, object? content) : Request
{
    public string Topic { get; } = topic;

    public object? Content { get; } = content;
}

/// <summary>Adds an event to a topic. A worker's.</summary>
internal sealed class LogEventMessage(string topic, object? content) : Message
{
    public string Topic { get; } = topic;

    public object? Content { get; } = content;
}

internal sealed class EventsRequest(string topic) : Request
{
    public string Topic { get; } = topic;
}

/// <summary>Subscribes the client to a topic, or ends its subscription.</summary>
internal sealed class SubscribeRequest(string topic, bool on) : Request
{
    public string Topic { get; } = topic;

    public bool On { get; } = on;
}

/// <summary>An event of a topic that the client has subscribed to.</summary>
internal sealed class TopicEventMessage(TopicEvent topicEvent) : Message
{
    public TopicEvent Event { get; } = topicEvent;
}
