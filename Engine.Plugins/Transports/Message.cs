namespace Engine.Plugins.Transports;

/// <summary>Base of everything that travels over a connection.</summary>
/// <remarks>
/// A transport within one process passes the object on; one that crosses processes encodes it. Who gets a message from
/// an inbox owns it: it may be a pooled batch that its reader gives back.
/// </remarks>
public abstract class Message
{
    /// <summary>The lane on which the message travels.</summary>
    public virtual Lane Lane => Lane.Data;
}
