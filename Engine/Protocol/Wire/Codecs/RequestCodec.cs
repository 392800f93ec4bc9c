namespace Engine.Protocol.Wire.Codecs;

/// <summary>Questions and orders of clients about tasks, datasets and topics. The number of a request is written by its row.</summary>
internal static class RequestCodec
{
    public static void Write(ref WireWriter writer, WhoHasRequest message) => Fields.WriteKeys(ref writer, message.Keys);

    public static WhoHasRequest ReadWhoHasRequest(ref WireReader reader) => new(Fields.ReadKeys(ref reader));

    public static void Write(ref WireWriter writer, StoryRequest message) => writer.Key(message.Key);

    public static StoryRequest ReadStoryRequest(ref WireReader reader) => new(reader.Key());

    public static void Write(ref WireWriter writer, WaitForWorkersRequest message) => writer.Count(message.Count);

    public static WaitForWorkersRequest ReadWaitForWorkersRequest(ref WireReader reader) => new(reader.Count());

    public static void Write(ref WireWriter writer, CancelRequest message)
    {
        Fields.WriteKeys(ref writer, message.Keys);
        writer.Text(message.Reason);
    }

    public static CancelRequest ReadCancelRequest(ref WireReader reader) => new(Fields.ReadKeys(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, RetryRequest message) => Fields.WriteKeys(ref writer, message.Keys);

    public static RetryRequest ReadRetryRequest(ref WireReader reader) => new(Fields.ReadKeys(ref reader));

    public static void Write(ref WireWriter writer, FireAndForgetRequest message) => Fields.WriteKeys(ref writer, message.Keys);

    public static FireAndForgetRequest ReadFireAndForgetRequest(ref WireReader reader) => new(Fields.ReadKeys(ref reader));

    public static void Write(ref WireWriter writer, FindKeyRequest message) => writer.Text(message.Name);

    public static FindKeyRequest ReadFindKeyRequest(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, PublishRequest message)
    {
        writer.Text(message.Name);
        Fields.WriteKeys(ref writer, message.Keys);
        writer.Bool(message.IsList);
        writer.Bool(message.Replace);
    }

    public static PublishRequest ReadPublishRequest(ref WireReader reader) =>
        new(reader.TextNotNull(), Fields.ReadKeys(ref reader), reader.Bool(), reader.Bool());

    public static void Write(ref WireWriter writer, GetDatasetRequest message) => writer.Text(message.Name);

    public static GetDatasetRequest ReadGetDatasetRequest(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, UnpublishRequest message) => writer.Text(message.Name);

    public static UnpublishRequest ReadUnpublishRequest(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, LogEventRequest message, WireSender sender)
    {
        writer.Text(message.Topic);
        EventCodec.WriteContent(ref writer, message.Content, sender.Context);
    }

    public static LogEventRequest ReadLogEventRequest(ref WireReader reader, WireReceiver receiver) =>
        new(reader.TextNotNull(), EventCodec.ReadContent(ref reader, receiver.Context));

    public static void Write(ref WireWriter writer, LogEventMessage message, WireSender sender)
    {
        writer.Text(message.Topic);
        EventCodec.WriteContent(ref writer, message.Content, sender.Context);
    }

    public static LogEventMessage ReadLogEventMessage(ref WireReader reader, WireReceiver receiver) =>
        new(reader.TextNotNull(), EventCodec.ReadContent(ref reader, receiver.Context));

    public static void Write(ref WireWriter writer, EventsRequest message) => writer.Text(message.Topic);

    public static EventsRequest ReadEventsRequest(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, SubscribeRequest message)
    {
        writer.Text(message.Topic);
        writer.Bool(message.On);
    }

    public static SubscribeRequest ReadSubscribeRequest(ref WireReader reader) => new(reader.TextNotNull(), reader.Bool());
}
