using System.Diagnostics.Metrics;

namespace Engine;

/// <summary>The workers of a cluster and how patient it is with their hosts. Copied when the cluster starts.</summary>
public sealed class SpecClusterOptions
{
    /// <summary>Workers that the cluster starts with, from 0 to 1,000,000.</summary>
    /// <value>0.</value>
    public int Workers { get; set; }

    /// <summary>The clock of the cluster and its scheduler.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the loops of the cluster and its scheduler run.</summary>
    /// <value>The thread pool.</value>
    public TaskScheduler TaskScheduler { get; set; } = TaskScheduler.Default;

    /// <summary>Makes the meter that measures the cluster, its scheduler and its clients (<see cref="EngineTelemetry"/>), or null: they share one of the process.</summary>
    /// <value>null.</value>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>Tasks that each worker runs at the same time.</summary>
    /// <value>1.</value>
    public int ThreadsPerWorker { get; set; } = 1;

    /// <summary>Bytes that each worker may hold, or null for no limit.</summary>
    /// <value>null.</value>
    public long? MemoryPerWorker { get; set; }

    /// <summary>The name of the worker at a place, counted from 0; another one for each. A successor on the same place gets a number behind it, as in <c>3-2</c>.</summary>
    /// <value>null: the place in digits.</value>
    public Func<int, string>? WorkerName { get; set; }

    /// <summary>How long a provisioner may take to start a host. Then the start is cancelled and tried again.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan StartTimeLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a provisioner may take to end a host, or to clean up after a start that was cancelled.</summary>
    /// <value>1 minute.</value>
    public TimeSpan StopTimeLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long after its host was started a worker may take to become a member. Then the host is ended and another one started.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan WorkerStartTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a worker that left may take to come back under its name while its host lives, as its nanny restarts it. Then it is replaced.</summary>
    /// <value>15 seconds.</value>
    /// <remarks>dask: <c>deploy.lost-worker-timeout</c>.</remarks>
    public TimeSpan LostWorkerTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The pause before the second try of a start; it doubles each time.</summary>
    /// <value>1 second.</value>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between two tries of a start. A worker that was a member for as long is replaced without a pause.</summary>
    /// <value>1 minute.</value>
    public TimeSpan RetryDelayMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Checks the values and copies them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal SpecClusterOptions Copy()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Workers);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentOutOfRangeException.ThrowIfLessThan(ThreadsPerWorker, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryPerWorker ?? 1, 1, nameof(MemoryPerWorker));
        CheckTime(StartTimeLimit, nameof(StartTimeLimit));
        CheckTime(StopTimeLimit, nameof(StopTimeLimit));
        CheckTime(WorkerStartTimeout, nameof(WorkerStartTimeout));
        CheckTime(LostWorkerTimeout, nameof(LostWorkerTimeout));
        CheckTime(RetryDelay, nameof(RetryDelay));
        CheckTime(RetryDelayMax, nameof(RetryDelayMax));
        return (SpecClusterOptions)MemberwiseClone();
    }

    private static void CheckTime(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromDays(49))
        {
            throw new ArgumentOutOfRangeException(name, value, $"SpecClusterOptions.{name} must be above 0 and at most 49 days.");
        }
    }
}
