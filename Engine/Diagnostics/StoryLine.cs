using System.Globalization;

namespace Engine;

/// <summary>One transition of a task at the scheduler.</summary>
/// <remarks>dask: an entry of <c>Scheduler.story</c>.</remarks>
public sealed class StoryLine
{
    internal StoryLine(TaskKey key, long step, string start, string finish, string stimulus, WorkerId worker, int attempt) =>
        (Key, Step, Start, Finish, Stimulus, Worker, Attempt) = (key, step, start, finish, stimulus, worker, attempt);

    /// <summary>The task.</summary>
    public TaskKey Key { get; }

    /// <summary>The scheduler's step; lines with one number happened together.</summary>
    public long Step { get; }

    /// <summary>The state that it left.</summary>
    public string Start { get; }

    /// <summary>The state that it took.</summary>
    public string Finish { get; }

    /// <summary>What caused it.</summary>
    public string Stimulus { get; }

    /// <summary>The worker it was on, or number 0 if on none.</summary>
    public WorkerId Worker { get; }

    /// <summary>How often it had been assigned.</summary>
    public int Attempt { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Key} {Start} -> {Finish} ({Stimulus}, step {Step}{(Worker.Number > 0 ? $", {Worker}, attempt {Attempt}" : string.Empty)})");
}
