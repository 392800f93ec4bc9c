using System.Buffers;
using System.Buffers.Binary;
using Engine.Protocol.Wire;
using Engine.Protocol.Wire.Codecs;

namespace Engine.Nannies.Processes;

/// <summary>
/// The messages between a nanny and its worker process as bytes: a length (4 bytes, of what follows), a kind, and a body as
/// the engine's other messages have it. No serializer and no JSON: loading one, and what the runtime compiles of it, was a good part of what each start
/// of a worker cost.
/// </summary>
internal static class PipeCodec
{
    /// <summary>What a message may have, without the length. A launch with its variables and files is the longest.</summary>
    public const int BytesMax = 16 << 20;

    private const int LengthBytes = sizeof(int);

    private enum Kind : byte
    {
        Launch,
        Stop,
        Heard,
        Ready,
        Failed,
        Closing,
        Ended,
        Returned,
    }

    /// <summary>Writes a message with its length.</summary>
    public static byte[] Write(PipeMessage message)
    {
        var body = new BodyOutput();
        var writer = new WireWriter(body);
        Write(ref writer, message);
        writer.Complete();
        var frame = new byte[LengthBytes + body.Body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Body.Length);
        body.Body.CopyTo(frame.AsMemory(LengthBytes));
        return frame;
    }

    /// <summary>Reads a message without its length.</summary>
    /// <exception cref="ProtocolViolationException">It is no message, or one of another version of the engine.</exception>
    public static PipeMessage Read(ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(new ReadOnlySequence<byte>(body), []);
        var message = Read(ref reader);
        reader.End();
        return message;
    }

    /// <summary>Reads the next message; null: the other side has let go of the pipe.</summary>
    /// <exception cref="ProtocolViolationException">It is no message.</exception>
    public static PipeMessage? Read(Stream pipe)
    {
        var length = new byte[LengthBytes];
        if (pipe.ReadAtLeast(length, LengthBytes, throwOnEndOfStream: false) < LengthBytes)
        {
            return null;
        }

        var body = BodyFor(length);
        return pipe.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length ? null : Read(body);
    }

    /// <inheritdoc cref="Read(Stream)"/>
    public static async Task<PipeMessage?> ReadAsync(Stream pipe)
    {
        var length = new byte[LengthBytes];
        if (await pipe.ReadAtLeastAsync(length, LengthBytes, throwOnEndOfStream: false) < LengthBytes)
        {
            return null;
        }

        var body = BodyFor(length);
        return await pipe.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false) < body.Length ? null : Read(body);
    }

    private static byte[] BodyFor(byte[] length) => BinaryPrimitives.ReadInt32LittleEndian(length) switch
    {
        > 0 and <= BytesMax and var bytes => new byte[bytes],
        var other => throw new ProtocolViolationException($"A message of the pipe has 1 to {BytesMax} bytes, not {other}."),
    };

    private static void Write(ref WireWriter writer, PipeMessage message)
    {
        switch (message)
        {
            case LaunchDocument launch:
                writer.Byte((byte)Kind.Launch);
                LaunchCodec.Write(ref writer, launch);
                break;
            case StopMessage stop:
                Write(ref writer, Kind.Stop, stop.Reason, stop.Detail);
                break;
            case HeardMessage:
                writer.Byte((byte)Kind.Heard);
                break;
            case ReadyMessage ready:
                writer.Byte((byte)Kind.Ready);
                writer.Worker(ready.Worker);
                writer.Text(ready.Address);
                writer.Count(ready.ProcessId);
                break;
            case ReturnedMessage returned:
                writer.Byte((byte)Kind.Returned);
                writer.Worker(returned.Worker);
                break;
            case FailedMessage failed:
                Write(ref writer, Kind.Failed, failed.Reason, failed.Message);
                writer.Text(failed.Type);
                writer.Text(failed.Stack);
                break;
            case ClosingMessage closing:
                Write(ref writer, Kind.Closing, closing.Reason, closing.Detail);
                break;
            case EndedMessage ended:
                Write(ref writer, Kind.Ended, ended.Reason, ended.Detail);
                writer.Count((int)ended.Status);
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is no message of the pipe.", nameof(message));
        }
    }

    private static void Write(ref WireWriter writer, Kind kind, CloseReason reason, string text)
    {
        writer.Byte((byte)kind);
        writer.Count((int)reason);
        writer.Text(text);
    }

    private static PipeMessage Read(ref WireReader reader) => (Kind)reader.Byte() switch
    {
        Kind.Launch => LaunchCodec.Read(ref reader),
        Kind.Stop => new StopMessage(Fields.ReadReason(ref reader), reader.TextNotNull()),
        Kind.Heard => new HeardMessage(),
        Kind.Ready => new ReadyMessage(reader.Worker(), reader.TextNotNull(), reader.Count()),
        Kind.Returned => new ReturnedMessage(reader.Worker()),
        Kind.Failed => ReadFailed(ref reader),
        Kind.Closing => new ClosingMessage(Fields.ReadReason(ref reader), reader.TextNotNull()),
        Kind.Ended => new EndedMessage(Fields.ReadReason(ref reader), reader.TextNotNull(), reader.Enum(Status.Failed)),
        var other => throw new ProtocolViolationException($"There is no message of the kind {(byte)other}."),
    };

    private static FailedMessage ReadFailed(ref WireReader reader)
    {
        var (reason, message) = (Fields.ReadReason(ref reader), reader.TextNotNull());
        return new FailedMessage(reason, reader.TextNotNull(), message, reader.Text());
    }
}
