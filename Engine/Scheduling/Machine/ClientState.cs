using Engine.Plugins.Transports;

namespace Engine.Scheduling.Machine;

/// <summary>The scheduler's record of a client.</summary>
internal sealed class ClientState(ClientId id, string name)
{
    public readonly ClientId Id = id;
    public readonly string Name = name;

    /// <summary>The shell's connection to it; the machine only keeps it.</summary>
    public IConnection? Connection { get; init; }

    /// <summary>Tasks of other makers that it holds futures of.</summary>
    public readonly HashSet<TaskKey> ForeignWants = [];

    /// <summary>Topics that it is told events of.</summary>
    public readonly HashSet<string> Topics = new(StringComparer.Ordinal);

    /// <summary>What the running step has for it.</summary>
    public readonly ClientDispatch Dispatch = new();

    public override string ToString() => Id.ToString();
}
