using Engine.Plugins.Transports;
using Engine.Tasks;

namespace Engine.Protocol;

internal sealed class RegisterClient(string name, bool hasSession = false) : Message
{
    public string Name { get; } = name;

    /// <summary>Whether it comes back if its connection breaks.</summary>
    public bool HasSession { get; } = hasSession;
}

/// <summary>A task of a <see cref="SubmitBatch"/>; its key follows from the batch's first and its place.</summary>
internal struct SubmitEntry
{
    public TaskWork Work;

    /// <summary>The element number, which may hold a literal.</summary>
    public int Element;
    public int DependencyCount;
}

/// <summary>Tasks with consecutive keys. dask: <c>update-graph</c>.</summary>
/// <remarks>While a program submits faster than tasks run, batches pile up: an entry is small, and options, which few tasks have, lie beside.</remarks>
internal sealed class SubmitBatch : BatchWithDependencies<SubmitEntry, TaskKey>
{
    private TaskOptions?[] _options = [];

    public TaskKey First { get; set; }

    public TaskOptions? OptionsOf(int place) => place < _options.Length ? _options[place] : null;

    public void Add(TaskWork work, TaskOptions? options, int element = 0)
    {
        if (options is not null)
        {
            if (_options.Length == 0)
            {
                _options = new TaskOptions?[Capacity];
            }

            _options[Count] = options;
        }

        Add(new SubmitEntry { Work = work, Element = element });
    }

    /// <summary>Adds a dependency to the task that was added last.</summary>
    public override void AddDependency(TaskKey dependency)
    {
        Entries[Count - 1].DependencyCount++;
        base.AddDependency(dependency);
    }

    public override bool TryReset()
    {
        Array.Clear(_options);
        return base.TryReset();
    }
}

/// <summary>A map over plain values: one work, as many tasks as it has elements, consecutive keys.</summary>
internal sealed class SubmitMap(TaskKey first, int count, TaskWork work, TaskOptions? options) : Message
{
    /// <summary>The most elements of a map: their tasks are made in one step.</summary>
    public const int CountMax = 1 << 24;

    public TaskKey First { get; } = first;

    public int Count { get; } = count;

    public TaskWork Work { get; } = work;

    public TaskOptions? Options { get; } = options;
}

/// <summary>Consecutive keys.</summary>
internal struct KeyRange
{
    /// <summary>The most keys of a range: they are given up in one step.</summary>
    public const int CountMax = 1 << 24;

    public TaskKey First;
    public int Count;
}

/// <summary>The client gives futures up. dask: <c>client-releases-keys</c>.</summary>
internal sealed class ReleaseKeys : Batch<KeyRange>;

/// <summary>A worker doesn't hold a value that it was said to hold.</summary>
internal sealed class DataMissing(TaskKey key, WorkerAddress holder, bool isUnreachable = false) : Message
{
    /// <summary>Whether it could not be asked; otherwise it said so itself.</summary>
    public bool IsUnreachable { get; } = isUnreachable;

    public TaskKey Key { get; } = key;

    public WorkerAddress Holder { get; } = holder;
}
