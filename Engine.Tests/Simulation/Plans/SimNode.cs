using Engine.Protocol;

namespace Engine.Tests.Simulation.Plans;

/// <summary>What a test knows of a task by itself: how it should end.</summary>
internal sealed class SimNode(TaskKey key, SimWork work, int element, SimNode[] inputs, TaskOptions? options)
{
    private long? _value;

    public TaskKey Key => key;

    public SimWork Work => work;

    public SimNode[] Inputs => inputs;

    public TaskOptions? Options => options;

    /// <summary>A client has cancelled it, or restarted all.</summary>
    public bool WasCancelled { get; set; }

    /// <summary>A client has asked for it once more after it failed.</summary>
    public bool WasRetried { get; set; }

    /// <summary>Something happened to its value, so that it may be lost or computed again: what it was.</summary>
    public string? Excuse { get; set; }

    /// <summary>How often a worker died unannounced that had it.</summary>
    public int BlameCount { get; set; }

    /// <summary>It was submitted with an input that its client didn't hold.</summary>
    public bool HasForeignInput { get; init; }

    /// <summary>The value that it has if it ends well, computed by the test.</summary>
    public long Value => _value ??= SimWork.Compute(work.Seed, element, [.. inputs.Select(static input => input.Value)]);

    public bool AnyLine(Func<SimNode, bool> predicate) => predicate(this) || inputs.Any(input => input.AnyLine(predicate));

    public override string ToString() => $"{key} = {work}({string.Join(", ", inputs.Select(static input => input.Key))})";
}
