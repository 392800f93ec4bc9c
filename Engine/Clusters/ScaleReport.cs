namespace Engine;

/// <summary>How a change of a cluster's size ended.</summary>
public enum ScaleOutcome
{
    /// <summary>The cluster has the size that was asked for: all its workers are members, and the hosts of those that went are gone.</summary>
    Reached,

    /// <summary>The cluster is larger than asked for, because workers were refused retirement or none could be chosen. They stay and work.</summary>
    Refused,

    /// <summary>A later call changed the size before this one was done.</summary>
    Superseded,
}

/// <summary>What came of a change of a cluster's size.</summary>
public sealed class ScaleReport
{
    internal ScaleReport(int requested, int planned, ScaleOutcome outcome, string detail, RetirementReport retirement) =>
        (Requested, Planned, Outcome, Detail, Retirement) = (requested, planned, outcome, detail, retirement);

    /// <summary>Workers that were asked for.</summary>
    public int Requested { get; }

    /// <summary>Workers that the cluster wants now.</summary>
    public int Planned { get; }

    /// <summary>How it ended.</summary>
    public ScaleOutcome Outcome { get; }

    /// <summary>A sentence on the outcome, for people; empty if the size was reached.</summary>
    public string Detail { get; }

    /// <summary>What became of the workers that were retired for it, so far as it is known; no rows if none was.</summary>
    public RetirementReport Retirement { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', $"{Outcome}: {Planned} of {Requested} workers.", Detail, Retirement).TrimEnd();
}
