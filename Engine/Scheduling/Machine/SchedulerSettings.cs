namespace Engine.Scheduling.Machine;

/// <summary>What the scheduler's decisions depend on beside events. Copied from the options when a scheduler starts.</summary>
internal sealed record SchedulerSettings
{
    /// <summary>How many queued tasks a worker may have, as a multiple of its threads.</summary>
    public double WorkerSaturation { get; init; } = 1.1;

    /// <summary>Tasks so short that a worker would run dry waiting for the next: it may have this much work of them.</summary>
    public double PrefetchSeconds { get; init; } = 0.001;

    /// <summary>Tasks that a worker may have in any case.</summary>
    public int PrefetchMax { get; init; } = 4096;

    /// <summary>Bytes that move from worker to worker in a second, for placement.</summary>
    public double BandwidthBytesPerSecond { get; init; } = 1e9;

    /// <summary>Seconds that any move costs, for placement.</summary>
    public double TransferLatencySeconds { get; init; } = 50e-6;

    /// <summary>Expected duration of a function that was never seen.</summary>
    public double UnknownDurationSeconds { get; init; } = 0.5;

    /// <summary>Unannounced deaths of workers that a task survives.</summary>
    public int AllowedFailures { get; init; } = 3;

    /// <summary>How long a task waits for a worker that may run it; null: for ever.</summary>
    public TimeSpan? NoWorkersTimeout { get; init; }

    /// <summary>Whether idle workers take tasks from busy ones.</summary>
    public bool WorkStealing { get; init; } = true;

    /// <summary>How often workers say that they live; null: by their number. Infinite: never, and none expires.</summary>
    public TimeSpan? HeartbeatInterval { get; init; }

    /// <summary>How long a worker may be silent, and no less than ten heartbeats; null: for ever.</summary>
    public TimeSpan? WorkerTimeToLive { get; init; }

    /// <summary>How long a worker may stay paused before it is retired; null: for ever.</summary>
    public TimeSpan? PausedLimit { get; init; }

    /// <summary>How long the nanny of a worker whose connection has ended without a goodbye may take to say what became of it.</summary>
    public TimeSpan NannysWordLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a client's state is kept when its connection broke; zero: not at all.</summary>
    public TimeSpan SessionGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Departures that are remembered.</summary>
    public int LedgerLength { get; init; } = 10_000;

    /// <summary>For how long.</summary>
    public TimeSpan LedgerExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether the active memory manager runs from the start.</summary>
    public bool ActiveMemory { get; init; } = true;

    /// <summary>Time between its rounds.</summary>
    public TimeSpan ActiveMemoryInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Values that are under way for one retirement at a time.</summary>
    public int MovesMax { get; init; } = 4096;

    /// <summary>When a move is tried again that failed because of the way between the workers.</summary>
    public TimeSpan MoveRetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a task may fail to get an input that only one worker holds and that it can't do without, before the input counts as lost.</summary>
    public int UnreachableMax { get; init; } = 10;

    /// <summary>Transitions that stories are told from; a power of two.</summary>
    public int TransitionLogLength { get; init; } = 1 << 14;

    /// <summary>Events kept of a topic.</summary>
    public int EventLogLength { get; init; } = 1000;

    /// <summary>Whether workers may be in other processes; clients are told.</summary>
    public bool CrossesProcesses { get; init; }

    /// <summary>Whether every index is derived again and compared after every step.</summary>
    public bool Validate { get; init; }
}
