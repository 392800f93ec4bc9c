using System.Buffers;
using Engine.Data;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>What the scheduler says to clients.</summary>
internal static class SchedulerToClientCodec
{
    // What an entry of KeyNotices has; its status is in the bits between.
    private const int IsRun = 1;
    private const int HasValue = 2;
    private const int HasError = 4;
    private const int StatusShift = 3;
    private const int StatusMask = 7;
    private const int SameError = 64;
    private const int AllFlags = 127;

    public static void Write(ref WireWriter writer, ClientRegistered message)
    {
        writer.Count(message.Id.Number);
        writer.Bool(message.CrossesProcesses);
        SessionCodec.Write(ref writer, message.Session);
    }

    public static ClientRegistered ReadClientRegistered(ref WireReader reader) =>
        new(new ClientId(reader.Count(ClientId.MaxNumber)), reader.Bool(), SessionCodec.ReadTicket(ref reader));

    public static void Write(ref WireWriter writer, KeyNotices batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        TaskError? last = null;
        foreach (ref readonly var notice in batch.Span)
        {
            var isRun = notice.Count != 1;
            var isSame = notice.Error is not null && ReferenceEquals(notice.Error, last);
            writer.Byte((byte)((isRun ? IsRun : 0) | (notice.HasValue ? HasValue : 0) | (notice.Error is null || isSame ? 0 : HasError)
                | ((int)notice.Status << StatusShift) | (isSame ? SameError : 0)));
            trail.Write(ref writer, notice.Key, notice.Count);
            if (isRun)
            {
                writer.Count(notice.Count);
                ValuesCodec.Write(ref writer, notice.Values.AsSpan(0, notice.Count), sender.Context);
            }
            else if (notice.HasValue)
            {
                ValueCodec.Write(ref writer, notice.Value, sender.Context);
            }

            if (notice.Error is { } error && !isSame)
            {
                Fields.Write(ref writer, last = error);
            }
        }
    }

    public static void Read(ref WireReader reader, KeyNotices batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        TaskError? last = null;
        for (var left = reader.Count(KeyNotices.Capacity); left > 0; left--)
        {
            var flags = ClientToSchedulerCodec.Flags(ref reader, AllFlags);
            ref var notice = ref batch.Add();
            notice.Status = (FutureStatus)((flags >> StatusShift) & StatusMask) is <= FutureStatus.Released and var status
                ? status
                : throw new ProtocolViolationException("A future has no such status.");
            notice.Key = trail.Read(ref reader);
            notice.Count = 1;
            notice.HasValue = (flags & HasValue) != 0;
            if ((flags & IsRun) != 0)
            {
                notice.Count = Fields.ReadRun(ref reader, notice.Key);
                trail.Skip(notice.Count);
                notice.Values = ValuesCodec.Rent(ref reader, notice.Count);
                ValuesCodec.Read(ref reader, notice.Values.AsSpan(0, notice.Count), receiver.Context);
            }
            else if (notice.HasValue)
            {
                notice.Value = ValueCodec.Read(ref reader, receiver.Context);
            }

            notice.Error = (flags & (HasError | SameError)) switch
            {
                0 => null,
                HasError => last = Fields.ReadTaskError(ref reader),
                SameError when last is not null => last,
                _ => throw new ProtocolViolationException("A notice has the error of the one before, which has none."),
            };
        }
    }

    public static void Write(ref WireWriter writer, Reply message, WireSender sender)
    {
        writer.Int(message.RequestId);
        ErrorCodec.Write(ref writer, message.Error);
        AnswerCodec.Write(ref writer, message.Value, sender);
    }

    public static Reply ReadReply(ref WireReader reader, WireReceiver receiver)
    {
        var id = reader.Int();
        var error = ErrorCodec.Read(ref reader);
        return new Reply(id, AnswerCodec.Read(ref reader, receiver), error);
    }

    public static void Write(ref WireWriter writer, TopicEventMessage message, WireSender sender) =>
        EventCodec.Write(ref writer, message.Event, sender.Context);

    public static TopicEventMessage ReadTopicEventMessage(ref WireReader reader, WireReceiver receiver) =>
        new(EventCodec.Read(ref reader, receiver.Context));
}

/// <summary>The values of a run; their array is rented, and goes back with the batch that it is in.</summary>
internal static class ValuesCodec
{
    public static void Write(ref WireWriter writer, ReadOnlySpan<DataValue> values, WireContext context)
    {
        foreach (ref readonly var value in values)
        {
            ValueCodec.Write(ref writer, value, context);
        }
    }

    public static void Read(ref WireReader reader, Span<DataValue> values, WireContext context)
    {
        foreach (ref var value in values)
        {
            value = ValueCodec.Read(ref reader, context);
        }
    }

    /// <summary>Rents an array for values, each of which takes a byte at least.</summary>
    public static DataValue[] Rent(ref WireReader reader, int count) =>
        count <= reader.Remaining ? ArrayPool<DataValue>.Shared.Rent(count) : throw new ProtocolViolationException("A message is shorter than its number of values.");
}
