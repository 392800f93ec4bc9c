using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

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

    /// <summary>Which incarnation it was before its connection broke; null: it is a worker's first.</summary>
    public WorkerId? After { get; init; }

    /// <summary>The nanny that looks after it, or null.</summary>
    public NannyId? Nanny { get; init; }

    /// <summary>The label of its host, or null.</summary>
    public string? Host { get; init; }

    /// <summary>Bytes that it may hold, or null.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>When it is known to leave, at the latest, as a time of the steps; null: nothing is known.</summary>
    public TimeSpan? Leaves { get; init; }

    /// <summary>
    /// Running, Paused or ClosingGracefully; Closing while its nanny's word is awaited, unless it is being retired; Closed when it is a
    /// member no longer and rows don't refer to it.
    /// </summary>
    public Status Status = Status.Running;

    /// <summary>How its connection ended, while it is a member still because its nanny is to say why, or it may come back; otherwise null.</summary>
    public string? Cut;

    /// <summary>Since when it has been paused, if it is.</summary>
    public TimeSpan PausedSince;

    /// <summary>When anything was heard of it.</summary>
    public TimeSpan LastSeen;

    /// <summary>Whether its last heartbeat said that its program lets nothing through.</summary>
    public bool IsStalled;

    /// <summary>By its last heartbeat: bytes of what it holds that lie on its disk.</summary>
    public long SpilledBytes;

    /// <summary>What it said when it went.</summary>
    public Goodbye? Goodbye;

    /// <summary>Its retirement, while it is leaving.</summary>
    public Retirement? Retirement;

    /// <summary>Tasks assigned to it, in the order of assignment: first and last handle plus one.</summary>
    public TaskChain Processing;

    /// <summary>Tasks whose value it is the first to hold.</summary>
    public TaskChain Held;

    /// <summary>Tasks in Processing that have left their slot.</summary>
    public int LongRunningCount;

    /// <summary>Tasks in Processing that were sent ahead and wait for inputs that it makes.</summary>
    public int AheadCount;

    /// <summary>Expected seconds of work of its processing tasks that don't wait.</summary>
    public double Occupancy;

    /// <summary>Bytes of the values that it holds, replicas included.</summary>
    public long NBytes;

    /// <summary>Bytes of the copies that it was asked to take and has not.</summary>
    public long AwaitedBytes;

    /// <summary>While a task is placed: bytes of its inputs that this worker holds.</summary>
    public long InputBytes;

    /// <summary>Tasks that it was asked to give up, unanswered.</summary>
    public int StealsUnderWay;

    /// <summary>Tasks that it holds a further copy of.</summary>
    public readonly HashSet<int> Replicas = [];

    /// <summary>Tasks that it was asked to take a copy of, unanswered.</summary>
    public readonly OrderedSet AwaitedReplicas = new();

    /// <summary>Its place among the workers that run, or -1.</summary>
    public int RunningPlace = -1;

    /// <summary>Its place among the workers with room, or -1.</summary>
    public int OpenPlace = -1;

    /// <summary>Its place among the workers with room and a free slot, or -1. dask: <c>idle</c>.</summary>
    public int IdlePlace = -1;

    /// <summary>Its place among the workers with more tasks than slots, or -1.</summary>
    public int BusyPlace = -1;

    /// <summary>What the running step has for it.</summary>
    public readonly WorkerDispatch Dispatch = new();

    public WorkerId Id => Address.Id;

    public bool IsMember => Status != Status.Closed;

    /// <summary>Whether it may be given tasks and data (I5).</summary>
    // Guard I5: only who runs is given tasks and data.
    public bool TakesWork => Status == Status.Running;

    /// <summary>Whether it will keep what it holds: it isn't about to go.</summary>
    // Guard I2: who runs or is paused keeps what he holds.
    public bool Stays => Status is Status.Running or Status.Paused;

    /// <summary>Processing tasks that occupy slots or wait for one.</summary>
    public int ActiveCount => Processing.Count - LongRunningCount - AheadCount;

    public override string ToString() => Address.Name;
}

/// <summary>A list of tasks of a worker, linked through the rows.</summary>
internal struct TaskChain
{
    public int First;
    public int Last;
    public int Count;
}
