using Engine.Plugins;

namespace Engine.Clusters.Machine;

/// <summary>Where a worker of a cluster is, as its cluster sees it.</summary>
internal enum SpecWorkerState
{
    /// <summary>It has no host. One will be started, at its deadline if it has one.</summary>
    Waiting,

    /// <summary>A start is under way. It may be a member already.</summary>
    Starting,

    /// <summary>It has a host and is not a member: not yet, or no more. At its deadline it is given up.</summary>
    Absent,

    /// <summary>It has a host and is a member.</summary>
    Member,

    /// <summary>Its retirement is under way.</summary>
    Retiring,

    /// <summary>Its host is being ended; again at its deadline if it has one.</summary>
    Stopping,
}

/// <summary>One of the cluster's workers as its user sees it, however often its host is replaced.</summary>
internal sealed class SpecPlace(int number)
{
    /// <summary>Counts up from 0 in the order in which workers were wanted.</summary>
    public int Number { get; } = number;

    /// <summary>How many workers it had; part of their names.</summary>
    public int Generations { get; set; }
}

/// <summary>A worker of a cluster, from the wish for it until its host is gone. Its name is its own and never given to another host.</summary>
internal sealed class SpecWorker(long number, string name, SpecPlace place)
{
    /// <summary>Counts up in the order of creation.</summary>
    public long Number { get; } = number;

    public string Name { get; } = name;

    /// <summary>Which of the cluster's workers it is; a successor has the same.</summary>
    public SpecPlace Place { get; } = place;

    public SpecWorkerState State { get; set; }

    /// <summary>Whether it is part of the plan.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Its latest incarnation, or number 0 if it was never a member.</summary>
    public WorkerId Id { get; set; }

    public string Address { get; set; } = string.Empty;

    public bool IsMember { get; set; }

    /// <summary>When it became a member, the last time.</summary>
    public TimeSpan JoinedAt { get; set; }

    /// <summary>Why it left, the last time.</summary>
    public CloseReason? LeftBecause { get; set; }

    public ProvisionedWorker? Host { get; set; }

    public bool HasHostEnded { get; set; }

    /// <summary>Failures in a row on its place.</summary>
    public int Failures { get; set; }

    public TimeSpan? Deadline { get; set; }

    public bool IsStartCancelled { get; set; }

    /// <summary>Whether its start ended neither well nor badly in its time; it is no longer waited for.</summary>
    public bool DoesStartHang { get; set; }

    /// <summary>How it is to be retired.</summary>
    public RetirementOptions? Retirement { get; set; }

    /// <summary>The change of size that it goes for, or 0.</summary>
    public long Scale { get; set; }

    /// <summary>With what its host is ended.</summary>
    public RetirementRow? Row { get; set; }

    public int StopCount { get; set; }

    /// <summary>Whether it is on the list of those to look at before the step ends.</summary>
    public bool IsTouched { get; set; }

    public override string ToString() => $"{Name} ({State}{(IsWanted ? string.Empty : ", unwanted")})";
}
