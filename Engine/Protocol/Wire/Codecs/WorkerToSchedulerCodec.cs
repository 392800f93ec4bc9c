namespace Engine.Protocol.Wire.Codecs;

/// <summary>What workers say to the scheduler about tasks and data.</summary>
internal static class WorkerToSchedulerCodec
{
    // What an entry of a FinishedBatch has.
    private const int IsRun = 1;
    private const int HasValue = 2;
    private const int SameAttempt = 4;
    private const int SameBytes = 8;
    private const int SameSeconds = 16;
    private const int AllFlags = 31;

    public static void Write(ref WireWriter writer, FinishedBatch batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        var (attempt, bytes, seconds) = (1, (long)Data.SizeOf.Slot, 0f);
        foreach (ref readonly var task in batch.Span)
        {
            var isSameSeconds = BitConverter.SingleToInt32Bits(task.Seconds) == BitConverter.SingleToInt32Bits(seconds);
            writer.Byte((byte)((task.Count == 1 ? 0 : IsRun) | (task.HasValue ? HasValue : 0) | (task.Attempt == attempt ? SameAttempt : 0)
                | (task.NBytes == bytes ? SameBytes : 0) | (isSameSeconds ? SameSeconds : 0)));
            trail.Write(ref writer, task.Key, task.Count);
            if (task.Attempt != attempt)
            {
                writer.Count(attempt = task.Attempt);
            }

            if (task.NBytes != bytes)
            {
                writer.Int(bytes = task.NBytes);
            }

            if (!isSameSeconds)
            {
                writer.Single(seconds = task.Seconds);
            }

            if (task.Count != 1)
            {
                writer.Count(task.Count);
                ValuesCodec.Write(ref writer, task.Values.AsSpan(0, task.Count), sender.Context);
            }
            else if (task.HasValue)
            {
                ValueCodec.Write(ref writer, task.Value, sender.Context);
            }
        }
    }

    public static void Read(ref WireReader reader, FinishedBatch batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        var (attempt, bytes, seconds) = (1, (long)Data.SizeOf.Slot, 0f);
        for (var left = reader.Count(FinishedBatch.Capacity); left > 0; left--)
        {
            var flags = ClientToSchedulerCodec.Flags(ref reader, AllFlags);
            ref var task = ref batch.Add();
            task.Key = trail.Read(ref reader);
            task.Count = 1;
            task.HasValue = (flags & HasValue) != 0;
            task.Attempt = attempt = (flags & SameAttempt) == 0 ? reader.Count() : attempt;
            task.NBytes = bytes = (flags & SameBytes) == 0 ? ReadBytes(ref reader) : bytes;
            task.Seconds = seconds = (flags & SameSeconds) == 0 ? (float)CheckSeconds(reader.Single()) : seconds;
            if ((flags & IsRun) != 0)
            {
                task.Count = Fields.ReadRun(ref reader, task.Key);
                trail.Skip(task.Count);
                task.Values = ValuesCodec.Rent(ref reader, task.Count);
                ValuesCodec.Read(ref reader, task.Values.AsSpan(0, task.Count), receiver.Context);
            }
            else if (task.HasValue)
            {
                task.Value = ValueCodec.Read(ref reader, receiver.Context);
            }
        }
    }

    public static void Write(ref WireWriter writer, TaskErred message)
    {
        writer.Key(message.Key);
        writer.Count(message.Attempt);
        Fields.Write(ref writer, message.Error);
    }

    public static TaskErred ReadTaskErred(ref WireReader reader) => new(reader.Key(), reader.Count(), Fields.ReadTaskError(ref reader));

    public static void Write(ref WireWriter writer, TaskRescheduled message)
    {
        writer.Key(message.Key);
        writer.Count(message.Attempt);
    }

    public static TaskRescheduled ReadTaskRescheduled(ref WireReader reader) => new(reader.Key(), reader.Count());

    public static void Write(ref WireWriter writer, TaskLongRunning message)
    {
        writer.Key(message.Key);
        writer.Count(message.Attempt);
    }

    public static TaskLongRunning ReadTaskLongRunning(ref WireReader reader) => new(reader.Key(), reader.Count());

    public static void Write(ref WireWriter writer, StatusChanged message) => writer.Byte((byte)message.Status);

    /// <summary>A worker says of itself that it runs or is paused, and nothing else.</summary>
    public static StatusChanged ReadStatusChanged(ref WireReader reader) => reader.Enum(Status.Failed) is (Status.Running or Status.Paused) and var status
        ? new StatusChanged(status)
        : throw new ProtocolViolationException("A worker's status changes to Running or Paused.");

    public static void Write(ref WireWriter writer, WorkerStalled message) => writer.Double(message.Seconds);

    public static WorkerStalled ReadWorkerStalled(ref WireReader reader) => new(CheckSeconds(reader.Double()));

    public static void Write(ref WireWriter writer, InputMissing message, WireSender sender)
    {
        writer.Key(message.Key);
        writer.Count(message.Attempt);
        writer.Key(message.Input);
        Fields.Write(ref writer, message.Holder, sender);
        writer.Bool(message.IsUnreachable);
    }

    public static InputMissing ReadInputMissing(ref WireReader reader, WireReceiver receiver) =>
        new(reader.Key(), reader.Count(), reader.Key(), Fields.ReadAddress(ref reader, receiver), reader.Bool());

    public static void Write(ref WireWriter writer, StealResponse batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        foreach (ref readonly var answer in batch.Span)
        {
            trail.Write(ref writer, answer.Key);
            writer.UInt(((ulong)answer.Attempt << 1) | (answer.GivenUp ? 1u : 0u));
        }
    }

    public static void Read(ref WireReader reader, StealResponse batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        for (var left = reader.Count(StealResponse.Capacity); left > 0; left--)
        {
            var key = trail.Read(ref reader);
            var answer = reader.UInt();
            batch.Add(answer >> 1 <= int.MaxValue
                ? new StealAnswer { Key = key, Attempt = (int)(answer >> 1), GivenUp = (answer & 1) != 0 }
                : throw new ProtocolViolationException("An attempt has more than 31 bits."));
        }
    }

    public static void Write(ref WireWriter writer, ReplicasAdded batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        foreach (ref readonly var copy in batch.Span)
        {
            trail.Write(ref writer, copy.Key);
            writer.Int(copy.Number);
        }
    }

    public static void Read(ref WireReader reader, ReplicasAdded batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        for (var left = reader.Count(ReplicasAdded.Capacity); left > 0; left--)
        {
            batch.Add(new CopyMade { Key = trail.Read(ref reader), Number = reader.Int() });
        }
    }

    private static long ReadBytes(ref WireReader reader) =>
        reader.Int() is >= 0 and var bytes ? bytes : throw new ProtocolViolationException("A size is negative.");

    private static double CheckSeconds(double seconds) =>
        double.IsFinite(seconds) && seconds >= 0 ? seconds : throw new ProtocolViolationException($"{seconds} is no time in seconds.");
}
