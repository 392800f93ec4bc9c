using System.Globalization;

namespace Engine.Clusters.Machine;

/// <summary>What a <see cref="SpecClusterStateMachine"/> needs to know of its cluster; see <see cref="SpecClusterOptions"/>.</summary>
internal sealed record SpecClusterSettings
{
    public required string SchedulerAddress { get; init; }

    public int Threads { get; init; } = 1;

    public long? MemoryLimit { get; init; }

    public Func<int, string> WorkerName { get; init; } = static place => place.ToString(CultureInfo.InvariantCulture);

    public TimeSpan WorkerStartTimeout { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan LostWorkerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);
}
