namespace Engine;

/// <summary>Where scattered data is to lie. Copied when it is scattered; later changes have no effect.</summary>
/// <remarks>dask: the arguments of <c>Client.scatter</c>.</remarks>
public sealed class ScatterOptions
{
    /// <summary>Names or addresses of the workers that may hold the data; empty for all.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Workers { get; set; } = [];

    /// <summary>How many workers shall hold each value; as many as there are, if there are fewer.</summary>
    /// <value>1.</value>
    /// <remarks>Data has no recipe: with one replica it is lost with its worker.</remarks>
    public int Replicas { get; set; } = 1;

    /// <summary>Whether all workers (of <see cref="Workers"/>) shall hold it, whatever <see cref="Replicas"/> says.</summary>
    /// <value>false.</value>
    /// <remarks>dask: <c>broadcast</c>. Workers that join later don't get it by themselves.</remarks>
    public bool Broadcast { get; set; }

    /// <summary>A unique name for people, by which other clients can find the data, or null.</summary>
    /// <value>null.</value>
    /// <remarks>A name that is in use gives <see cref="KeyConflictException"/>, also if the value is the same: the scheduler doesn't keep it to compare.</remarks>
    public string? Key { get; set; }

    internal SubmitOptions ToSubmitOptions()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Replicas, 1, nameof(Replicas));
        return new SubmitOptions { Workers = Workers, Key = Key, Replicas = Broadcast ? int.MaxValue : Replicas };
    }
}
