using Engine.Data;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>Events of topics. What the engine logs itself has a number; anything else is a value of users, or if it can't be written, its text.</summary>
internal static class EventCodec
{
    private const byte Null = 0;
    private const byte Text = 1;
    private const byte False = 2;
    private const byte True = 3;
    private const byte Int = 4;
    private const byte Long = 5;
    private const byte Double = 6;
    private const byte Worker = 7;
    private const byte Key = 8;
    private const byte Progress = 9;
    private const byte Retirement = 10;
    private const byte Cluster = 11;
    private const byte Error = 12;
    private const byte Value = 13;

    public static void Write(ref WireWriter writer, TopicEvent topicEvent, WireContext context)
    {
        writer.Text(topicEvent.Topic);
        writer.Time(topicEvent.Time);
        WriteContent(ref writer, topicEvent.Content, context);
    }

    public static TopicEvent Read(ref WireReader reader, WireContext context) =>
        new(reader.TextNotNull(), reader.Time(), ReadContent(ref reader, context));

    public static void WriteContent(ref WireWriter writer, object? content, WireContext context)
    {
        switch (content)
        {
            case null:
                writer.Byte(Null);
                break;
            case string text:
                writer.Byte(Text);
                writer.Text(text);
                break;
            case bool value:
                writer.Byte(value ? True : False);
                break;
            case int number:
                writer.Byte(Int);
                writer.Int(number);
                break;
            case long number:
                writer.Byte(Long);
                writer.Int(number);
                break;
            case double number:
                writer.Byte(Double);
                writer.Double(number);
                break;
            case WorkerId worker:
                writer.Byte(Worker);
                writer.Worker(worker);
                break;
            case TaskKey key:
                writer.Byte(Key);
                writer.Key(key);
                break;
            case TaskProgress progress:
                writer.Byte(Progress);
                writer.Key(progress.Key);
                writer.Double(progress.Fraction);
                break;
            case RetirementRow row:
                writer.Byte(Retirement);
                ReportCodec.Write(ref writer, row);
                break;
            case ClusterError error:
                writer.Byte(Cluster);
                writer.Text(error.Worker);
                writer.Text(ErrorCodec.Cut(error.Message));
                ErrorCodec.Write(ref writer, error.Cause);
                break;
            case Exception exception:
                writer.Byte(Error);
                ErrorCodec.Write(ref writer, exception);
                break;
            default:
                WriteValue(ref writer, content, context);
                break;
        }
    }

    public static object? ReadContent(ref WireReader reader, WireContext context) => reader.Byte() switch
    {
        Null => null,
        Text => reader.TextNotNull(),
        False => false,
        True => true,
        Int => reader.Int32(),
        Long => reader.Int(),
        Double => reader.Double(),
        Worker => reader.Worker(),
        Key => reader.Key(),
        Progress => new TaskProgress(reader.Key(), reader.Double()),
        Retirement => ReportCodec.ReadRetirementRow(ref reader),
        Cluster => new ClusterError(reader.TextNotNull(), reader.TextNotNull(), ErrorCodec.Read(ref reader)),
        Error => ErrorCodec.Read(ref reader) ?? throw new ProtocolViolationException("An error is missing."),
        Value => ValueCodec.Read(ref reader, context).Boxed,
        var other => throw new ProtocolViolationException($"There is no content {other} of events."),
    };

    /// <summary>A value of users is written beside the message first, because it may turn out that it can't be.</summary>
    private static void WriteValue(ref WireWriter writer, object content, WireContext context)
    {
        var aside = new BodyOutput();
        try
        {
            var inner = new WireWriter(aside);
            ValueCodec.Write(ref inner, DataValue.From(content), context);
            inner.Complete();
        }
#pragma warning disable CA1031 // The value is the user's and so is what it throws; who logs an event is not to fail of it.
        catch (Exception)
#pragma warning restore CA1031
        {
            writer.Byte(Text);
            writer.Text(ErrorCodec.Cut(TextOf(content)));
            return;
        }

        writer.Byte(Value);
        aside.CopyTo(ref writer);
    }

    private static string TextOf(object content)
    {
        try
        {
            return content.ToString() ?? string.Empty;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return content.GetType().Name;
        }
    }
}
