using Engine.Clusters;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>The values of answers: a closed list.</summary>
internal static class AnswerCodec
{
    private const byte Null = 0;
    private const byte False = 1;
    private const byte True = 2;
    private const byte Int = 3;
    private const byte Taken = 4;
    private const byte Keys = 5;
    private const byte Texts = 6;
    private const byte Holders = 7;
    private const byte ByWorker = 8;
    private const byte Workers = 9;
    private const byte Story = 10;
    private const byte Events = 11;
    private const byte Retirements = 12;
    private const byte Retirement = 13;
    private const byte Restart = 14;
    private const byte Load = 15;

    public static void Write(ref WireWriter writer, object? value, WireSender sender)
    {
        switch (value)
        {
            case null:
                writer.Byte(Null);
                break;
            case bool yes:
                writer.Byte(yes ? True : False);
                break;
            case int number:
                writer.Byte(Int);
                writer.Int(number);
                break;
            case TakenKeys taken:
                writer.Byte(Taken);
                Fields.WriteKeys(ref writer, taken.Keys);
                writer.Bool(taken.IsList);
                break;
            case IReadOnlyList<TaskKey> keys:
                writer.Byte(Keys);
                Fields.WriteKeys(ref writer, keys);
                break;
            case IReadOnlyList<string> texts:
                writer.Byte(Texts);
                Fields.WriteTexts(ref writer, texts);
                break;
            case Dictionary<TaskKey, IReadOnlyList<WorkerAddress>> holders:
                writer.Byte(Holders);
                WriteHolders(ref writer, holders, sender);
                break;
            case Dictionary<WorkerAddress, IReadOnlyList<TaskKey>> byWorker:
                writer.Byte(ByWorker);
                WriteByWorker(ref writer, byWorker, sender);
                break;
            case IReadOnlyList<StoryLine> story:
                writer.Byte(Story);
                WriteStory(ref writer, story);
                break;
            case IReadOnlyList<TopicEvent> events:
                writer.Byte(Events);
                WriteEvents(ref writer, events, sender.Context);
                break;
            default:
                WriteReport(ref writer, value);
                break;
        }
    }

    public static object? Read(ref WireReader reader, WireReceiver receiver) => reader.Byte() switch
    {
        Null => null,
        False => false,
        True => true,
        Int => reader.Int32(),
        Taken => new TakenKeys(Fields.ReadKeys(ref reader), reader.Bool()),
        Keys => Fields.ReadKeys(ref reader),
        Texts => Fields.ReadTexts(ref reader),
        Holders => ReadHolders(ref reader, receiver),
        ByWorker => ReadByWorker(ref reader, receiver),
        Workers => ReportCodec.ReadWorkers(ref reader),
        Story => ReadStory(ref reader),
        Events => ReadEvents(ref reader, receiver.Context),
        Retirements => ReportCodec.ReadProgress(ref reader),
        Retirement => ReportCodec.ReadRetirementReport(ref reader),
        Restart => ReportCodec.ReadRestartReport(ref reader),
        Load => ReportCodec.ReadLoad(ref reader),
        var other => throw new ProtocolViolationException($"There is no answer {other}."),
    };

    private static void WriteReport(ref WireWriter writer, object value)
    {
        switch (value)
        {
            case IReadOnlyList<WorkerInfo> workers:
                writer.Byte(Workers);
                ReportCodec.Write(ref writer, workers);
                break;
            case IReadOnlyList<RetirementProgress> retirements:
                writer.Byte(Retirements);
                ReportCodec.Write(ref writer, retirements);
                break;
            case RetirementReport report:
                writer.Byte(Retirement);
                ReportCodec.Write(ref writer, report);
                break;
            case RestartReport report:
                writer.Byte(Restart);
                ReportCodec.Write(ref writer, report);
                break;
            case ClusterLoad load:
                writer.Byte(Load);
                ReportCodec.Write(ref writer, load);
                break;
            default:
                throw new NotSupportedException($"A {value.GetType().Name} is no answer that can be written. Add it to AnswerCodec.");
        }
    }

