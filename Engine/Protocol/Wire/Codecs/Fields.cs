using Engine.Collections;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>Parts that many messages have. Each Write has its Read below it.</summary>
internal static class Fields
{
    /// <summary>The longest time that a timer runs: nobody asks the engine to wait for longer.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public static void WriteKeys(ref WireWriter writer, IReadOnlyList<TaskKey> keys)
    {
        writer.Count(keys.Count);
        var trail = default(KeyTrail);
        for (var i = 0; i < keys.Count; i++)
        {
            trail.Write(ref writer, keys[i]);
        }
    }

    public static TaskKey[] ReadKeys(ref WireReader reader)
    {
        var keys = new TaskKey[reader.Items()];
        var trail = default(KeyTrail);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = trail.Read(ref reader);
        }

        return keys;
    }

    /// <summary>Several tasks with consecutive keys. A run lies in one page of <see cref="KeyTable{TRow}"/>: receivers rely on it.</summary>
    public static int ReadRun(ref WireReader reader, TaskKey first)
    {
        var count = reader.Count(KeyTable<int>.PageSize);
        return count > 1 && (int)(first.Value & (KeyTable<int>.PageSize - 1)) + count <= KeyTable<int>.PageSize
            ? count
            : throw new ProtocolViolationException($"{first} and what follows can't be {count} tasks of one run.");
    }

    public static void WriteTexts(ref WireWriter writer, IReadOnlyList<string> texts)
    {
        writer.Count(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            writer.Text(texts[i]);
        }
    }

    public static string[] ReadTexts(ref WireReader reader)
    {
        var texts = new string[reader.Items()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.TextNotNull();
        }

        return texts;
    }

    public static void WriteAmounts(ref WireWriter writer, IReadOnlyCollection<KeyValuePair<string, double>> amounts)
    {
        writer.Count(amounts.Count);
        foreach (var (name, amount) in amounts)
        {
            writer.Text(name);
            writer.Double(amount);
        }
    }

    /// <summary>Amounts of resources: finite, and not negative.</summary>
    public static KeyValuePair<string, double>[] ReadAmounts(ref WireReader reader)
    {
        const int bytesEach = 1 + sizeof(double);
        var amounts = new KeyValuePair<string, double>[reader.Items(bytesEach)];
        for (var i = 0; i < amounts.Length; i++)
        {
            var name = reader.TextNotNull();
            var amount = reader.Double();
            amounts[i] = double.IsFinite(amount) && amount >= 0
                ? KeyValuePair.Create(name, amount)
                : throw new ProtocolViolationException($"{amount} is no amount of a resource.");
        }

        return amounts;
    }

    public static Dictionary<string, double> ReadResources(ref WireReader reader)
    {
        var resources = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, amount) in ReadAmounts(ref reader))
        {
            resources[name] = amount;
        }

        return resources;
    }

    public static void WriteOptional(ref WireWriter writer, long? value)
    {
        writer.Bool(value is not null);
        if (value is { } number)
        {
            writer.Int(number);
        }
    }

    public static long? ReadOptional(ref WireReader reader) => reader.Bool() ? reader.Int() : null;

    public static void WriteOptional(ref WireWriter writer, TimeSpan? value) => WriteOptional(ref writer, value?.Ticks);

    public static TimeSpan? ReadOptionalTime(ref WireReader reader) => reader.Bool() ? reader.Time() : null;

    /// <summary>How long something may take: not negative, and not longer than a timer runs, or than is given.</summary>
    public static TimeSpan? ReadTimeLimit(ref WireReader reader, TimeSpan? max = null) =>
        ReadOptionalTime(ref reader) is not { } time ? null
        : time >= TimeSpan.Zero && time <= (max ?? TimeMax) ? time
        : throw new ProtocolViolationException($"{time} is no time to wait.");

    public static void WriteOptional(ref WireWriter writer, NannyId? nanny)
    {
        writer.Bool(nanny is not null);
        if (nanny is { } id)
        {
            writer.Guid(id.Value);
        }
    }

    public static NannyId? ReadOptionalNanny(ref WireReader reader) => reader.Bool() ? ReadNanny(ref reader) : null;

    public static NannyId ReadNanny(ref WireReader reader) =>
        reader.Guid() is var id && id != Guid.Empty ? new NannyId(id) : throw new ProtocolViolationException("The empty number is no nanny.");

    public static CloseReason ReadReason(ref WireReader reader) => reader.Enum(CloseReason.StartFailed);

    public static void Write(ref WireWriter writer, WorkerAddress worker, WireSender sender)
    {
        if (!sender.Workers.TryWrite(ref writer, worker))
        {
            writer.Worker(worker.Id);
            writer.Text(worker.Address);
            writer.Text(worker.Name);
        }
    }

    public static WorkerAddress ReadAddress(ref WireReader reader, WireReceiver receiver) =>
        receiver.Workers.Read(ref reader) ?? receiver.Workers.Add(new WorkerAddress(reader.Worker(), reader.TextNotNull(), reader.TextNotNull()));

    public static void Write(ref WireWriter writer, TaskError error)
    {
        writer.Byte((byte)error.Kind);
        writer.Key(error.Key);
        writer.Text(ErrorCodec.Cut(error.Message));
        ErrorCodec.Write(ref writer, error.Exception);
    }

    public static TaskError ReadTaskError(ref WireReader reader) =>
        new(reader.Enum(TaskErrorKind.UnknownDependency), reader.Key(), reader.TextNotNull(), ErrorCodec.Read(ref reader));
}
