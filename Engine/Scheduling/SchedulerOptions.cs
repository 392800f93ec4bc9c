using Engine.Scheduling.Machine;

namespace Engine;

/// <summary>How a scheduler decides. Copied when the scheduler starts.</summary>
public sealed class SchedulerOptions
{
    private static readonly TimeSpan s_timerMax = TimeSpan.FromDays(49);

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

    /// <summary>Whether idle workers take tasks from busy ones.</summary>
    /// <value>true.</value>
    public bool WorkStealing { get; set; } = true;

    /// <summary>Bytes that move from worker to worker in a second, for placement.</summary>
    /// <value>1e9.</value>
    public double BandwidthBytesPerSecond { get; set; } = 1e9;

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
        Require(BandwidthBytesPerSecond > 0, nameof(BandwidthBytesPerSecond), BandwidthBytesPerSecond, "above 0");
        Require(TransitionLogLength is > 0 and <= 1 << 24, nameof(TransitionLogLength), TransitionLogLength, "from 1 to 2^24");
        Require(EventLogLength > 0, nameof(EventLogLength), EventLogLength, "1 or more");
        return new SchedulerSettings
        {
            WorkerSaturation = WorkerSaturation,
            AllowedFailures = AllowedFailures,
            NoWorkersTimeout = NoWorkersTimeout,
            WorkStealing = WorkStealing,
            BandwidthBytesPerSecond = BandwidthBytesPerSecond,
            TransitionLogLength = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)TransitionLogLength),
            EventLogLength = EventLogLength,
            Validate = Validate,
        };
    }

    private static void Require(bool holds, string name, object? value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"SchedulerOptions.{name} must be {range}.");
        }
    }
}
