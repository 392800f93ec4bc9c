namespace Engine;

/// <summary>How a cluster adapts its size to the load. Copied when it begins to.</summary>
/// <remarks>dask: the arguments of <c>Cluster.adapt</c>.</remarks>
public sealed class AdaptiveOptions
{
    /// <summary>Workers that there are at least.</summary>
    /// <value>0.</value>
    public int Minimum { get; set; }

    /// <summary>Workers that there are at most.</summary>
    /// <value>No limit but that of a cluster, 1,000,000.</value>
    public int Maximum { get; set; } = int.MaxValue;

    /// <summary>How often the load is looked at.</summary>
    /// <value>1 second.</value>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many times in a row a worker has to be found dispensable before it goes.</summary>
    /// <value>3.</value>
    public int WaitCount { get; set; } = 3;

    /// <summary>In what time the work that is there shall be done: the shorter, the more workers.</summary>
    /// <value>5 seconds.</value>
    public TimeSpan TargetDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How workers are retired.</summary>
    /// <value>Running tasks are waited for; a worker that isn't done after 5 minutes works on. So nothing is ever lost or interrupted.</value>
    public RetirementOptions Retirement { get; set; } = new() { Deadline = TimeSpan.FromMinutes(5) };

    /// <summary>Workers for which this gives the same text go together or not at all; null: each for itself.</summary>
    /// <value>null.</value>
    public Func<WorkerInfo, string>? GroupBy { get; set; }

    /// <summary>Checks the values and copies them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal AdaptiveOptions Copy()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Minimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Minimum, ClusterSize.MaxWorkers);
        ArgumentOutOfRangeException.ThrowIfLessThan(Maximum, Minimum);
        ArgumentOutOfRangeException.ThrowIfLessThan(WaitCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Interval, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Interval, TimeSpan.FromDays(49));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TargetDuration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(Retirement);
        var copy = (AdaptiveOptions)MemberwiseClone();
        copy.Retirement = SpecCluster.Copy(Retirement);
        return copy;
    }
}
