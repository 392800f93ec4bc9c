namespace Engine.Protocol.Wire;

/// <summary>What one end of a lane remembers of what it has written. Its counterpart at the other end is a <see cref="WireReceiver"/>.</summary>
internal sealed class WireSender(WireContext context)
{
    public const int WorkersMax = 1024;
    public const int OptionsMax = 64;

    public WireContext Context => context;

    public WorkCodec Work { get; } = new(context);

    public InternWriter<WorkerAddress> Workers { get; } = new(WorkersMax, ByIncarnation.Instance);

    public InternWriter<TaskOptions> Options { get; } = new(OptionsMax, ReferenceEqualityComparer.Instance);

    /// <summary>An incarnation has one address object, so this hashes its number only.</summary>
    private sealed class ByIncarnation : IEqualityComparer<WorkerAddress>
    {
        public static readonly ByIncarnation Instance = new();

        public bool Equals(WorkerAddress? x, WorkerAddress? y) => ReferenceEquals(x, y) || x == y;

        public int GetHashCode(WorkerAddress obj) => obj.Id.GetHashCode();
    }
}

/// <summary>What one end of a lane remembers of what it has read.</summary>
internal sealed class WireReceiver(WireContext context)
{
    public WireContext Context => context;

    public WorkCodec Work { get; } = new(context);

    public InternReader<WorkerAddress> Workers { get; } = new(WireSender.WorkersMax);

    public InternReader<TaskOptions> Options { get; } = new(WireSender.OptionsMax);
}
