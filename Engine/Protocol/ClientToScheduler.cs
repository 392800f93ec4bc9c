using Engine.Plugins.Transports;
using Engine.Tasks;

namespace Engine.Protocol;

internal sealed class RegisterClient(string name) : Message
{
    public string Name { get; } = name;
}

/// <summary>A task of a <see cref="SubmitBatch"/>; its key follows from the batch's first and its place.</summary>
internal struct SubmitEntry
{
    public TaskWork Work;
    public TaskOptions? Options;
    public int DependencyOffset;
    public int DependencyCount;

    /// <summary>The element number, which may hold a literal.</summary>
    public int Element;
}

/// <summary>Tasks with consecutive keys. dask: <c>update-graph</c>.</summary>
internal sealed class SubmitBatch : BatchWithDependencies<SubmitEntry, TaskKey>
{
    public TaskKey First { get; set; }
}

/// <summary>A map over plain values: one work, as many tasks as it has elements, consecutive keys.</summary>
internal sealed class SubmitMap(TaskKey first, int count, TaskWork work, TaskOptions? options) : Message
{
    public TaskKey First { get; } = first;

    public int Count { get; } = count;

    public TaskWork Work { get; } = work;

    public TaskOptions? Options { get; } = options;
}

/// <summary>Consecutive keys.</summary>
internal struct KeyRange
{
    public TaskKey First;
    public int Count;
}

/// <summary>The client gives futures up. dask: <c>client-releases-keys</c>.</summary>
internal sealed class ReleaseKeys : Batch<KeyRange>;

/// <summary>A worker doesn't hold a value that it was said to hold.</summary>
internal sealed class DataMissing(TaskKey key, WorkerAddress holder) : Message
{
    public TaskKey Key { get; } = key;

    public WorkerAddress Holder { get; } = holder;
}
