using Engine.Clusters.Machine;
using Engine.Nannies.Machine;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Chance;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Plans;

/// <summary>What a world is like: how large, how slow, what may happen in it. Drawn from the seed; times are much shorter than in a real cluster.</summary>
internal sealed record SimSettings
{
    public required SchedulerSettings Scheduler { get; init; }

    public required NannySettings Nanny { get; init; }

    public required SpecClusterSettings Cluster { get; init; }

    /// <summary>How long most messages take, at most.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>How long a component may take to come to what has arrived.</summary>
    public TimeSpan TurnDelayMax { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How long it may take until an end hears that the other one's host is gone.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long most functions run, at most.</summary>
    public TimeSpan RunMax { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Workers are called w0, w1, and so on; fewer names than workers makes some share one.</summary>
    public int WorkerNames { get; init; } = 4;

    /// <summary>How many addresses there are: a new worker may get that of one that has ended.</summary>
    public int Addresses { get; init; } = 6;

    /// <summary>Whether tasks may fail, ask to be placed anew, or reach a time limit.</summary>
    public bool HasFailures { get; init; }

    /// <summary>Whether tasks have names, datasets are published, and clients take each other's keys.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether tasks are restricted to workers or need resources.</summary>
    public bool HasRestrictions { get; init; }

    /// <summary>Whether workers may have so little memory that they spill and pause.</summary>
    public bool HasLimits { get; init; }

    /// <summary>Whether plugins of the scheduler hold retirements up, or veto them.</summary>
    public bool HasPlugins { get; init; }

    /// <summary>Settings of a further worker.</summary>
    public WorkerSettings NextWorker(Dice dice) => new()
    {
        Slots = 1 + dice.Below(3),
        Resources = HasRestrictions && dice.OneIn(2) ? new Dictionary<string, double> { ["gpu"] = 1 + dice.Below(2) } : [],
        RunSeconds = dice.OneIn(2) ? 200e-6 : 5e-3,
        InlineBytesMax = dice.OneIn(2) ? 1024 : 16,
        TransientBytesMax = 256,
        MemoryLimit = HasLimits && dice.Percent(66) ? 200 + dice.Below(2000) : null,
        MemoryTarget = 0.5,
        MemoryPause = dice.OneIn(3) ? 0.8 : null,
        SpillBytesMin = dice.OneIn(2) ? 0 : 100,
        TransfersMax = 1 + dice.Below(3),
        KeysPerTransferMax = 1 + dice.Below(3),
        Validate = true,
    };

    /// <param name="dice">Of most settings, and of what is drawn after them.</param>
    /// <param name="others">Of settings that are newer, so that they leave the schedules of all seeds as they were but for what they say.</param>
    public static SimSettings Of(Dice dice, Dice others) => new()
    {
        Scheduler = SchedulerOf(dice),
        Nanny = new NannySettings
        {
            BackOff = TimeSpan.FromMilliseconds(5),
            BackOffMax = TimeSpan.FromMilliseconds(100),
            KillGrace = TimeSpan.FromMilliseconds(300),
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            DeathTimeout = TimeSpan.FromSeconds(2),
            RestartsMax = 1 + others.Below(3),
            Lifetime = dice.OneIn(6) ? dice.Milliseconds(5, 80) : null,
            LifetimeRestart = dice.OneIn(2),
            TerminateBytes = 1 << 20,
        },
        Cluster = new SpecClusterSettings
        {
            SchedulerAddress = "sim://scheduler",
            WorkerName = static place => $"s{place}",
            WorkerStartTimeout = TimeSpan.FromSeconds(2),
            LostWorkerTimeout = TimeSpan.FromMilliseconds(500),
            RetryDelay = TimeSpan.FromMilliseconds(20),
            RetryDelayMax = TimeSpan.FromMilliseconds(200),
        },
        Latency = dice.Between(TimeSpan.FromMicroseconds(20), TimeSpan.FromMicroseconds(dice.OneIn(4) ? 5000 : 500)),
        TurnDelayMax = dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(2)),
        SilenceMax = dice.Milliseconds(5, 800),
        RunMax = dice.Between(TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(10)),
        HasFailures = dice.OneIn(2),
        IsShared = dice.OneIn(2),
        HasRestrictions = dice.OneIn(3),
        HasLimits = dice.OneIn(2),
        HasPlugins = dice.OneIn(3),
    };

    private static SchedulerSettings SchedulerOf(Dice dice) => new()
    {
        Validate = true,
        WorkerSaturation = dice.OneIn(4) ? double.PositiveInfinity : 1.1,
        AllowedFailures = dice.Below(4),
        TransferLatencySeconds = 1e-5,
        UnknownDurationSeconds = dice.OneIn(2) ? 0.5 : 1e-5,
        NoWorkersTimeout = dice.OneIn(4) ? TimeSpan.FromMilliseconds(50) : null,
        TransitionLogLength = 1 << 9,
        HeartbeatInterval = dice.Milliseconds(20, 200),
        WorkerTimeToLive = dice.OneIn(2) ? TimeSpan.FromMilliseconds(1) : null, // No less than ten heartbeats.
        PausedLimit = dice.Milliseconds(50, 300), // Or who has no room for more would keep its queue for ever.
        ActiveMemoryInterval = dice.Milliseconds(10, 60),
        NannysWordLimit = TimeSpan.FromMilliseconds(600),
        SessionGrace = TimeSpan.Zero,
        EventLogLength = 8,
        LedgerLength = dice.OneIn(8) ? 2 : 1000,
        MovesMax = 1 + dice.Below(3),
        MoveRetryDelay = TimeSpan.FromMilliseconds(5),
        UnreachableMax = 1 + dice.Below(4),
    };
}
