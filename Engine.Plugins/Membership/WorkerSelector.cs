namespace Engine;

/// <summary>Which workers are meant. A selector that meets no worker is an error, never an empty success.</summary>
/// <remarks>dask: the arguments <c>workers</c>, <c>names</c> and those of <c>workers_to_close</c>, where a name in the place of an address met nobody.</remarks>
public abstract class WorkerSelector
{
    private protected WorkerSelector()
    {
    }

    /// <summary>Workers by their incarnations.</summary>
    /// <param name="ids">At least one; each has to be a member, or on the ledger as retired.</param>
    /// <returns>The selector.</returns>
    public static WorkerSelector ById(params IEnumerable<WorkerId> ids) => new IdSelector([.. NotEmpty(ids)]);

    /// <summary>Workers by their names.</summary>
    /// <param name="names">At least one; each has to be a member's.</param>
    /// <returns>The selector.</returns>
    public static WorkerSelector ByName(params IEnumerable<string> names) => new NameSelector([.. NotEmpty(names)]);

    /// <summary>Workers by their addresses.</summary>
    /// <param name="addresses">At least one; each has to be a member's.</param>
    /// <returns>The selector.</returns>
    public static WorkerSelector ByAddress(params IEnumerable<string> addresses) => new AddressSelector([.. NotEmpty(addresses)]);

    /// <summary>As many workers as given, those that are missed least: see <see cref="WorkersToClose"/>.</summary>
    /// <param name="count">0 or more; 0 is nobody, and no error.</param>
    /// <returns>The selector.</returns>
    public static WorkerSelector ByCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new ToCloseSelector(new WorkersToClose { Count = count });
    }

    /// <summary>The workers that the scheduler can do without.</summary>
    /// <param name="rule">How it chooses.</param>
    /// <returns>The selector. If it can do without none, nobody is meant, and that is no error.</returns>
    public static WorkerSelector ToClose(WorkersToClose rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        rule.Validate();
        return new ToCloseSelector(rule);
    }

    /// <summary>Workers that meet a condition, looked up by whoever asks when it asks.</summary>
    /// <param name="condition">Whether a worker is meant.</param>
    /// <returns>The selector.</returns>
    public static WorkerSelector Where(Func<WorkerInfo, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return new ConditionSelector(condition);
    }

    private static List<T> NotEmpty<T>(IEnumerable<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var list = values.ToList();
        return list.Count == 0 ? throw new ArgumentException("Name at least one worker.", nameof(values))
            : list.Exists(static value => value is null) ? throw new ArgumentException("A name or an address is null.", nameof(values))
            : list;
    }
}

internal sealed class IdSelector(WorkerId[] ids) : WorkerSelector
{
    public WorkerId[] Ids { get; } = ids;
}

internal sealed class NameSelector(string[] names) : WorkerSelector
{
    public string[] Names { get; } = names;
}

internal sealed class AddressSelector(string[] addresses) : WorkerSelector
{
    public string[] Addresses { get; } = addresses;
}

internal sealed class ToCloseSelector(WorkersToClose rule) : WorkerSelector
{
    public WorkersToClose Rule { get; } = rule;
}

internal sealed class ConditionSelector(Func<WorkerInfo, bool> condition) : WorkerSelector
{
    public Func<WorkerInfo, bool> Condition { get; } = condition;
}

/// <summary>How the scheduler chooses the workers that it can do without: idle ones first, then those that hold least.</summary>
/// <remarks>
/// dask: <c>Scheduler.workers_to_close</c>. Workers with long-running tasks are never chosen, nor those that a plugin holds back
/// (<c>SchedulerPlugin.ValidWorkersForDownscaling</c>), nor any that is leaving already.
/// </remarks>
public sealed class WorkersToClose
{
    /// <summary>How many; null: all that have nothing to do, as far as memory allows.</summary>
    public int? Count { get; init; }

    /// <summary>How many workers shall stay at least.</summary>
    public int Minimum { get; init; }

    /// <summary>Without a count: the memory limits of those that stay have to be at least this many times the bytes held.</summary>
    /// <value>2.</value>
    public double MemoryRatio { get; init; } = 2;

    /// <summary>Workers for which this gives the same text go together or not at all; null: each for itself.</summary>
    public Func<WorkerInfo, string>? GroupBy { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative, or the ratio is not above 0.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Count ?? 0, nameof(Count));
        ArgumentOutOfRangeException.ThrowIfNegative(Minimum, nameof(Minimum));
        if (!(MemoryRatio > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(MemoryRatio), MemoryRatio, "WorkersToClose.MemoryRatio must be above 0.");
        }
    }
}
