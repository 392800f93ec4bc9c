using Engine.Tasks;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>Work that the scheduler gives to workers, or asks back.</summary>
internal static class SchedulerToWorkerCodec
{
    // What an entry of a ComputeBatch has.
    private const int SameWork = 1;
    private const int SameAttempt = 2;
    private const int HasOptions = 4;
    private const int HasElement = 8;
    private const int IsRun = 16;
    private const int HasDependencies = 32;
    private const int AllFlags = 63;

    public static void Write(ref WireWriter writer, ComputeBatch batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        var inputs = default(KeyTrail);
        TaskWork? work = null;
        var (order, attempt) = (0L, 1);
        foreach (ref readonly var task in batch.Span)
        {
            writer.Byte((byte)((ReferenceEquals(task.Work, work) ? SameWork : 0) | (task.Attempt == attempt ? SameAttempt : 0)
                | (task.Options is null ? 0 : HasOptions) | (task.Element == 0 ? 0 : HasElement) | (task.Count == 1 ? 0 : IsRun)
                | (task.DependencyCount == 0 ? 0 : HasDependencies)));
            trail.Write(ref writer, task.Key, task.Count);
            writer.Int(task.Order - order);
            order = task.Order;
            if (!ReferenceEquals(task.Work, work))
            {
                sender.Work.Write(ref writer, work = task.Work);
            }

            if (task.Attempt != attempt)
            {
                writer.Count(attempt = task.Attempt);
            }

            if (task.Options is { } options)
            {
                TaskOptionsCodec.Write(ref writer, options, sender);
            }

            if (task.Element != 0)
            {
                writer.Int(task.Element);
            }

            if (task.Count != 1)
            {
                writer.Count(task.Count);
            }

            if (task.DependencyCount != 0)
            {
                writer.Count(task.DependencyCount);
                foreach (ref readonly var dependency in batch.Dependencies.AsSpan(task.DependencyOffset, task.DependencyCount))
                {
                    inputs.Write(ref writer, dependency.Key);
                    Fields.Write(ref writer, dependency.Holder, sender);
                }
            }
        }
    }

    public static void Read(ref WireReader reader, ComputeBatch batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        var inputs = default(KeyTrail);
        TaskWork? work = null;
        var (order, attempt) = (0L, 1);
        for (var left = reader.Count(ComputeBatch.Capacity); left > 0; left--)
        {
            var flags = ClientToSchedulerCodec.Flags(ref reader, AllFlags);
            ref var task = ref batch.Add();
            task.Key = trail.Read(ref reader);
            task.Order = order += reader.Int();
            task.Work = work = (flags & SameWork) == 0 ? receiver.Work.Read(ref reader) : work ?? throw ClientToSchedulerCodec.NoWork();
            task.Attempt = attempt = (flags & SameAttempt) == 0 ? reader.Count() : attempt;
            task.Options = (flags & HasOptions) == 0 ? null : TaskOptionsCodec.Read(ref reader, receiver);
            task.Element = (flags & HasElement) == 0 ? 0 : reader.Int32();
            task.Count = (flags & IsRun) == 0 ? 1 : Fields.ReadRun(ref reader, task.Key);
            trail.Skip(task.Count);
            task.DependencyOffset = batch.DependencyCount;
            if ((flags & HasDependencies) != 0)
            {
                const int bytesEach = 2;
                task.DependencyCount = reader.Items(bytesEach);
                for (var i = 0; i < task.DependencyCount; i++)
                {
                    batch.AddDependency(new DependencyHolder { Key = inputs.Read(ref reader), Holder = Fields.ReadAddress(ref reader, receiver) });
                }
            }
        }
    }

    /// <summary>Also FreeKeys, StealRequest, InterruptTasks and TasksReturned: attempts of tasks.</summary>
    public static void Write(ref WireWriter writer, Batch<TaskAttempt> batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        foreach (ref readonly var task in batch.Span)
        {
            trail.Write(ref writer, task.Key);
            writer.Count(task.Attempt);
        }
    }

    public static void Read(ref WireReader reader, Batch<TaskAttempt> batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        for (var left = reader.Count(FreeKeys.Capacity); left > 0; left--)
        {
            batch.Add(new TaskAttempt { Key = trail.Read(ref reader), Attempt = reader.Count() });
        }
    }

    public static void Write(ref WireWriter writer, AcquireReplicas batch, WireSender sender)
    {
        writer.Count(batch.Count);
        var trail = default(KeyTrail);
        var number = 0L;
        foreach (ref readonly var copy in batch.Span)
        {
            trail.Write(ref writer, copy.Key);
            Fields.Write(ref writer, copy.Holder, sender);
            writer.Int(copy.Number - number);
            number = copy.Number;
        }
    }

    public static void Read(ref WireReader reader, AcquireReplicas batch, WireReceiver receiver)
    {
        var trail = default(KeyTrail);
        var number = 0L;
        for (var left = reader.Count(AcquireReplicas.Capacity); left > 0; left--)
        {
            batch.Add(new CopyRequest
            {
                Key = trail.Read(ref reader),
                Holder = Fields.ReadAddress(ref reader, receiver),
                Number = number += reader.Int(),
            });
        }
    }
}
