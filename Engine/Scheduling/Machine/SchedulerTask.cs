using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Scheduling.Machine;

[Flags]
internal enum SchedulerTaskFlags : byte
{
    None = 0,

    /// <summary>The client that made the task holds a future of it.</summary>
    Wanted = 1,

    /// <summary>It is to run to its end although no future is left (fire and forget).</summary>
    Detached = 2,

    /// <summary>It was asked back from its worker, which has not answered yet or has refused.</summary>
    StealRequested = 4,

    /// <summary>It has left its slot and runs beside the others.</summary>
    LongRunning = 8,

    /// <summary>Its value has no recipe: scattered data that a worker holds.</summary>
    IsData = 16,

    /// <summary>A worker died while it had it: it is sent only when its inputs are there, so that the next death blames what ran.</summary>
    NotAhead = 32,
}

/// <summary>
/// The scheduler's row of a task; 64 bytes, in pages. References to other rows are handles plus one, to edges likewise,
/// so that zero means none. What few tasks have lies in <see cref="Extras"/>.
/// </summary>
internal struct SchedulerTask
{
    /// <summary>What to run; null once scattered data lies on a worker.</summary>
    public TaskWork? Work;

    public SchedulerTaskExtras? Extras;

    /// <summary>First edge to a task that this one needs.</summary>
    public int FirstDependency;

    /// <summary>First edge to a task that needs this one.</summary>
    public int FirstDependent;

    /// <summary>In Waiting: how many dependencies are not in Memory. Likewise in Processing, of a task that was sent ahead.</summary>
    public int WaitingOn;

    /// <summary>How many dependents have yet to run: those in Waiting, NoWorker, or Processing.</summary>
    public int Waiters;

    /// <summary>Which element of a map.</summary>
    public int Element;

    /// <summary>In Processing the worker that runs it, in Memory the first that holds it: index plus one.</summary>
    public int Worker;

    /// <summary>Neighbours in the worker's list of processing or of held tasks.</summary>
    public int NextOnWorker;
    public int PreviousOnWorker;

    /// <summary>How often it was assigned. An answer to an older attempt changes nothing (I7).</summary>
    public int Attempt;

    /// <summary>Number of its function.</summary>
    public int Function;

    /// <summary>In Processing the seconds that it added to its worker's occupancy, in Memory the bytes of its value.</summary>
    private float _amount;

    public short Priority;
    public SchedulerTaskState State;
    public SchedulerTaskFlags Flags;

    /// <summary>In Processing: the seconds that it added to its worker's occupancy.</summary>
    public float Estimate
    {
        readonly get => _amount;
        set => _amount = value;
    }

    /// <summary>In Memory: the bytes of its value, to the seven digits that placement needs.</summary>
    public long NBytes
    {
        readonly get => (long)_amount;
        set => _amount = value;
    }

    /// <summary>Whether its worker has it while that worker still makes its inputs.</summary>
    public readonly bool IsAhead => State == SchedulerTaskState.Processing && WaitingOn > 0;

    public readonly bool Has(SchedulerTaskFlags flag) => (Flags & flag) != 0;

    /// <summary>Whether somebody wants the value for itself.</summary>
    public readonly bool IsWanted =>
        (Flags & (SchedulerTaskFlags.Wanted | SchedulerTaskFlags.Detached)) != 0 || Extras is { IsWanted: true };
}

/// <summary>What only few tasks have.</summary>
internal sealed class SchedulerTaskExtras
{
    public TaskOptions? Options;

    /// <summary>Attempts left after a failure.</summary>
    public int RetriesLeft;

    /// <summary>Workers that died while it ran, unannounced.</summary>
    public int Suspicious;

    /// <summary>In Erred: why.</summary>
    public TaskError? Error;

    /// <summary>In NoWorker: since when, as a time of the steps.</summary>
    public TimeSpan NoWorkerSince;

    /// <summary>Workers beside the first that hold the value.</summary>
    public List<WorkerState>? MoreHolders;

    /// <summary>Clients beside the maker that hold a future.</summary>
    public List<ClientState>? MoreClients;

    /// <summary>How many datasets pin it.</summary>
    public int Pins;

    /// <summary>Why it can't be run at all, found when it was submitted.</summary>
    public TaskError? Refusal;

    /// <summary>In Memory: workers that were asked for a copy and have not answered.</summary>
    public List<AwaitedCopy>? AwaitedHolders;

    /// <summary>How many copies somebody wished for; 0 or 1: nobody wished for more than one.</summary>
    public int WantedReplicas;

    /// <summary>How often a worker could not reach the only holder of an input that has no recipe.</summary>
    public int UnreachableCount;

    /// <summary>Whether clients have yet to be told that it is in Memory, because replicas are still on their way.</summary>
    public bool IsNoticeHeld;

    public bool IsWanted => Pins > 0 || MoreClients is { Count: > 0 };
}

/// <summary>A worker that was asked for a copy, and the number of the request.</summary>
internal readonly record struct AwaitedCopy(WorkerState Worker, long Number);
