using Engine.Plugins.Transports;

namespace Engine.Tests.Conformance;

/// <summary>A message that a transport has to bring over as it is.</summary>
public sealed class NumberedMessage(int number, Lane lane) : Message
{
    public int Number { get; } = number;

    public override Lane Lane { get; } = lane;
}
