using Engine.Protocol;

namespace Engine;

/// <summary>How a task is to be run. Copied when the task is submitted; later changes have no effect.</summary>
public sealed class SubmitOptions
{
    /// <summary>Tasks of higher priority go first; among equals the earlier one.</summary>
    /// <value>0. From -32767 to 32767.</value>
    public int Priority { get; set; }

    /// <summary>How often a task that throws is run again.</summary>
    /// <value>0.</value>
    public int Retries { get; set; }

    /// <summary>The longest time that one attempt may run, or null.</summary>
    /// <value>null: as long as it takes.</value>
    /// <remarks>The function's token is cancelled and the task fails with <see cref="TaskTimeoutException"/>; code that ignores its token keeps its slot until it returns.</remarks>
    public TimeSpan? Timeout { get; set; }

    /// <summary>A unique name for people, or null.</summary>
    /// <value>null: the task is known by its <see cref="TaskKey"/> only.</value>
    /// <remarks>A name that is in use with another function or other inputs gives <see cref="KeyConflictException"/>.</remarks>
    public string? Key { get; set; }

    /// <summary>Amounts of the worker's resources that the task occupies while it runs, by name.</summary>
    /// <value>Empty.</value>
    public IDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Names or addresses of the workers that may run the task; empty for all.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Workers { get; set; } = [];

    /// <summary>Whether other workers may run the task while none of <see cref="Workers"/> is there.</summary>
    /// <value>false.</value>
    /// <remarks>dask: <c>allow_other_workers</c>.</remarks>
    public bool AllowOtherWorkers { get; set; }

    /// <summary>How many workers shall hold the value: for scattered data.</summary>
    internal int Replicas { get; init; } = 1;

    /// <summary>Checks the options and copies them.</summary>
    internal TaskOptions ToTaskOptions()
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Priority, short.MaxValue, nameof(Priority));
        ArgumentOutOfRangeException.ThrowIfLessThan(Priority, -short.MaxValue, nameof(Priority));
        ArgumentOutOfRangeException.ThrowIfNegative(Retries, nameof(Retries));
        if (Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout.TotalMilliseconds > uint.MaxValue - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Timeout), timeout, "A time limit must be above zero and at most 49 days. Leave it null for none.");
        }

        ArgumentNullException.ThrowIfNull(Workers, nameof(Workers));
        if (Workers.Contains(null!))
        {
            throw new ArgumentException("A worker's name is null. Leave Workers empty for all workers.", nameof(Workers));
        }

        ArgumentNullException.ThrowIfNull(Resources, nameof(Resources));
        foreach (var (name, amount) in Resources)
        {
            if (!double.IsFinite(amount) || amount < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(Resources), amount, $"The amount of the resource \"{name}\" must be 0 or more, and finite.");
            }
        }

        return new TaskOptions
        {
            Priority = (short)Priority,
            Retries = Retries,
            Timeout = Timeout,
            Name = Key,
            Resources = [.. Resources],
            Workers = [.. Workers],
            AllowOtherWorkers = AllowOtherWorkers,
            Replicas = Replicas,
        };
    }
}
