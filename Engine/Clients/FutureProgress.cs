namespace Engine;

/// <summary>How far some futures are: a snapshot.</summary>
/// <remarks>dask: what <c>progress</c> shows.</remarks>
public sealed class FutureProgress
{
    private readonly int[] _counts;

    internal FutureProgress(ReadOnlySpan<int> counts)
    {
        _counts = counts.ToArray();
        foreach (var count in counts)
        {
            Total += count;
        }
    }

    /// <summary>All futures.</summary>
    public int Total { get; }

    /// <summary>Those that have ended, whatever their ends.</summary>
    public int DoneCount => Total - this[FutureStatus.Pending];

    /// <summary>How many futures have a status.</summary>
    /// <param name="status">The status.</param>
    public int this[FutureStatus status] => (int)status < _counts.Length && status >= 0 ? _counts[(int)status] : 0;

    /// <inheritdoc/>
    public override string ToString() => $"{DoneCount} of {Total}";
}
