namespace Engine;

/// <summary>How far a task is, as it said itself: the content of events of the topic <c>progress</c>.</summary>
public sealed class TaskProgress
{
    internal TaskProgress(TaskKey key, double fraction) => (Key, Fraction) = (key, fraction);

    /// <summary>The task.</summary>
    public TaskKey Key { get; }

    /// <summary>From 0 to 1.</summary>
    public double Fraction { get; }
}
