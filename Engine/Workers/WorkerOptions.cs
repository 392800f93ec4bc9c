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

    /// <summary>Services for functions that take a <see cref="TaskContext"/>, or null.</summary>
    /// <value>null.</value>
    public IServiceProvider? Services { get; set; }

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentNullException.ThrowIfNull(Resources);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
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
        Resources = new Dictionary<string, double>(Resources, StringComparer.Ordinal),
        Services = Services,
    };
}
