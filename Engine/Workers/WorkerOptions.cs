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

    /// <summary>Services for functions that take a <see cref="TaskContext"/>, or null.</summary>
    /// <value>null.</value>
    public IServiceProvider? Services { get; set; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentNullException.ThrowIfNull(Resources);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
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

    internal WorkerOptions Copy() => new()
    {
        Name = Name,
        Threads = Threads,
        Host = Host,
        CloseTimeout = CloseTimeout,
        Resources = new Dictionary<string, double>(Resources, StringComparer.Ordinal),
        Services = Services,
    };
}
