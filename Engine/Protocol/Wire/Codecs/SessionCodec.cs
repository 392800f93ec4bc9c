namespace Engine.Protocol.Wire.Codecs;

/// <summary>How a client comes back.</summary>
internal static class SessionCodec
{
    public static void Write(ref WireWriter writer, SessionTicket? ticket)
    {
        writer.Bool(ticket is not null);
        if (ticket is not null)
        {
            writer.Guid(ticket.Token);
            writer.Time(ticket.Grace);
        }
    }

    public static SessionTicket? ReadTicket(ref WireReader reader) => reader.Bool() ? new SessionTicket(reader.Guid(), ReadGrace(ref reader)) : null;

    public static void Write(ref WireWriter writer, ResumeClient message)
    {
        writer.Count(message.Id.Number);
        writer.Guid(message.Token);
        writer.Int(message.Handled);
    }

    public static ResumeClient ReadResumeClient(ref WireReader reader) => new(new ClientId(reader.Count(ClientId.MaxNumber)), reader.Guid(), reader.Int());

    public static void Write(ref WireWriter writer, ClientResumed message) => writer.Int(message.Handled);

    public static ClientResumed ReadClientResumed(ref WireReader reader) => new(reader.Int());

    public static void Write(ref WireWriter writer, SessionOver message) => writer.Text(message.Detail);

    public static SessionOver ReadSessionOver(ref WireReader reader) => new(reader.TextNotNull());

    public static void Write(ref WireWriter writer, Acknowledgement message) => writer.Int(message.Handled);

    public static Acknowledgement ReadAcknowledgement(ref WireReader reader) => new(reader.Int());

    private static TimeSpan ReadGrace(ref WireReader reader) =>
        reader.Time() is var time && time > TimeSpan.Zero && time <= Fields.TimeMax ? time : throw new ProtocolViolationException($"{time} is no time to wait.");
}
