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

    /// <summary>Transitions that stories are told from; a power of two.</summary>
    public int TransitionLogLength { get; init; } = 1 << 14;

    /// <summary>Events kept of a topic.</summary>
    public int EventLogLength { get; init; } = 1000;

    /// <summary>Whether every index is derived again and compared after every step.</summary>
    public bool Validate { get; init; }
}
