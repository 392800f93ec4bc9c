using Engine.Data.Serialization;
using Engine.Diagnostics;
using Engine.Tasks.Remote;

namespace Engine.Workers;

/// <summary>Where a worker lives: who looks after it, and what is known of its time.</summary>
internal sealed record WorkerHost
{
    /// <summary>Nobody looks after it.</summary>
    public static readonly WorkerHost None = new();

    public NannyId? Nanny { get; init; }

    /// <summary>
    /// Told, before anybody else, that the worker ends and why. The worker waits for it, but not for long: a nanny that can't be
    /// reached doesn't hold it up.
    /// </summary>
    public Func<CloseReason, string, Task>? TellNanny { get; init; }

    /// <summary>Asked when the connection to the scheduler has broken: whether a next incarnation is tried. Null: no, the worker ends.</summary>
    public Func<bool>? MayComeBack { get; init; }

    /// <summary>Told that the scheduler has let a next incarnation in.</summary>
    public Action<WorkerId>? TellReturned { get; init; }

    /// <summary>How long the worker will stay at most, or null.</summary>
    public TimeSpan? Leaves { get; init; }

    /// <summary>Variables of the worker's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where functions of tasks are looked for, in a process of its own; null: they come as they are.</summary>
    public ProgramAssemblies? Assemblies { get; init; }

    /// <summary>How values are written that its tasks submit; null: as usual.</summary>
    public ValueSerializers? Serializers { get; init; }

    /// <summary>The clock of heartbeats: one whose timers don't need the thread pool.</summary>
    public TimeProvider? HeartbeatTime { get; init; }

    /// <summary>Where functions run; null: on threads of the worker.</summary>
    public TaskScheduler? FunctionScheduler { get; init; }

    /// <summary>Measures the worker.</summary>
    public EngineMeter Meter { get; init; } = EngineMeter.Own;
}

/// <summary>How a worker ended.</summary>
internal sealed record WorkerEnd(CloseReason Reason, string Detail);
