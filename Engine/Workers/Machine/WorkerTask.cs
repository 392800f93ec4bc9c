using Engine.Data;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Workers.Machine;

/// <summary>State of a task at a worker. dask: <c>worker_state_machine.TaskState.state</c>.</summary>
/// <remarks>
/// Simpler than Dask's: a value in memory needs no task, only a row; a task that was freed while it ran is cut off from
/// its row and its end is ignored (Dask's cancelled and resumed); an input that is not where it was said to be goes back
/// to the scheduler at once (Dask's missing).
/// </remarks>
internal enum WorkerTaskState : byte
{
    /// <summary>Given up; only a queue or the executor may still know it.</summary>
    Released,

    /// <summary>Inputs are on their way, from peers or from the store.</summary>
    Waiting,

    /// <summary>Could start.</summary>
    Ready,

    /// <summary>Could start as soon as its resources are free.</summary>
    Constrained,

    /// <summary>Handed to the executor.</summary>
    Executing,

    /// <summary>Runs on beside the slots.</summary>
    LongRunning,

    /// <summary>Not a task to run but a value to get from a peer, not asked for yet.</summary>
    Fetch,

    /// <summary>The value was asked for.</summary>
    Flight,
}

/// <summary>What a worker has to do about a key: run its task, or get its value. Pooled by the machine.</summary>
internal sealed class WorkerTask
{
    public TaskKey Key;

    /// <summary>How many elements of a map, with consecutive keys; 1 otherwise.</summary>
    public int Count;

    /// <summary>First element of a map.</summary>
    public int Element;

    public int Attempt;
    public long Order;
    public TaskWork? Work;
    public TaskOptions? Options;
    public WorkerTaskState State;

    /// <summary>Inputs, in order.</summary>
    public DependencyHolder[] Dependencies = [];
    public int DependencyCount;

    /// <summary>In Waiting: inputs that are not in memory here.</summary>
    public int WaitingFor;

    /// <summary>In Fetch and Flight: where the value is.</summary>
    public WorkerAddress? Holder;

    /// <summary>In Fetch and Flight: the number of the scheduler's last request for a copy that stays; 0: it is for tasks here.</summary>
    public long CopyNumber;

    /// <summary>Whether it occupies the resources of its options.</summary>
    public bool HoldsResources;

    /// <summary>In Waiting and Ready: whether its inputs are read from the store, or were, and stay in memory until it starts.</summary>
    public bool IsLoading;

    /// <summary>In Executing: whether it is no longer counted among what the executor has.</summary>
    public bool HasLeftSlot;

    /// <summary>In Fetch and Flight: tasks that wait for the value.</summary>
    public readonly List<WorkerTask> Waiters = [];

    /// <summary>For the executor: why the task was given up; written before <see cref="IsAbandoned"/>.</summary>
    public CancellationCause AbandonedBy;

    /// <summary>For the executor: the task was given up and needn't start. Written by the machine, read by a lane.</summary>
    public volatile bool IsAbandoned;

    /// <summary>For the executor: a number of begun elements that is beyond every count, because none is left to begin.</summary>
    public const int NoneLeft = 1 << 29;

    /// <summary>For the executor: likewise, because the run was split behind the element that runs.</summary>
    public const int Split = 1 << 30;

    /// <summary>For the executor: elements that the lane has begun. The lane and whoever splits the run exchange it.</summary>
    public int Begun;

    /// <summary>For the executor: the values of elements that have ended; rented.</summary>
    public DataValue[]? Values;

    /// <summary>For the executor: the context of the running function, if it has one.</summary>
    public volatile TaskContext? Context;

    public TaskKey KeyAt(int index) => TaskKey.FromValue(Key.Value + (ulong)index);

    public void SetDependencies(ReadOnlySpan<DependencyHolder> dependencies)
    {
        if (Dependencies.Length < dependencies.Length)
        {
            Dependencies = new DependencyHolder[dependencies.Length];
        }

        dependencies.CopyTo(Dependencies);
        DependencyCount = dependencies.Length;
    }

    public void Reset()
    {
        const int dependenciesRetainedMax = 16;
        if (Dependencies.Length > dependenciesRetainedMax)
        {
            Dependencies = [];
        }
        else
        {
            Array.Clear(Dependencies, 0, DependencyCount);
        }

        (Work, Options, Holder, Context) = (null, null, null, null);
        (DependencyCount, WaitingFor, CopyNumber, IsAbandoned, AbandonedBy) = (0, 0, 0, false, CancellationCause.None);
        (HoldsResources, HasLeftSlot, IsLoading) = (false, false, false);
        (Begun, Values) = (0, null);
        Waiters.Clear();
    }
}
