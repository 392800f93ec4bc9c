namespace Engine;

/// <summary>How large a cluster shall be: so many workers, or as many as together have so much memory or so many threads.</summary>
/// <remarks>dask: the arguments <c>n</c>, <c>memory</c> and <c>cores</c> of <c>Cluster.scale</c>.</remarks>
public readonly struct ClusterSize
{
    /// <summary>The most workers that can be asked for.</summary>
    internal const int MaxWorkers = 1_000_000;

    private readonly long _amount;
    private readonly Unit _unit;

    private ClusterSize(long amount, Unit unit) => (_amount, _unit) = (amount, unit);

    private enum Unit
    {
        Workers,
        Bytes,
        Threads,
    }

    /// <summary>A number of workers.</summary>
    /// <param name="count">From 0 to 1,000,000.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of that range.</exception>
    public static ClusterSize Workers(int count) =>
        count is >= 0 and <= MaxWorkers ? new ClusterSize(count, Unit.Workers) : throw OutOfRange(nameof(count), count, "workers");

    /// <summary>As many workers as together may hold so much; the last one may exceed it.</summary>
    /// <param name="bytes">0 or more.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ClusterSize Memory(long bytes) => bytes >= 0 ? new ClusterSize(bytes, Unit.Bytes) : throw OutOfRange(nameof(bytes), bytes, "bytes");

    /// <summary>As many workers as together run so many tasks at the same time; the last one may exceed it.</summary>
    /// <param name="threads">0 or more.</param>
    /// <returns>The size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ClusterSize Cores(int threads) =>
        threads >= 0 ? new ClusterSize(threads, Unit.Threads) : throw OutOfRange(nameof(threads), threads, "threads");

    /// <summary>The number of workers of the given size.</summary>
    internal int ToWorkers(int threadsPerWorker, long? memoryPerWorker)
    {
        var each = _unit switch
        {
            Unit.Workers => 1,
            Unit.Threads => threadsPerWorker,
            _ => memoryPerWorker
                ?? throw new InvalidOperationException("The workers of this cluster have no memory limit, so memory can't be turned into workers. Give a number of workers."),
        };
        var workers = (_amount / each) + (_amount % each > 0 ? 1 : 0);
        return workers <= MaxWorkers ? (int)workers : throw OutOfRange("size", workers, "workers");
    }

    private static ArgumentOutOfRangeException OutOfRange(string parameter, long value, string unit) => new(
        parameter, value, $"A cluster can't have {value} {unit}. It can have from 0 to {MaxWorkers} workers; did another number get here?");
}
