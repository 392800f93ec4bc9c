using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

internal enum WorkerStatus
{
    Running,

    /// <summary>A member no longer; rows don't refer to it.</summary>
    Removed,
}

/// <summary>The scheduler's record of one incarnation of a worker. dask: <c>scheduler.WorkerState</c>.</summary>
internal sealed class WorkerState(int index, WorkerAddress address, int threads, IReadOnlyDictionary<string, double> resources)
{
    /// <summary>Where rows find it; used again after it has left.</summary>
    public readonly int Index = index;
    public readonly WorkerAddress Address = address;
    public readonly int Threads = threads;
    public readonly IReadOnlyDictionary<string, double> Resources = resources;

    /// <summary>The shell's connection to it; the machine only keeps it.</summary>
    public IConnection? Connection { get; init; }

    public WorkerStatus Status = WorkerStatus.Running;

    /// <summary>Tasks assigned to it, in the order of assignment: first and last handle plus one.</summary>
    public TaskChain Processing;

    /// <summary>Tasks whose value it is the first to hold.</summary>
    public TaskChain Held;

    /// <summary>Tasks in Processing that have left their slot.</summary>
    public int LongRunningCount;

    /// <summary>Expected seconds of work of its processing tasks.</summary>
    public double Occupancy;

    /// <summary>Bytes of the values that it holds, replicas included.</summary>
    public long NBytes;

    /// <summary>While a task is placed: bytes of its inputs that this worker holds.</summary>
    public long InputBytes;

    /// <summary>Tasks that it was asked to give up, unanswered.</summary>
    public int StealsUnderWay;

    /// <summary>Tasks that it holds a further copy of.</summary>
    public readonly HashSet<int> Replicas = [];

    /// <summary>Tasks that it was asked to take a copy of, unanswered, and that their clients wait for.</summary>
    public readonly OrderedSet AwaitedReplicas = new();

    /// <summary>Its place among the workers with room, or -1.</summary>
    public int OpenPlace = -1;

    /// <summary>Its place among the workers with room and a free slot, or -1. dask: <c>idle</c>.</summary>
    public int IdlePlace = -1;

    /// <summary>Its place among the workers with more tasks than slots, or -1.</summary>
    public int BusyPlace = -1;

    /// <summary>What the running step has for it.</summary>
    public readonly WorkerDispatch Dispatch = new();

    public WorkerId Id => Address.Id;

    /// <summary>Processing tasks that occupy slots or wait for one.</summary>
    public int ActiveCount => Processing.Count - LongRunningCount;

    public override string ToString() => Address.Name;
}

/// <summary>A list of tasks of a worker, linked through the rows.</summary>
internal struct TaskChain
{
    public int First;
    public int Last;
    public int Count;
}
