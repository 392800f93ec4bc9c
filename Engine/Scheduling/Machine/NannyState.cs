using Engine.Plugins.Transports;

namespace Engine.Scheduling.Machine;

/// <summary>The scheduler's record of a nanny that is connected.</summary>
internal sealed class NannyState(NannyId id, string name, string? host)
{
    public readonly NannyId Id = id;
    public readonly string Name = name;
    public readonly string? Host = host;

    /// <summary>The shell's connection to it; the machine only keeps it.</summary>
    public IConnection? Connection { get; init; }

    public override string ToString() => Name;
}
