namespace Engine.Plugins.Transports;

/// <summary>Why a connection ended: the first cause, recorded once and told to both sides.</summary>
public enum DisconnectKind
{
    /// <summary>One of the two components closed it on purpose.</summary>
    Closed,

    /// <summary>A component broke it off without a goodbye, or it failed.</summary>
    Aborted,

    /// <summary>The other side violated the protocol.</summary>
    ProtocolViolation,
}

/// <summary>The end of a connection: its kind and a sentence for people.</summary>
/// <param name="kind">What kind of end it was.</param>
/// <param name="detail">Who ended it and why, in words.</param>
public sealed class Disconnect(DisconnectKind kind, string detail)
{
    /// <summary>What kind of end it was.</summary>
    public DisconnectKind Kind { get; } = kind;

    /// <summary>Who ended it and why, in words.</summary>
    public string Detail { get; } = detail;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}: {Detail}";
}
