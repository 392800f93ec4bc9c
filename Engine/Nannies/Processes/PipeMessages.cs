namespace Engine.Nannies.Processes;

// What a nanny and its worker process say to each other. PipeCodec says how.

/// <summary>Base of what goes through the pipe between a nanny and its worker process.</summary>
internal abstract record PipeMessage;

/// <summary>Nanny to worker: end.</summary>
internal sealed record StopMessage(CloseReason Reason, string Detail) : PipeMessage;

/// <summary>Nanny to worker: it knows that the worker closes.</summary>
internal sealed record HeardMessage : PipeMessage;

/// <summary>Worker to nanny: the scheduler has let it in.</summary>
internal sealed record ReadyMessage(WorkerId Worker, string Address, int ProcessId) : PipeMessage;

/// <summary>Worker to nanny: its connection broke, and the scheduler has let it in again as a new incarnation.</summary>
internal sealed record ReturnedMessage(WorkerId Worker) : PipeMessage;

/// <summary>Worker to nanny: it did not come up. The reason is <see cref="CloseReason.Refused"/> or <see cref="CloseReason.StartFailed"/>.</summary>
internal sealed record FailedMessage(CloseReason Reason, string Type, string Message, string? Stack) : PipeMessage;

/// <summary>Worker to nanny: it closes, and waits a moment for <see cref="HeardMessage"/> before it tells others.</summary>
internal sealed record ClosingMessage(CloseReason Reason, string Detail) : PipeMessage;

/// <summary>Worker to nanny: it has closed; its process ends now.</summary>
internal sealed record EndedMessage(CloseReason Reason, string Detail, Status Status) : PipeMessage;
