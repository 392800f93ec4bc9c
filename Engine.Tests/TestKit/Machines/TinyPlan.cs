using Engine.Scheduling.Machine;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>How large a tiny cluster is, and what may happen in it.</summary>
internal sealed record TinyPlan
{
    public required SchedulerSettings Scheduler { get; init; }

    public int ClientCount { get; init; } = 1;

    public int WorkerCount { get; init; } = 2;

    /// <summary>Workers are called w0, w1, and so on; fewer names than workers makes some share one.</summary>
    public int WorkerNames { get; init; } = 4;

    public int OperationCount { get; init; } = 20;

    /// <summary>Moves between operations, at most.</summary>
    public int QuietMax { get; init; } = 12;

    public int StepsMax { get; init; } = 20_000;

    /// <summary>Operations in a hundred that are the death of a worker.</summary>
    public int DeathPercent { get; init; }

    /// <summary>Whether tasks may fail, ask to be rescheduled, and so on.</summary>
    public bool HasFailures { get; init; }

    /// <summary>Whether clients cancel and retry.</summary>
    public bool HasCancels { get; init; }

    /// <summary>Whether tasks have names, datasets are published, and clients take each other's keys.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether tasks are restricted to workers or need resources.</summary>
    public bool HasRestrictions { get; init; }

    /// <summary>Whether a fetch may fail although the peer is there.</summary>
    public bool HasBadLinks { get; init; }

    /// <summary>Operations in a hundred that retire workers.</summary>
    public int RetirePercent { get; init; }

    /// <summary>Whether clients wish for copies.</summary>
    public bool HasWishes { get; init; }

    /// <summary>Whether workers may have so little memory that they spill.</summary>
    public bool HasLimits { get; init; }

    /// <summary>One in so many writes to a store fails; 0: none.</summary>
    public int WriteFailures { get; init; }

    /// <summary>One in so many reads from a store fails; 0: none.</summary>
    public int ReadFailures { get; init; }

    /// <summary>Whether workers may have nannies, connections break, and hosts are taken away.</summary>
    public bool HasNannies { get; init; }

    public bool KeepsLog { get; init; }

    public static TinyPlan Of(Random random) => new()
    {
        Scheduler = new SchedulerSettings
        {
            Validate = true,
            WorkerSaturation = random.Next(4) == 0 ? double.PositiveInfinity : 1.1,
            AllowedFailures = random.Next(4),
            TransferLatencySeconds = 1e-5,
            UnknownDurationSeconds = random.Next(2) == 0 ? 0.5 : 1e-5,
            NoWorkersTimeout = random.Next(4) == 0 ? TimeSpan.FromMilliseconds(50) : null,
            TransitionLogLength = 1 << 11,
            HeartbeatInterval = Timeout.InfiniteTimeSpan, // The script sends them.
            ActiveMemoryInterval = TimeSpan.FromMilliseconds(10 + random.Next(50)),
            NannysWordLimit = TimeSpan.FromSeconds(3),
            MovesMax = 1 + random.Next(3),
            MoveRetryDelay = TimeSpan.FromMilliseconds(5),
        },
        ClientCount = 1 + random.Next(3),
        WorkerCount = 1 + random.Next(4),
        OperationCount = 4 + random.Next(28),
        QuietMax = 1 + random.Next(20),
        DeathPercent = random.Next(3) * 6,
        HasFailures = random.Next(2) == 0,
        HasCancels = random.Next(2) == 0,
        IsShared = random.Next(2) == 0,
        HasRestrictions = random.Next(3) == 0,
        HasBadLinks = random.Next(4) == 0,
        RetirePercent = random.Next(3) * 8,
        HasWishes = random.Next(3) == 0,
        HasLimits = random.Next(2) == 0,
        WriteFailures = random.Next(2) * 5,
        ReadFailures = random.Next(3) == 0 ? 8 : 0,
        HasNannies = random.Next(2) == 0,
    };

    public WorkerSettings NextWorker(Random random) => new()
    {
        Slots = 1 + random.Next(3),
        Resources = HasRestrictions && random.Next(2) == 0 ? new Dictionary<string, double> { ["gpu"] = 1 + random.Next(2) } : [],
        RunSeconds = random.Next(2) == 0 ? 200e-6 : 5e-3,
        InlineBytesMax = random.Next(2) == 0 ? 1024 : 16,
        TransientBytesMax = 256,
        MemoryLimit = HasLimits && random.Next(3) > 0 ? 200 + random.Next(2000) : null,
        MemoryTarget = 0.5,
        SpillBytesMin = random.Next(2) == 0 ? 0 : 100,
        TransfersMax = 1 + random.Next(3),
        KeysPerTransferMax = 1 + random.Next(3),
        Validate = true,
    };
}
