using Engine.Plugins.Transports;
using Engine.Sessions.Machine;

namespace Engine.Scheduling.Machine;

/// <summary>The scheduler's record of a client.</summary>
internal sealed class ClientState(ClientId id, string name)
{
    public readonly ClientId Id = id;
    public readonly string Name = name;

    /// <summary>The shell's connection to it; the machine only keeps it. Null while it is away.</summary>
    public IConnection? Connection { get; set; }

    /// <summary>What is said to it and by it, if it comes back when its connection breaks; null: it goes with its connection.</summary>
    public SessionLog? Session { get; init; }

    /// <summary>What shows that it is the same client.</summary>
    public Guid Token { get; init; }

    /// <summary>Since when its connection is broken; null: it is there.</summary>
    public TimeSpan? AwaySince { get; set; }

    /// <summary>The least number that its next task may have: it numbers them upwards, and each once.</summary>
    public long NextSequence { get; set; }

    /// <summary>Tasks of other makers that it holds futures of.</summary>
    public readonly HashSet<TaskKey> ForeignWants = [];

    /// <summary>Topics that it is told events of.</summary>
    public readonly HashSet<string> Topics = new(StringComparer.Ordinal);

    /// <summary>What the running step has for it.</summary>
    public readonly ClientDispatch Dispatch = new();

    public override string ToString() => Id.ToString();
}
