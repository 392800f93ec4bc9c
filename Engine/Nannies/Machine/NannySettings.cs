namespace Engine.Nannies.Machine;

/// <summary>What a nanny's decisions depend on beside events. Copied from the options when a nanny starts.</summary>
internal sealed record NannySettings
{
    /// <summary>Unintended restarts within <see cref="RestartWindow"/> that are allowed; one more and the nanny fails.</summary>
    public int RestartsMax { get; init; } = 5;

    public TimeSpan RestartWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Time before the second unintended restart within the window; doubled with each further one. The first is at once.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a worker that was asked to end may take before it is killed, and a killed one before the nanny gives up on seeing it dead.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the scheduler may be gone before the nanny closes. dask: <c>death-timeout</c>.</summary>
    public TimeSpan DeathTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between attempts to reach the scheduler.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a worker lives before it is retired, with its stagger; null: for ever.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Whether a successor follows a worker whose lifetime is over.</summary>
    public bool LifetimeRestart { get; init; }

    /// <summary>Bytes at which the worker is killed; null: never.</summary>
    public long? TerminateBytes { get; init; }
}
