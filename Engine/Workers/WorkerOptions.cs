using Engine.Plugins;

namespace Engine;

/// <summary>How a worker runs. Copied when the worker starts.</summary>
public sealed class WorkerOptions
{
    /// <summary>The worker's name; unique in its cluster.</summary>
    /// <value>Empty: the cluster gives one.</value>
    public string Name { get; set; } = string.Empty;

    /// <summary>Functions that run at the same time.</summary>
    /// <value>1.</value>
    public int Threads { get; set; } = 1;

    /// <summary>Amounts of abstract resources that tasks can ask for, by name.</summary>
    /// <value>Empty.</value>
    public IDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>A label of the host that it runs on, or null. When the last worker of a host is retired, its label is: what is started there later is refused.</summary>
    /// <value>null.</value>
    public string? Host { get; set; }

    /// <summary>How long closing may take, with all that has to be waited for; then the worker is closed whatever is left.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Plugins that it has from the start, by name: what makes an instance. If one can't be set up the worker doesn't start.</summary>
    /// <value>Empty.</value>
    public IDictionary<string, Func<WorkerPlugin>> Plugins { get; init; } = new Dictionary<string, Func<WorkerPlugin>>(StringComparer.Ordinal);

    /// <summary>Services for functions that take a <see cref="TaskContext"/>, or null.</summary>
    /// <value>null.</value>
    public IServiceProvider? Services { get; set; }

    /// <summary>Bytes that the worker's values may take. What follows are parts of it.</summary>
    /// <value>null: there is no limit, and nothing is spilled or paused.</value>
    /// <remarks>
    /// dask: <c>memory_limit</c>. Counted is what the engine holds, as measured (see <see cref="ISizeOf"/>): results, scattered data
    /// and copies, but not what functions use while they run.
    /// </remarks>
    public long? MemoryLimit { get; set; }

    /// <summary>The part of the limit above which values are spilled, those first that have not been read for longest.</summary>
    /// <value>0.6; null: nothing is spilled.</value>
    /// <remarks>
    /// dask: <c>distributed.worker.memory.target</c>. There is no counterpart of <c>memory.spill</c>, which looks at the memory of the
    /// process: the workers of one process share that, so no worker can tell from it what it should do.
    /// </remarks>
    public double? MemoryTarget { get; set; } = 0.6;

    /// <summary>The part of the limit above which the worker starts nothing new, until there is a little less in memory again.</summary>
    /// <value>0.8; null: memory doesn't pause it.</value>
    /// <remarks>dask: <c>distributed.worker.memory.pause</c>.</remarks>
    public double? MemoryPause { get; set; } = 0.8;

    /// <summary>The part of the limit above which a nanny kills the worker and starts it anew.</summary>
    /// <value>0.95; null: never. A worker without a nanny is not killed.</value>
    /// <remarks>dask: <c>distributed.worker.memory.terminate</c>.</remarks>
    public double? MemoryTerminate { get; set; } = 0.95;

    /// <summary>Makes the store for spilled values, given the worker's name, when the first is spilled. The worker disposes of it at its end.</summary>
    /// <value>null: a <see cref="FileSpillStore"/> under the temporary files.</value>
    /// <remarks>dask: <c>local_directory</c>, and <c>data</c>.</remarks>
    public Func<string, ISpillStore>? SpillStore { get; set; }

    /// <summary>Where the worker listens for others that want values; null: at an address that the scheduler's transport chooses.</summary>
    internal string? ListenAddress { get; set; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentNullException.ThrowIfNull(Resources);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        CheckMemory();
        if (CloseTimeout < TimeSpan.Zero || CloseTimeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(nameof(CloseTimeout), CloseTimeout, "WorkerOptions.CloseTimeout must be from 0 to 1 day.");
        }

        foreach (var (name, amount) in Resources)
        {
            if (!double.IsFinite(amount) || amount < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(Resources), amount, $"The amount of the resource \"{name}\" must be 0 or more, and finite.");
            }
        }
    }

    private void CheckMemory()
    {
        if (MemoryLimit < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MemoryLimit), MemoryLimit, "The memory limit is a number of bytes, at least 1. Use null for no limit.");
        }

        var (lower, lowerName) = (0.0, string.Empty);
        foreach (var (part, name) in new[]
        {
            (MemoryTarget, nameof(MemoryTarget)), (MemoryPause, nameof(MemoryPause)), (MemoryTerminate, nameof(MemoryTerminate)),
        })
        {
            if (part is not { } given)
            {
                continue;
            }

            if (given is not (> 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(name, given, "It is a part of the memory limit: above 0 and at most 1. Use null to turn it off.");
            }

            if (given < lower)
            {
                throw new ArgumentOutOfRangeException(name, given, $"It must not be less than {lowerName}, which is {lower}.");
            }

            (lower, lowerName) = (given, name);
        }
    }

    internal WorkerOptions Copy() => new()
    {
        Name = Name,
        Threads = Threads,
        Host = Host,
        CloseTimeout = CloseTimeout,
        Resources = new Dictionary<string, double>(Resources, StringComparer.Ordinal),
        Services = Services,
        Plugins = new Dictionary<string, Func<WorkerPlugin>>(Plugins, StringComparer.Ordinal),
        MemoryLimit = MemoryLimit,
        MemoryTarget = MemoryTarget,
        MemoryPause = MemoryPause,
        MemoryTerminate = MemoryTerminate,
        SpillStore = SpillStore,
        ListenAddress = ListenAddress,
    };
}
