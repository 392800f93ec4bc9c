namespace Engine;

/// <summary>What became of a worker that was to be restarted.</summary>
public enum RestartOutcome
{
    /// <summary>A successor runs.</summary>
    Restarted,

    /// <summary>No successor had come when the time was over, or nobody waited for one. Its nanny goes on.</summary>
    TimedOut,

    /// <summary>It had no nanny, or its nanny has gone meanwhile, so it ended and nobody starts it again.</summary>
    NoNanny,
}

/// <summary>One worker of a restart.</summary>
public sealed class RestartRow
{
    internal RestartRow(WorkerId before, string name) => (Before, Name) = (before, name);

    /// <summary>The incarnation that was ended.</summary>
    public WorkerId Before { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What became of it.</summary>
    public RestartOutcome Outcome { get; internal set; }

    /// <summary>The incarnation that took its place, or null.</summary>
    public WorkerId? After { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Before} ({Name}) {Outcome}{(After is { } after ? $" as {after}" : string.Empty)}";
}

/// <summary>What became of the workers that were to be restarted: one row each.</summary>
public sealed class RestartReport
{
    internal RestartReport(IReadOnlyList<RestartRow> rows) => Rows = rows;

    /// <summary>The rows.</summary>
    public IReadOnlyList<RestartRow> Rows { get; }

    /// <summary>Whether a successor of each runs.</summary>
    public bool AllRestarted => Rows.All(static row => row.Outcome == RestartOutcome.Restarted);

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Rows);
}
