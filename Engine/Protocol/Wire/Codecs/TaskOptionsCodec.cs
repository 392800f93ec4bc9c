namespace Engine.Protocol.Wire.Codecs;

/// <summary>Options of tasks. What is used again is written once.</summary>
internal static class TaskOptionsCodec
{
    public static void Write(ref WireWriter writer, TaskOptions options, WireSender sender)
    {
        if (sender.Options.TryWrite(ref writer, options))
        {
            return;
        }

        writer.Int(options.Priority);
        writer.Count(options.Retries);
        Fields.WriteOptional(ref writer, options.Timeout);
        writer.Text(options.Name);
        Fields.WriteAmounts(ref writer, options.Resources);
        Fields.WriteTexts(ref writer, options.Workers);
        writer.Bool(options.AllowOtherWorkers);
        writer.Count(options.Replicas);
    }

    public static TaskOptions Read(ref WireReader reader, WireReceiver receiver) => receiver.Options.Read(ref reader) ?? receiver.Options.Add(new TaskOptions
    {
        Priority = ReadPriority(ref reader),
        Retries = reader.Count(),
        Timeout = Fields.ReadTimeLimit(ref reader),
        Name = reader.Text(),
        Resources = Fields.ReadAmounts(ref reader),
        Workers = Fields.ReadTexts(ref reader),
        AllowOtherWorkers = reader.Bool(),
        Replicas = reader.Count(),
    });

    private static short ReadPriority(ref WireReader reader) =>
        reader.Int() is >= -short.MaxValue and <= short.MaxValue and var priority
            ? (short)priority
            : throw new ProtocolViolationException("A priority is from -32767 to 32767.");
}
