using System.Globalization;

namespace Engine.Protocol;

/// <summary>The engine's own copy of what a user asked for a task; null where all is default. Immutable.</summary>
internal sealed record TaskOptions
{
    public short Priority { get; init; }

    public int Retries { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>The user's name for the key, or null.</summary>
    public string? Name { get; init; }

    public KeyValuePair<string, double>[] Resources { get; init; } = [];

    /// <summary>Names or addresses; empty for all workers.</summary>
    public string[] Workers { get; init; } = [];

    public bool AllowOtherWorkers { get; init; }

    /// <summary>How many workers shall hold the value before its client is told; 1 for computed values.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Whether the resources of a worker, idle or not, are enough.</summary>
    public bool Meets(IReadOnlyDictionary<string, double> supplied)
    {
        foreach (var (name, amount) in Resources)
        {
            if (supplied.GetValueOrDefault(name) < amount)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a worker is among those that were asked for.</summary>
    public bool Allows(WorkerAddress worker) =>
        Workers.Length == 0 || Array.IndexOf(Workers, worker.Name) >= 0 || Array.IndexOf(Workers, worker.Address) >= 0;

    public string DescribeRestriction()
    {
        var parts = new List<string>();
        if (Workers.Length > 0)
        {
            parts.Add($"workers: {string.Join(", ", Workers)}");
        }

        if (Resources.Length > 0)
        {
            parts.Add($"resources: {string.Join(", ", Resources.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}")))}");
        }

        return string.Join("; ", parts);
    }

    public bool IsRestricted => Workers.Length > 0 || Resources.Length > 0;
}
