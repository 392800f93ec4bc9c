using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Nannies.Processes;

// What a nanny and its worker process say to each other: JSON, a line each.

/// <summary>Base of what goes through the pipe between a nanny and its worker process.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LaunchDocument), "launch")]
[JsonDerivedType(typeof(StopMessage), "stop")]
[JsonDerivedType(typeof(HeardMessage), "heard")]
[JsonDerivedType(typeof(ReadyMessage), "ready")]
[JsonDerivedType(typeof(FailedMessage), "failed")]
[JsonDerivedType(typeof(ClosingMessage), "closing")]
[JsonDerivedType(typeof(EndedMessage), "ended")]
internal abstract record PipeMessage
{
    /// <summary>The message as a line.</summary>
    public byte[] ToLine()
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(this, PipeJson.Default.PipeMessage);
        Array.Resize(ref text, text.Length + 1);
        text[^1] = (byte)'\n';
        return text;
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no such message.</exception>
    public static PipeMessage Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, PipeJson.Default.PipeMessage) ?? throw new JsonException("The line is null.");
        }
        catch (NotSupportedException exception)
        {
            throw new JsonException("The line does not say what kind of message it is.", exception);
        }
    }
}

/// <summary>Nanny to worker: end.</summary>
internal sealed record StopMessage(CloseReason Reason, string Detail) : PipeMessage;

/// <summary>Nanny to worker: it knows that the worker closes.</summary>
internal sealed record HeardMessage : PipeMessage;

/// <summary>Worker to nanny: the scheduler has let it in.</summary>
internal sealed record ReadyMessage(long Worker, string Address, int ProcessId) : PipeMessage;

/// <summary>Worker to nanny: it did not come up. The reason is <see cref="CloseReason.Refused"/> or <see cref="CloseReason.StartFailed"/>.</summary>
internal sealed record FailedMessage(CloseReason Reason, string Type, string Message, string? Stack) : PipeMessage;

/// <summary>Worker to nanny: it closes, and waits a moment for <see cref="HeardMessage"/> before it tells others.</summary>
internal sealed record ClosingMessage(CloseReason Reason, string Detail) : PipeMessage;

/// <summary>Worker to nanny: it has closed; its process ends now.</summary>
internal sealed record EndedMessage(CloseReason Reason, string Detail, Status Status) : PipeMessage;

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PipeMessage))]
internal sealed partial class PipeJson : JsonSerializerContext;
