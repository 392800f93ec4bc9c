using System.Diagnostics.Metrics;
using Engine.Data.Serialization;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;

namespace Engine;

/// <summary>How a cluster of this machine is made. Copied when it starts.</summary>
public sealed class LocalClusterOptions
{
    /// <summary>How many workers.</summary>
    /// <value>As many as the machine has processors.</value>
    public int Workers { get; set; } = Environment.ProcessorCount;

    /// <summary>Tasks that each worker runs at the same time.</summary>
    /// <value>1.</value>
    public int ThreadsPerWorker { get; set; } = 1;

    /// <summary>Bytes that each worker may hold in memory, or null for no limit.</summary>
    /// <value>null.</value>
    public long? MemoryPerWorker { get; set; }

    /// <summary>Changes the options of one worker before it starts: its place, from 0, and its options. Null: all are alike.</summary>
    /// <value>null.</value>
    public Action<int, WorkerOptions>? ConfigureWorker { get; set; }

    /// <summary>Whether each worker has a nanny that starts it again if it ends unexpectedly.</summary>
    /// <value>true.</value>
    public bool Nannies { get; set; } = true;

    /// <summary>Whether each worker is a process of its own, which runs the program's assemblies, but not its <c>Main</c>.</summary>
    /// <value>false: workers are components of this process.</value>
    /// <remarks>
    /// dask: <c>LocalCluster(processes=True)</c>. Nannies look after worker processes, so <see cref="Nannies"/> has to be true. What can't
    /// leave the process is refused when the cluster starts: services, plugins and stores of workers, clocks and task schedulers.
    /// </remarks>
    public bool Processes { get; set; }

    /// <summary>How nannies look after their workers.</summary>
    /// <value>The defaults.</value>
    public NannyOptions Nanny { get; init; } = new();

    /// <summary>How the scheduler decides.</summary>
    /// <value>The defaults.</value>
    public SchedulerOptions Scheduler { get; init; } = new();

    /// <summary>Services for functions that take a <see cref="TaskContext"/>, or null.</summary>
    /// <value>null.</value>
    public IServiceProvider? Services { get; set; }

    /// <summary>The clock of all components.</summary>
    /// <value>The system's.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the loops of scheduler, workers and clients run. Functions run on threads of the workers.</summary>
    /// <value>The thread pool.</value>
    public TaskScheduler TaskScheduler { get; set; } = TaskScheduler.Default;

    /// <summary>Makes the meter that measures all components (<see cref="EngineTelemetry"/>), or null: they share one of the process. Worker processes have meters of their own.</summary>
    /// <value>null.</value>
    public IMeterFactory? MeterFactory { get; set; }

    /// <summary>How its components are connected, for tests; null: within the process.</summary>
    internal Func<ITransport>? CreateTransport { get; set; }

    /// <summary>What is put around the transport of the components of this process, for tests; null: nothing.</summary>
    internal Func<ITransport, ITransport>? WrapTransport { get; set; }

    /// <summary>How values are written where they leave a component, for tests.</summary>
    internal ValueSerializers? Serializers { get; set; }

    /// <summary>The clock of heartbeats, for tests; null: one that doesn't need the thread pool.</summary>
    internal TimeProvider? HeartbeatTime { get; set; }

    /// <summary>Where functions run, for tests; null: on threads of the workers.</summary>
    internal TaskScheduler? FunctionScheduler { get; set; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Workers);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Workers, 1_000_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(ThreadsPerWorker, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        ArgumentNullException.ThrowIfNull(Scheduler);
        ArgumentNullException.ThrowIfNull(Nanny);
        Nanny.Check();
        if (Processes)
        {
            CheckProcesses();
        }
    }

    /// <summary>What a worker process can't have is refused now, and not when the first task misses it.</summary>
    private void CheckProcesses()
    {
        if (!Nannies)
        {
            throw new ArgumentException(
                $"Worker processes are looked after by nannies. Leave {nameof(Nannies)} true; {nameof(NannyOptions)}.{nameof(NannyOptions.RestartsMax)} = 0 keeps them from starting successors.",
                nameof(Nannies));
        }

        WorkerLaunchCodec.Require(Services is null, nameof(Services), "Let functions make what they need, or have a worker plugin make it");
        WorkerLaunchCodec.Require(TimeProvider == TimeProvider.System, nameof(TimeProvider), "Leave the system's");
        WorkerLaunchCodec.Require(TaskScheduler == TaskScheduler.Default, nameof(TaskScheduler), "Leave the thread pool");
    }
}
