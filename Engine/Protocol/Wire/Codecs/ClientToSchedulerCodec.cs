using Engine.Tasks;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>What clients say to the scheduler, but for questions.</summary>
internal static class ClientToSchedulerCodec
{
    // What an entry of a SubmitBatch has.
    private const int SameWork = 1;
    private const int HasOptions = 2;
    private const int HasElement = 4;
    private const int HasDependencies = 8;
    private const int AllFlags = 15;

    public static void Write(ref WireWriter writer, RegisterClient message)
    {
        writer.Text(message.Name);
        writer.Bool(message.HasSession);
    }

    public static RegisterClient ReadRegisterClient(ref WireReader reader) => new(reader.TextNotNull(), reader.Bool());

    public static void Write(ref WireWriter writer, SubmitBatch batch, WireSender sender)
    {
        writer.Key(batch.First);
        writer.Count(batch.Count);
        var dependencies = batch.Dependencies.AsSpan(0, batch.DependencyCount);
        var trail = new KeyTrail(batch.First);
        TaskWork? work = null;
        for (var i = 0; i < batch.Count; i++)
        {
            ref readonly var entry = ref batch.Entries[i];
            var options = batch.OptionsOf(i);
            writer.Byte((byte)((ReferenceEquals(entry.Work, work) ? SameWork : 0) | (options is null ? 0 : HasOptions)
                | (entry.Element == 0 ? 0 : HasElement) | (entry.DependencyCount == 0 ? 0 : HasDependencies)));
            if (!ReferenceEquals(entry.Work, work))
            {
                sender.Work.Write(ref writer, work = entry.Work);
            }

            if (options is not null)
            {
                TaskOptionsCodec.Write(ref writer, options, sender);
            }

            if (entry.Element != 0)
            {
                writer.Int(entry.Element);
            }

            if (entry.DependencyCount != 0)
            {
                writer.Count(entry.DependencyCount);
                foreach (var dependency in dependencies[..entry.DependencyCount])
                {
                    trail.Write(ref writer, dependency);
                }

                dependencies = dependencies[entry.DependencyCount..];
            }
        }
    }

    public static void Read(ref WireReader reader, SubmitBatch batch, WireReceiver receiver)
    {
        batch.First = reader.Key();
        var count = reader.Count(SubmitBatch.Capacity);
        var trail = new KeyTrail(batch.First);
        TaskWork? work = null;
        for (var i = 0; i < count; i++)
        {
            var flags = Flags(ref reader, AllFlags);
            work = (flags & SameWork) == 0 ? receiver.Work.Read(ref reader) : work ?? throw NoWork();
            var options = (flags & HasOptions) == 0 ? null : TaskOptionsCodec.Read(ref reader, receiver);
            batch.Add(work, options, (flags & HasElement) == 0 ? 0 : reader.Int32());
            if ((flags & HasDependencies) != 0)
            {
                for (var left = reader.Items(); left > 0; left--)
                {
                    batch.AddDependency(trail.Read(ref reader));
                }
            }
        }
    }

    public static void Write(ref WireWriter writer, SubmitMap message, WireSender sender)
    {
        writer.Key(message.First);
        writer.Count(message.Count);
        sender.Work.Write(ref writer, message.Work);
        writer.Bool(message.Options is not null);
        if (message.Options is { } options)
        {
            TaskOptionsCodec.Write(ref writer, options, sender);
        }
    }

    public static SubmitMap ReadSubmitMap(ref WireReader reader, WireReceiver receiver) => new(
        reader.Key(), reader.Count(SubmitMap.CountMax), receiver.Work.Read(ref reader), reader.Bool() ? TaskOptionsCodec.Read(ref reader, receiver) : null);

    public static void Write(ref WireWriter writer, ReleaseKeys batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        foreach (ref readonly var range in batch.Span)
        {
            trail.Write(ref writer, range.First, range.Count);
            writer.Count(range.Count);
        }
    }

    public static void Read(ref WireReader reader, ReleaseKeys batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        for (var left = reader.Count(ReleaseKeys.Capacity); left > 0; left--)
        {
            var range = new KeyRange { First = trail.Read(ref reader), Count = reader.Count(KeyRange.CountMax) };
            trail.Skip(range.Count);
            batch.Add(range);
        }
    }

    public static void Write(ref WireWriter writer, DataMissing message, WireSender sender)
    {
        writer.Key(message.Key);
        Fields.Write(ref writer, message.Holder, sender);
        writer.Bool(message.IsUnreachable);
    }

    public static DataMissing ReadDataMissing(ref WireReader reader, WireReceiver receiver) =>
        new(reader.Key(), Fields.ReadAddress(ref reader, receiver), reader.Bool());

    public static void Write(ref WireWriter writer, AbandonRequest message) => writer.Int(message.RequestId);

    public static AbandonRequest ReadAbandonRequest(ref WireReader reader) => new(reader.Int());

    /// <summary>Reads what an entry has.</summary>
    internal static int Flags(ref WireReader reader, int known) =>
        reader.Byte() is var flags && (flags & ~known) == 0 ? flags : throw new ProtocolViolationException($"An entry has {flags:x2}, of which only {known:x2} is known.");

    internal static ProtocolViolationException NoWork() => new("The first entry has the work of the one before.");
}
