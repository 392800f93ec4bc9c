using Engine.Plugins.Transports;

namespace Engine.Protocol;

// How a client comes back after its connection broke. What is said here is not counted; everything else is (SessionLog).

/// <summary>A client says that it is one that the scheduler knows: its connection broke.</summary>
internal sealed class ResumeClient(ClientId id, Guid token, long handled) : Message
{
    public ClientId Id { get; } = id;

    /// <summary>What the scheduler gave this client and no other.</summary>
    public Guid Token { get; } = token;

    /// <summary>How many messages of the scheduler the client has handled.</summary>
    public long Handled { get; } = handled;
}

/// <summary>Answer to <see cref="ResumeClient"/>; behind it comes what the client has not handled.</summary>
internal sealed class ClientResumed(long handled) : Message
{
    /// <summary>How many messages of the client the scheduler has handled.</summary>
    public long Handled { get; } = handled;
}

/// <summary>Answer to <see cref="ResumeClient"/>: there is nothing to come back to.</summary>
internal sealed class SessionOver(string detail) : Message
{
    public string Detail { get; } = detail;
}

/// <summary>So many messages were handled; the other end need not keep them. Said by both.</summary>
internal sealed class Acknowledgement(long handled) : Message
{
    public long Handled { get; } = handled;
}

/// <summary>A session, as its client is told of it.</summary>
/// <param name="Token">Shows that it is the same client.</param>
/// <param name="Grace">How long the scheduler waits for it.</param>
internal sealed record SessionTicket(Guid Token, TimeSpan Grace);
