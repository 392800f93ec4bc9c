namespace Engine;

/// <summary>What becomes of tasks that run on a worker that is being retired.</summary>
public enum RunningTasks
{
    /// <summary>They are waited for, until the deadline if there is one.</summary>
    WaitFor,

    /// <summary>They are cancelled at once with <c>CancellationCause.Retiring</c> and run elsewhere; nothing counts against them.</summary>
    Interrupt,
}

/// <summary>What is done when the deadline of a retirement passes before all is moved.</summary>
public enum OnDeadline
{
    /// <summary>The worker stays: it runs again as before, and the report says so.</summary>
    Abort,

    /// <summary>The worker goes: what runs is run elsewhere, and what was not moved is listed as lost or to be computed again.</summary>
    GiveUp,
}

/// <summary>How workers are retired. Read when the retirement starts.</summary>
/// <remarks>
/// dask: the arguments of <c>retire_workers</c>, which has no deadline. Retirements of one worker are one operation: if a second
/// caller asks for an earlier deadline, or for interruption, the operation takes it over.
/// </remarks>
public sealed class RetirementOptions
{
    /// <summary>How long it may take; null: as long as it needs. Without a deadline a worker whose data nobody can take is refused at once.</summary>
    /// <value>null. Zero with <see cref="OnDeadline.GiveUp"/> gives everything up that can't be moved within the step.</value>
    public TimeSpan? Deadline { get; set; }

    /// <summary>What becomes of running tasks.</summary>
    /// <value><see cref="RunningTasks.WaitFor"/>.</value>
    public RunningTasks RunningTasks { get; set; }

    /// <summary>What is done at the deadline.</summary>
    /// <value><see cref="OnDeadline.Abort"/>.</value>
    public OnDeadline OnDeadline { get; set; }

    /// <summary>Whether the scheduler tells a retired worker to end. If not, it is left for whoever owns its host; it ends at its next heartbeat in any case.</summary>
    /// <value>true.</value>
    public bool CloseWorkers { get; set; } = true;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The deadline is negative or longer than 49 days, or an enumeration has no such value.</exception>
    public void Validate()
    {
        if (Deadline is { } deadline && (deadline < TimeSpan.Zero || deadline > TimeSpan.FromDays(49)))
        {
            throw new ArgumentOutOfRangeException(nameof(Deadline), deadline, "RetirementOptions.Deadline must be from 0 to 49 days, or null.");
        }

        if (!Enum.IsDefined(RunningTasks) || !Enum.IsDefined(OnDeadline))
        {
            throw new ArgumentOutOfRangeException(nameof(RunningTasks), "RetirementOptions.RunningTasks and OnDeadline must be values of their enumerations.");
        }
    }
}
