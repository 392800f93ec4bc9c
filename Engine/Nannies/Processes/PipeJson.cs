using System.Text.Json;

namespace Engine.Nannies.Processes;

/// <summary>
/// The messages between a nanny and its worker process as JSON, a line each. By hand: the serializer, also with generated code, has the
/// runtime compile some 800 methods at each start of a worker, which was half of what a start compiled.
/// </summary>
internal static class PipeJson
{
    private const string Kind = "kind";
    private const string Launch = "launch";
    private const string Stop = "stop";
    private const string Heard = "heard";
    private const string Ready = "ready";
    private const string Failed = "failed";
    private const string Closing = "closing";
    private const string Ended = "ended";

    /// <summary>Writes a message as a line.</summary>
    public static byte[] Write(PipeMessage message)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            Write(json, message);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no message.</exception>
    public static PipeMessage Read(string line)
    {
        using var document = JsonDocument.Parse(line);
        try
        {
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new JsonException($"The line is no message: {exception.Message}", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, PipeMessage message)
    {
        switch (message)
        {
            case LaunchDocument launch:
                json.WriteString(Kind, Launch);
                LaunchJson.Write(json, launch);
                break;
            case StopMessage stop:
                json.WriteString(Kind, Stop);
                WriteReason(json, stop.Reason, stop.Detail);
                break;
            case HeardMessage:
                json.WriteString(Kind, Heard);
                break;
            case ReadyMessage ready:
                json.WriteString(Kind, Ready);
                json.WriteNumber("worker", ready.Worker);
                json.WriteString("address", ready.Address);
                json.WriteNumber("processId", ready.ProcessId);
                break;
            case FailedMessage failed:
                json.WriteString(Kind, Failed);
                json.WriteString("reason", failed.Reason.ToString());
                json.WriteString("type", failed.Type);
                json.WriteString("message", failed.Message);
                json.WriteString("stack", failed.Stack);
                break;
            case ClosingMessage closing:
                json.WriteString(Kind, Closing);
                WriteReason(json, closing.Reason, closing.Detail);
                break;
            case EndedMessage ended:
                json.WriteString(Kind, Ended);
                WriteReason(json, ended.Reason, ended.Detail);
                json.WriteString("status", ended.Status.ToString());
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} is no message of the pipe.", nameof(message));
        }
    }

    private static void WriteReason(Utf8JsonWriter json, CloseReason reason, string detail)
    {
        json.WriteString("reason", reason.ToString());
        json.WriteString("detail", detail);
    }

    private static PipeMessage Read(JsonElement json) => Text(json, Kind) switch
    {
        Launch => LaunchJson.Read(json),
        Stop => new StopMessage(Reason(json), Text(json, "detail")),
        Heard => new HeardMessage(),
        Ready => new ReadyMessage(json.GetProperty("worker").GetInt64(), Text(json, "address"), json.GetProperty("processId").GetInt32()),
        Failed => new FailedMessage(Reason(json), Text(json, "type"), Text(json, "message"), json.GetProperty("stack").GetString()),
        Closing => new ClosingMessage(Reason(json), Text(json, "detail")),
        Ended => new EndedMessage(Reason(json), Text(json, "detail"), Enum.Parse<Status>(Text(json, "status"))),
        var other => throw new JsonException($"There is no message of the kind {other}."),
    };

    private static CloseReason Reason(JsonElement json) => Enum.Parse<CloseReason>(Text(json, "reason"));

    private static string Text(JsonElement json, string name) => LaunchJson.Text(json.GetProperty(name));
}
