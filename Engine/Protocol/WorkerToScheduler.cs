using System.Buffers;
using Engine.Data;
using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>A worker presents itself. The answer carries its incarnation.</summary>
internal sealed class RegisterWorker(string name, string address, int threads, IReadOnlyDictionary<string, double> resources) : Message
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    public int Threads { get; } = threads;

    public IReadOnlyDictionary<string, double> Resources { get; } = resources;

    /// <summary>The nanny that looks after it, or null.</summary>
    public NannyId? Nanny { get; init; }

    /// <summary>The label of its host, or null.</summary>
    public string? Host { get; init; }

    /// <summary>Bytes that it may hold in memory, or null.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>How long it will stay at most, or null.</summary>
    public TimeSpan? Leaves { get; init; }

    /// <summary>The incarnation that it was before its connection broke; null: it is its first.</summary>
    public WorkerId? After { get; init; }

    /// <summary>Values that it holds from then, each once. The answer says which it is to drop.</summary>
    public IReadOnlyList<TaskKey> Offer { get; init; } = [];
}

/// <summary>A finished task, or several of one map with consecutive keys.</summary>
internal struct FinishedTask
{
    public TaskKey Key;
    public int Count;
    public int Attempt;

    /// <summary>Bytes of the value; of several, the mean.</summary>
    public long NBytes;

    /// <summary>How long it ran; of several, the mean.</summary>
    public float Seconds;

    /// <summary>Whether the value is small enough to come along to the client.</summary>
    public bool HasValue;

    public DataValue Value;

    /// <summary>The values, if there are several; rented. The scheduler passes the array on or gives it back.</summary>
    public DataValue[]? Values;
}

/// <summary>Results that this worker now holds. dask: <c>task-finished</c>.</summary>
internal sealed class FinishedBatch : Batch<FinishedTask>
{
    public override bool TryReset()
    {
        foreach (ref readonly var task in Span)
        {
            if (task.Values is { } values)
            {
                ArrayPool<DataValue>.Shared.Return(values, clearArray: true);
            }
        }

        return base.TryReset();
    }
}

/// <summary>A task that failed. dask: <c>task-erred</c>.</summary>
internal sealed class TaskErred(TaskKey key, int attempt, TaskError error) : Message
{
    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;

    public TaskError Error { get; } = error;
}

/// <summary>A task asks to be placed anew, by its own wish. dask: <c>reschedule</c>.</summary>
internal sealed class TaskRescheduled(TaskKey key, int attempt) : Message
{
    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;
}

/// <summary>A task has left its slot and runs on beside the others. dask: <c>long-running</c>.</summary>
internal sealed class TaskLongRunning(TaskKey key, int attempt) : Message
{
    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;
}

/// <summary>The worker takes new work, or takes none for the time being: Running or Paused. dask: <c>worker-status-change</c>.</summary>
internal sealed class StatusChanged(Status status) : Message
{
    public Status Status { get; } = status;
}

/// <summary>Nothing has ended for a while although others wait to start: what runs takes longer than was thought.</summary>
internal sealed class WorkerStalled(double seconds) : Message
{
    /// <summary>For how long nothing has ended.</summary>
    public double Seconds { get; } = seconds;
}

/// <summary>A task can't start: an input is not where it was said to be. dask: <c>missing-data</c>.</summary>
internal sealed class InputMissing(TaskKey key, int attempt, TaskKey input, WorkerAddress holder, bool isUnreachable = false) : Message
{
    /// <summary>Whether the holder could not be asked; otherwise it said itself that it lacks the input.</summary>
    public bool IsUnreachable { get; } = isUnreachable;

    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;

    public TaskKey Input { get; } = input;

    public WorkerAddress Holder { get; } = holder;
}

/// <summary>Of the tasks that were asked back, those that had not started and won't. dask: <c>steal-response</c>.</summary>
internal sealed class StealResponse : Batch<StealAnswer>;

internal struct StealAnswer
{
    public TaskKey Key;
    public int Attempt;
    public bool GivenUp;
}

/// <summary>Copies that this worker now holds. dask: <c>add-keys</c>.</summary>
internal sealed class ReplicasAdded : Batch<CopyMade>;

/// <summary>A copy that a worker has made.</summary>
internal struct CopyMade
{
    public TaskKey Key;

    /// <summary>The number of the request; 0: it was made for a task, unasked.</summary>
    public long Number;
}
