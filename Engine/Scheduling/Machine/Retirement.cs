using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>
/// The retirement of one worker: one operation, whoever asks for it and however often. It holds what the worker was
/// before, once, so that a refusal restores it once (I8).
/// </summary>
internal sealed class Retirement(long number, WorkerState worker, Status before, RetirementTerms terms, TimeSpan start)
{
    public readonly long Number = number;
    public readonly WorkerState Worker = worker;

    /// <summary>What its status is again if it stays.</summary>
    public Status Before = before;

    public readonly TimeSpan Start = start;

    public RetirementTerms Terms = terms;

    /// <summary>When it has to have ended, as a time of the steps.</summary>
    public TimeSpan? Deadline;

    /// <summary>Whether the worker has said that it takes nothing more: from then on the scheduler knows all that it has.</summary>
    public bool IsAcknowledged;

    /// <summary>Work of plugins that has to end first.</summary>
    public int WorkLeft;

    /// <summary>Keys that may have to be moved. A key here may have left the worker since.</summary>
    public readonly Queue<TaskKey> ToMove = new();

    /// <summary>Keys on their way to somebody who stays.</summary>
    public readonly HashSet<TaskKey> Moving = [];

    /// <summary>Keys that nobody could take when it was tried.</summary>
    public readonly List<TaskKey> Stuck = [];

    /// <summary>Keys that were copied elsewhere.</summary>
    public readonly List<TaskKey> Moved = [];

    public readonly List<TaskKey> Interrupted = [];

    public long MovedBytes;
    public int WaitedFor;
    public int Recalled;

    /// <summary>Whether it is on the list of those to be looked at when the step ends.</summary>
    public bool IsDirty;

    /// <summary>Requests that are answered when it ends.</summary>
    public readonly List<RetirementRequest> Askers = [];
}

/// <summary>A client's request: it is answered when all its workers have a row.</summary>
internal sealed class RetirementRequest(ClientState? client, long requestId, int count)
{
    public readonly ClientState? Client = client;
    public readonly long RequestId = requestId;

    /// <summary>In the order in which workers were chosen.</summary>
    public readonly RetirementRow?[] Rows = new RetirementRow?[count];

    public int Missing = count;

    /// <summary>Which row belongs to which worker.</summary>
    public readonly Dictionary<WorkerId, int> Places = [];
}
