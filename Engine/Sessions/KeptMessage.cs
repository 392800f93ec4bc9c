using Engine.Plugins.Transports;

namespace Engine.Sessions;

/// <summary>A message that its sender keeps: it may have to be sent again, so whoever writes it gives nothing back to a pool.</summary>
internal sealed class KeptMessage(Message content) : Message
{
    public override Lane Lane => Content.Lane;

    public Message Content { get; } = content;
}