    private static void WriteHolders(ref WireWriter writer, Dictionary<TaskKey, IReadOnlyList<WorkerAddress>> holders, WireSender sender)
    {
        writer.Count(holders.Count);
        var trail = default(KeyTrail);
        foreach (var (key, workers) in holders)
        {
            trail.Write(ref writer, key);
            writer.Count(workers.Count);
            foreach (var worker in workers)
            {
                Fields.Write(ref writer, worker, sender);
            }
        }
    }

    private static Dictionary<TaskKey, IReadOnlyList<WorkerAddress>> ReadHolders(ref WireReader reader, WireReceiver receiver)
    {
        const int bytesEach = 2;
        var count = reader.Items(bytesEach);
        var holders = new Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>(count);
        var trail = default(KeyTrail);
        for (; count > 0; count--)
        {
            var key = trail.Read(ref reader);
            var length = reader.Items();
            var workers = length == 0 ? [] : new WorkerAddress[length];
            for (var i = 0; i < workers.Length; i++)
            {
                workers[i] = Fields.ReadAddress(ref reader, receiver);
            }

            if (!holders.TryAdd(key, workers))
            {
                throw new ProtocolViolationException($"{key} is there twice.");
            }
        }

        return holders;
    }

    private static void WriteByWorker(ref WireWriter writer, Dictionary<WorkerAddress, IReadOnlyList<TaskKey>> byWorker, WireSender sender)
    {
        writer.Count(byWorker.Count);
        foreach (var (worker, keys) in byWorker)
        {
            Fields.Write(ref writer, worker, sender);
            Fields.WriteKeys(ref writer, keys);
        }
    }

    private static Dictionary<WorkerAddress, IReadOnlyList<TaskKey>> ReadByWorker(ref WireReader reader, WireReceiver receiver)
    {
        const int bytesEach = 2;
        var count = reader.Items(bytesEach);
        var byWorker = new Dictionary<WorkerAddress, IReadOnlyList<TaskKey>>(count);
        for (; count > 0; count--)
        {
            var worker = Fields.ReadAddress(ref reader, receiver);
            if (!byWorker.TryAdd(worker, Fields.ReadKeys(ref reader)))
            {
                throw new ProtocolViolationException($"{worker} is there twice.");
            }
        }

        return byWorker;
    }

    private static void WriteStory(ref WireWriter writer, IReadOnlyList<StoryLine> story)
    {
        writer.Count(story.Count);
        foreach (var line in story)
        {
            writer.Key(line.Key);
            writer.Int(line.Step);
            writer.Text(line.Start);
            writer.Text(line.Finish);
            writer.Text(line.Stimulus);
            writer.Worker(line.Worker);
            writer.Count(line.Attempt);
        }
    }

    private static StoryLine[] ReadStory(ref WireReader reader)
    {
        const int bytesEach = 7;
        var story = new StoryLine[reader.Items(bytesEach)];
        for (var i = 0; i < story.Length; i++)
        {
            story[i] = new StoryLine(
                reader.Key(), reader.Int(), reader.TextNotNull(), reader.TextNotNull(), reader.TextNotNull(), reader.Worker(), reader.Count());
        }

        return story;
    }

    private static void WriteEvents(ref WireWriter writer, IReadOnlyList<TopicEvent> events, WireContext context)
    {
        writer.Count(events.Count);
        foreach (var topicEvent in events)
        {
            EventCodec.Write(ref writer, topicEvent, context);
        }
    }

    private static TopicEvent[] ReadEvents(ref WireReader reader, WireContext context)
    {
        const int bytesEach = 3;
        var events = new TopicEvent[reader.Items(bytesEach)];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = EventCodec.Read(ref reader, context);
        }

        return events;
    }
}
