namespace Engine.Protocol.Wire.Codecs;

/// <summary>Workers and clients ask workers for values.</summary>
internal static class PeerCodec
{
    public static void Write(ref WireWriter writer, GetData message)
    {
        writer.Int(message.RequestId);
        writer.Worker(message.Holder);
        Fields.WriteKeys(ref writer, message.Keys);
    }

    public static GetData ReadGetData(ref WireReader reader) => new(reader.Int(), reader.Worker(), Fields.ReadKeys(ref reader));

    public static void Write(ref WireWriter writer, DataReply message, WireSender sender)
    {
        writer.Int(message.RequestId);
        writer.Count(message.Entries.Length);
        var trail = default(KeyTrail);
        foreach (ref readonly var entry in message.Entries.AsSpan())
        {
            trail.Write(ref writer, entry.Key);
            writer.Bool(entry.Found);
            if (entry.Found)
            {
                writer.Int(entry.NBytes);
                ValueCodec.Write(ref writer, entry.Value, sender.Context);
            }
        }
    }

    public static DataReply ReadDataReply(ref WireReader reader, WireReceiver receiver)
    {
        const int bytesEach = 2;
        var id = reader.Int();
        var entries = new DataEntry[reader.Items(bytesEach)];
        var trail = default(KeyTrail);
        foreach (ref var entry in entries.AsSpan())
        {
            entry.Key = trail.Read(ref reader);
            entry.Found = reader.Bool();
            if (entry.Found)
            {
                entry.NBytes = reader.Int() is >= 0 and var bytes ? bytes : throw new ProtocolViolationException("A size is negative.");
                entry.Value = ValueCodec.Read(ref reader, receiver.Context);
            }
        }

        return new DataReply(id, entries);
    }
}
