using Engine.Plugins;
using Engine.Scheduling.Machine;

namespace Engine;

/// <summary>How a scheduler decides. Copied when the scheduler starts.</summary>
public sealed class SchedulerOptions
{
    private static readonly TimeSpan s_timerMax = TimeSpan.FromDays(49);
    private static readonly TimeSpan s_beatMin = TimeSpan.FromMilliseconds(1);

    /// <summary>How many tasks without inputs a worker may have, as a multiple of its threads; the others are queued at the scheduler.</summary>
    /// <value>1.1. Positive infinity sends all at once.</value>
    /// <remarks>dask: <c>worker-saturation</c>. Tasks of some microseconds may exceed it, so that a worker doesn't run dry.</remarks>
    public double WorkerSaturation { get; set; } = 1.1;

    /// <summary>Unannounced deaths of workers that a task survives before it is suspected.</summary>
    /// <value>3.</value>
    /// <remarks>dask: <c>allowed-failures</c>.</remarks>
    public int AllowedFailures { get; set; } = 3;

    /// <summary>How long a task waits for a worker that may run it before it fails with <see cref="NoValidWorkerException"/>; null: for ever.</summary>
    /// <value>null.</value>
    /// <remarks>dask: <c>no-workers-timeout</c>.</remarks>
    public TimeSpan? NoWorkersTimeout { get; set; }

    /// <summary>How often workers say that they live; null: every half second, and less often if there are more than ten. Infinite: never.</summary>
    /// <value>null.</value>
    /// <remarks>dask: <c>scheduler.heartbeat_interval</c>.</remarks>
    public TimeSpan? HeartbeatInterval { get; set; }

    /// <summary>How long a worker may be silent before it is given up, and no less than ten heartbeats; null: for ever.</summary>
    /// <value>5 minutes.</value>
    /// <remarks>dask: <c>worker-ttl</c>. Functions that block every thread don't make a worker silent.</remarks>
    public TimeSpan? WorkerTimeToLive { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a worker may stay paused before it hands its queue back and is retired; null: for ever.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan? PausedLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the scheduler keeps what a client holds when its connection breaks, so that it finds it when it comes back; zero: not at all.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan SessionGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it is remembered who left and why, and what was retired is not let in again.</summary>
    /// <value>1 day.</value>
    public TimeSpan LedgerExpiry { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Whether the active memory manager runs from the start.</summary>
    /// <value>true.</value>
    /// <remarks>dask: <c>active-memory-manager.start</c>.</remarks>
    public bool ActiveMemoryManager { get; set; } = true;

    /// <summary>Time between its rounds.</summary>
    /// <value>2 seconds.</value>
    /// <remarks>dask: <c>active-memory-manager.interval</c>.</remarks>
    public TimeSpan ActiveMemoryManagerInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether idle workers take tasks from busy ones.</summary>
    /// <value>true.</value>
    public bool WorkStealing { get; set; } = true;

    /// <summary>Bytes that move from worker to worker in a second, for placement.</summary>
    /// <value>1e9.</value>
    public double BandwidthBytesPerSecond { get; set; } = 1e9;

    /// <summary>Plugins that it has from the start. If one throws when it is started, the scheduler doesn't start.</summary>
    /// <value>Empty.</value>
    public IList<SchedulerPlugin> Plugins { get; init; } = [];

    /// <summary>Bytes of all assemblies that clients may give to the workers; they are kept for workers that come later.</summary>
    /// <value>256 MiB.</value>
    public long UploadBytesMax { get; set; } = 256L << 20;

    /// <summary>Transitions that stories are told from; rounded up to a power of two.</summary>
    /// <value>16 384.</value>
    public int TransitionLogLength { get; set; } = 1 << 14;

    /// <summary>Events kept of a topic.</summary>
    /// <value>1 000.</value>
    public int EventLogLength { get; set; } = 1000;

    /// <summary>Whether all state machines check themselves after every step. Slow: for tests.</summary>
    /// <value>false.</value>
    public bool Validate { get; set; }

    internal SchedulerSettings ToSettings()
    {
        Require(WorkerSaturation > 0, nameof(WorkerSaturation), WorkerSaturation, "above 0");
        Require(AllowedFailures >= 0, nameof(AllowedFailures), AllowedFailures, "0 or more");
        Require(
            NoWorkersTimeout is null || (NoWorkersTimeout >= TimeSpan.Zero && NoWorkersTimeout <= s_timerMax),
            nameof(NoWorkersTimeout),
            NoWorkersTimeout,
            "from 0 to 49 days, or null");
        RequireTime(HeartbeatInterval is { } beat && beat != Timeout.InfiniteTimeSpan ? beat : null, nameof(HeartbeatInterval), s_beatMin);
        RequireTime(WorkerTimeToLive, nameof(WorkerTimeToLive), s_beatMin);
        RequireTime(PausedLimit, nameof(PausedLimit), TimeSpan.Zero);
        RequireTime(SessionGrace, nameof(SessionGrace), TimeSpan.Zero);
        RequireTime(LedgerExpiry, nameof(LedgerExpiry), TimeSpan.Zero);
        RequireTime(ActiveMemoryManagerInterval, nameof(ActiveMemoryManagerInterval), s_beatMin);
        Require(UploadBytesMax >= 0, nameof(UploadBytesMax), UploadBytesMax, "0 or more");
        Require(BandwidthBytesPerSecond > 0, nameof(BandwidthBytesPerSecond), BandwidthBytesPerSecond, "above 0");
        Require(TransitionLogLength is > 0 and <= 1 << 24, nameof(TransitionLogLength), TransitionLogLength, "from 1 to 2^24");
        Require(EventLogLength > 0, nameof(EventLogLength), EventLogLength, "1 or more");
        return new SchedulerSettings
        {
            WorkerSaturation = WorkerSaturation,
            AllowedFailures = AllowedFailures,
            NoWorkersTimeout = NoWorkersTimeout,
            WorkStealing = WorkStealing,
            HeartbeatInterval = HeartbeatInterval,
            WorkerTimeToLive = WorkerTimeToLive,
            PausedLimit = PausedLimit,
            SessionGrace = SessionGrace,
            LedgerExpiry = LedgerExpiry,
            ActiveMemory = ActiveMemoryManager,
            ActiveMemoryInterval = ActiveMemoryManagerInterval,
            BandwidthBytesPerSecond = BandwidthBytesPerSecond,
            TransitionLogLength = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)TransitionLogLength),
            EventLogLength = EventLogLength,
            Validate = Validate,
        };
    }

    private static void RequireTime(TimeSpan? time, string name, TimeSpan min) =>
        Require(time is null || (time >= min && time <= s_timerMax), name, time, $"from {min} to 49 days");

    private static void Require(bool holds, string name, object? value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"SchedulerOptions.{name} must be {range}.");
        }
    }
}
