namespace Engine.Protocol.Wire.Codecs;

/// <summary>Orders about plugins, and what came of them.</summary>
internal static class PluginCodec
{
    public static void Write(ref WireWriter writer, UnregisterSchedulerPlugin message) => writer.Text(message.Name);

    public static UnregisterSchedulerPlugin ReadUnregisterSchedulerPlugin(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, UnregisterPolicy message) => writer.Text(message.Name);

    public static UnregisterPolicy ReadUnregisterPolicy(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, RegisterRemotePlugin message, WireSender sender)
    {
        writer.Byte((byte)message.Kind);
        writer.Text(message.Name);
        sender.Work.WriteFunction(ref writer, message.Create);
        writer.Bool(message.IsIdempotent);
    }

    public static RegisterRemotePlugin ReadRegisterRemotePlugin(ref WireReader reader, WireReceiver receiver) =>
        new(reader.Enum(RemotePluginKind.Nanny), reader.TextNotNull(), receiver.Work.ReadFunction(ref reader), reader.Bool());

    public static void Write(ref WireWriter writer, UnregisterRemotePlugin message)
    {
        writer.Byte((byte)message.Kind);
        writer.Text(message.Name);
    }

    public static UnregisterRemotePlugin ReadUnregisterRemotePlugin(ref WireReader reader) =>
        new(reader.Enum(RemotePluginKind.Nanny), reader.TextNotNull());

    public static void Write(ref WireWriter writer, AddPlugin message, WireSender sender)
    {
        writer.Int(message.Number);
        writer.Text(message.Name);
        sender.Work.WriteFunction(ref writer, message.Create);
    }

    public static AddPlugin ReadAddPlugin(ref WireReader reader, WireReceiver receiver) =>
        new(reader.Int(), reader.TextNotNull(), receiver.Work.ReadFunction(ref reader));

    public static void Write(ref WireWriter writer, RemovePlugin message)
    {
        writer.Int(message.Number);
        writer.Text(message.Name);
    }

    public static RemovePlugin ReadRemovePlugin(ref WireReader reader) => new(reader.Int(), reader.TextNotNull());

    public static void Write(ref WireWriter writer, PluginDone message)
    {
        writer.Int(message.Number);
        ErrorCodec.Write(ref writer, message.Error);
    }

    public static PluginDone ReadPluginDone(ref WireReader reader) => new(reader.Int(), ErrorCodec.Read(ref reader));
}
