namespace Engine;

/// <summary>How the retirement of a worker ended.</summary>
public enum RetirementOutcome
{
    /// <summary>It is no longer a member. What was lost with it, if anything, is listed.</summary>
    Retired,

    /// <summary>It stays and runs as before; <see cref="RetirementRow.Refusal"/> says why. Its host must not be ended.</summary>
    Refused,

    /// <summary>It ended by itself before its retirement did. What was lost with it is listed.</summary>
    Vanished,
}

/// <summary>Why a worker was not retired.</summary>
public enum RefusalReason
{
    /// <summary>It was not refused.</summary>
    None,

    /// <summary>No running worker could take what only it holds.</summary>
    NoRecipient,

    /// <summary>The deadline passed before its tasks had ended and its data was moved.</summary>
    Deadline,

    /// <summary>A plugin held it back.</summary>
    Vetoed,

    /// <summary>The scheduler closed first.</summary>
    SchedulerClosed,
}

/// <summary>What became of one worker that was to be retired. Whoever ends a worker's host takes this, so that a refusal can't be overlooked.</summary>
public sealed class RetirementRow
{
    internal RetirementRow(WorkerId id, string name, string address) => (Id, Name, Address) = (id, name, address);

    /// <summary>The worker's incarnation.</summary>
    public WorkerId Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its address.</summary>
    public string Address { get; }

    /// <summary>Its nanny, or null if it has none.</summary>
    public NannyId? Nanny { get; internal init; }

    /// <summary>The label of its host, or null if it has none.</summary>
    public string? Host { get; internal init; }

    /// <summary>How it ended.</summary>
    public RetirementOutcome Outcome { get; internal set; }

    /// <summary>If refused: why.</summary>
    public RefusalReason Refusal { get; internal set; }

    /// <summary>A sentence on the outcome, for people.</summary>
    public string Detail { get; internal set; } = string.Empty;

    /// <summary>Values that were copied to other workers for it.</summary>
    public int MovedCount { get; internal set; }

    /// <summary>Bytes of those values, as measured.</summary>
    public long MovedBytes { get; internal set; }

    /// <summary>Tasks that ran when it began to leave and ended there.</summary>
    public int WaitedForCount { get; internal set; }

    /// <summary>Tasks that had not started and were placed elsewhere.</summary>
    public int RecalledCount { get; internal set; }

    /// <summary>Tasks that ran and were placed elsewhere before they ended.</summary>
    public IReadOnlyList<TaskKey> Interrupted { get; internal set; } = [];

    /// <summary>Values without a recipe that are gone.</summary>
    public IReadOnlyList<TaskKey> Lost { get; internal set; } = [];

    /// <summary>Values that are gone and have to be computed again.</summary>
    public IReadOnlyList<TaskKey> Recomputed { get; internal set; } = [];

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => Outcome == RetirementOutcome.Refused
        ? $"{Id} ({Name}) refused, {Refusal}: {Detail}"
        : $"{Id} ({Name}) {Outcome}: moved {MovedCount}, waited for {WaitedForCount}, recalled {RecalledCount}, "
            + $"interrupted {Interrupted.Count}, lost {Lost.Count}, to compute again {Recomputed.Count}";
}

/// <summary>What became of the workers that were to be retired: one row each.</summary>
public sealed class RetirementReport
{
    internal RetirementReport(IReadOnlyList<RetirementRow> rows) => Rows = rows;

    /// <summary>The rows, in the order in which the workers were chosen.</summary>
    public IReadOnlyList<RetirementRow> Rows { get; }

    /// <summary>Whether all were retired.</summary>
    public bool AllRetired => Rows.All(static row => row.Outcome == RetirementOutcome.Retired);

    /// <summary>The row of a worker.</summary>
    /// <param name="id">Its incarnation.</param>
    /// <returns>The row.</returns>
    /// <exception cref="KeyNotFoundException">It was not among those to be retired.</exception>
    public RetirementRow this[WorkerId id] =>
        Rows.FirstOrDefault(row => row.Id == id) ?? throw new KeyNotFoundException($"{id} was not among the workers to be retired.");

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Rows);
}

/// <summary>How far the retirement of a worker has come: a snapshot.</summary>
/// <param name="Id">The worker.</param>
/// <param name="RunningCount">Tasks that run there still.</param>
/// <param name="ToMoveCount">Values that only it holds.</param>
/// <param name="MovedCount">Values that were copied elsewhere for it.</param>
/// <param name="Elapsed">For how long it has been going on.</param>
/// <param name="Remaining">Until its deadline, or null if it has none.</param>
public sealed record RetirementProgress(
    WorkerId Id, int RunningCount, int ToMoveCount, int MovedCount, TimeSpan Elapsed, TimeSpan? Remaining);
