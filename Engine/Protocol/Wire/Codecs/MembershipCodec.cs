namespace Engine.Protocol.Wire.Codecs;

/// <summary>What workers, nannies and the scheduler say to each other about coming and going.</summary>
internal static class MembershipCodec
{
    /// <summary>A lifetime may be staggered, to twice what a timer runs.</summary>
    private static readonly TimeSpan s_leavesMax = 2 * Fields.TimeMax;

    public static void Write(ref WireWriter writer, RegisterWorker message)
    {
        writer.Text(message.Name);
        writer.Text(message.Address);
        writer.Count(message.Threads);
        Fields.WriteAmounts(ref writer, message.Resources);
        Fields.WriteOptional(ref writer, message.Nanny);
        writer.Text(message.Host);
        Fields.WriteOptional(ref writer, message.MemoryLimit);
        Fields.WriteOptional(ref writer, message.Leaves);
        Fields.WriteOptional(ref writer, message.After?.Number);
        Fields.WriteKeys(ref writer, message.Offer);
    }

    public static RegisterWorker ReadRegisterWorker(ref WireReader reader) =>
        new(reader.TextNotNull(), reader.TextNotNull(), ReadThreads(ref reader), Fields.ReadResources(ref reader))
        {
            Nanny = Fields.ReadOptionalNanny(ref reader),
            Host = reader.Text(),
            MemoryLimit = Fields.ReadOptional(ref reader) is not { } bytes ? null
                : bytes > 0 ? bytes
                : throw new ProtocolViolationException("A memory limit is 1 byte at least."),
            Leaves = Fields.ReadTimeLimit(ref reader, s_leavesMax),
            After = Fields.ReadOptional(ref reader) is { } after ? new WorkerId(after) : null,
            Offer = Fields.ReadKeys(ref reader),
        };

    public static void Write(ref WireWriter writer, WorkerRegistered message, WireSender sender)
    {
        Fields.Write(ref writer, message.Self, sender);
        writer.Time(message.HeartbeatInterval);
        Fields.WriteKeys(ref writer, message.Declined);
    }

    public static WorkerRegistered ReadWorkerRegistered(ref WireReader reader, WireReceiver receiver) =>
        new(Fields.ReadAddress(ref reader, receiver), ReadInterval(ref reader)) { Declined = Fields.ReadKeys(ref reader) };

    public static void Write(ref WireWriter writer, RegisterNanny message)
    {
        writer.Guid(message.Id.Value);
        writer.Text(message.Name);
        writer.Text(message.Host);
    }

    public static RegisterNanny ReadRegisterNanny(ref WireReader reader) => new(Fields.ReadNanny(ref reader), reader.TextNotNull(), reader.Text());

    public static void Write(ref WireWriter writer, RegistrationRefused message) => WriteEnd(ref writer, message.Reason, message.Detail);

    public static RegistrationRefused ReadRegistrationRefused(ref WireReader reader) => new(Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, Heartbeat message)
    {
        writer.Worker(message.Worker);
        writer.Bool(message.IsStalled);
        writer.Int(message.ManagedBytes);
        writer.Int(message.SpilledBytes);
    }

    public static Heartbeat ReadHeartbeat(ref WireReader reader) => new(reader.Worker(), reader.Bool(), reader.Int(), reader.Int());

    public static void Write(ref WireWriter writer, HeartbeatOk message) => writer.Time(message.Interval);

    public static HeartbeatOk ReadHeartbeatOk(ref WireReader reader) => new(ReadInterval(ref reader));

    public static void Write(ref WireWriter writer, HeartbeatMissing message) => WriteEnd(ref writer, message.Reason, message.Detail);

    public static HeartbeatMissing ReadHeartbeatMissing(ref WireReader reader) => new(Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, Goodbye message) => WriteEnd(ref writer, message.Reason, message.Detail);

    public static Goodbye ReadGoodbye(ref WireReader reader) => new(Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, CloseWorker message) => WriteEnd(ref writer, message.Reason, message.Detail);

    public static CloseWorker ReadCloseWorker(ref WireReader reader) => new(Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, CloseAdmission message) => writer.Int(message.Retirement);

    public static CloseAdmission ReadCloseAdmission(ref WireReader reader) => new(reader.Int());

    public static void Write(ref WireWriter writer, AdmissionClosed message) => writer.Int(message.Retirement);

    public static AdmissionClosed ReadAdmissionClosed(ref WireReader reader) => new(reader.Int());

    public static void Write(ref WireWriter writer, WorkersDeparted message)
    {
        writer.Count(message.Workers.Length);
        foreach (var worker in message.Workers)
        {
            writer.Worker(worker);
        }
    }

    public static WorkersDeparted ReadWorkersDeparted(ref WireReader reader)
    {
        var workers = new WorkerId[reader.Items()];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = reader.Worker();
        }

        return new WorkersDeparted(workers);
    }

    public static void Write(ref WireWriter writer, TellNanny message)
    {
        writer.Byte((byte)message.Intent);
        writer.Worker(message.Worker);
        WriteEnd(ref writer, message.Reason, message.Detail);
    }

    public static TellNanny ReadTellNanny(ref WireReader reader) =>
        new(reader.Enum(NannyIntent.Close), reader.Worker(), Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, WorkerExited message)
    {
        writer.Worker(message.Worker);
        WriteEnd(ref writer, message.Reason, message.Detail);
    }

    public static WorkerExited ReadWorkerExited(ref WireReader reader) => new(reader.Worker(), Fields.ReadReason(ref reader), reader.TextNotNull());

    public static void Write(ref WireWriter writer, RestartAsked message)
    {
        writer.Worker(message.Worker);
        writer.Text(message.Detail);
    }

    public static RestartAsked ReadRestartAsked(ref WireReader reader) => new(reader.Worker(), reader.TextNotNull());

    private static void WriteEnd(ref WireWriter writer, CloseReason reason, string detail)
    {
        writer.Byte((byte)reason);
        writer.Text(detail);
    }

    private static int ReadThreads(ref WireReader reader) =>
        reader.Count() is > 0 and var threads ? threads : throw new ProtocolViolationException("A worker runs 1 task at a time at least.");

    /// <summary>When a heartbeat is due; infinite: never.</summary>
    private static TimeSpan ReadInterval(ref WireReader reader) =>
        reader.Time() is var time && (time == Timeout.InfiniteTimeSpan || (time > TimeSpan.Zero && time <= Fields.TimeMax))
            ? time
            : throw new ProtocolViolationException($"Heartbeats can't come every {time}.");
}
