using Engine.Plugins.Transports;
using Engine.Tasks;

namespace Engine.Protocol;

/// <summary>Answer to <see cref="RegisterWorker"/>.</summary>
internal sealed class WorkerRegistered(WorkerAddress self, TimeSpan heartbeatInterval) : Message
{
    public WorkerAddress Self { get; } = self;

    /// <summary>When the first heartbeat is due; infinite: never.</summary>
    public TimeSpan HeartbeatInterval { get; } = heartbeatInterval;

    /// <summary>Of the values that it offered (<see cref="RegisterWorker.Offer"/>) those that it is to drop.</summary>
    public IReadOnlyList<TaskKey> Declined { get; init; } = [];
}

/// <summary>A dependency of a task and a worker that holds it.</summary>
internal struct DependencyHolder
{
    public TaskKey Key;
    public WorkerAddress Holder;
}

/// <summary>A task to run, or several of one map with consecutive keys and elements.</summary>
internal struct ComputeTask
{
    public TaskKey Key;
    public TaskWork Work;
    public TaskOptions? Options;
    public long Order;
    public int Element;
    public int Count;
    public int Attempt;
    public int DependencyOffset;
    public int DependencyCount;
}

/// <summary>Tasks to run. dask: <c>compute-task</c>.</summary>
internal sealed class ComputeBatch : BatchWithDependencies<ComputeTask, DependencyHolder>;

/// <summary>One attempt of a task, or the data of one.</summary>
internal struct TaskAttempt
{
    public TaskKey Key;
    public int Attempt;
}

/// <summary>The worker need not hold or run these any longer. A later attempt is not meant. dask: <c>free-keys</c>.</summary>
internal sealed class FreeKeys : Batch<TaskAttempt>;

/// <summary>The scheduler asks tasks back that have not started. Answered by <see cref="StealResponse"/>. dask: <c>steal-request</c>.</summary>
internal sealed class StealRequest : Batch<TaskAttempt>;

/// <summary>A value that a worker shall get a copy of, and where it is.</summary>
internal struct CopyRequest
{
    public TaskKey Key;
    public WorkerAddress Holder;

    /// <summary>The number of the request: the answer names it, and one to an older request changes nothing (I7).</summary>
    public long Number;
}

/// <summary>The worker shall fetch values and keep them. Answered by <see cref="ReplicasAdded"/>. dask: <c>acquire-replicas</c>.</summary>
internal sealed class AcquireReplicas : Batch<CopyRequest>;
