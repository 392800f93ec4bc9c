using Engine.Nannies.Machine;
using Engine.Plugins;

namespace Engine;

/// <summary>How a nanny looks after its worker. Copied when it starts.</summary>
/// <remarks>dask: the options of <c>Nanny</c> and <c>dask worker</c>.</remarks>
public sealed class NannyOptions
{
    private static readonly TimeSpan s_max = TimeSpan.FromDays(49);

    /// <summary>Restarts after unexpected ends, within <see cref="RestartWindow"/>; one more and the nanny fails and says why.</summary>
    /// <value>5.</value>
    public int RestartsMax { get; set; } = 5;

    /// <summary>See <see cref="RestartsMax"/>.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan RestartWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time before the second such restart within the window; twice as long before each further one, at most 30 seconds. The first is at once.</summary>
    /// <value>0.1 seconds.</value>
    public TimeSpan BackOff { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a worker that was asked to end may take before it is killed.</summary>
    /// <value>5 seconds.</value>
    public TimeSpan KillGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the scheduler may be out of reach before nanny and worker end.</summary>
    /// <value>1 minute.</value>
    /// <remarks>dask: <c>--death-timeout</c>.</remarks>
    public TimeSpan DeathTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a worker lives before it is retired; null: for ever.</summary>
    /// <value>null.</value>
    /// <remarks>dask: <c>--lifetime</c>.</remarks>
    public TimeSpan? Lifetime { get; set; }

    /// <summary>By how much lifetimes differ, at most, so that not all workers leave at once; each nanny has its own part of it, more or less.</summary>
    /// <value>0.</value>
    /// <remarks>dask: <c>--lifetime-stagger</c>.</remarks>
    public TimeSpan LifetimeStagger { get; set; }

    /// <summary>Whether a successor follows a worker whose lifetime is over.</summary>
    /// <value>false.</value>
    /// <remarks>dask: <c>--lifetime-restart</c>.</remarks>
    public bool LifetimeRestart { get; set; }

    /// <summary>Plugins that it has from the start, by name: what makes an instance.</summary>
    /// <value>Empty.</value>
    public IDictionary<string, Func<NannyPlugin>> Plugins { get; init; } = new Dictionary<string, Func<NannyPlugin>>(StringComparer.Ordinal);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(RestartsMax);
        Require(RestartWindow, TimeSpan.Zero, nameof(RestartWindow));
        Require(BackOff, TimeSpan.Zero, nameof(BackOff));
        Require(KillGrace, TimeSpan.Zero, nameof(KillGrace));
        Require(DeathTimeout, TimeSpan.Zero, nameof(DeathTimeout));
        Require(Lifetime ?? s_max, TimeSpan.FromMilliseconds(1), nameof(Lifetime));
        Require(LifetimeStagger, TimeSpan.Zero, nameof(LifetimeStagger));
        if (LifetimeStagger >= Lifetime)
        {
            throw new ArgumentOutOfRangeException(nameof(LifetimeStagger), LifetimeStagger, "NannyOptions.LifetimeStagger must be shorter than Lifetime.");
        }
    }

    /// <param name="id">Its part of the stagger follows from it.</param>
    /// <param name="worker">The options of its worker.</param>
    internal NannySettings ToSettings(NannyId id, WorkerOptions worker) => new()
    {
        RestartsMax = RestartsMax,
        RestartWindow = RestartWindow,
        BackOff = BackOff,
        KillGrace = KillGrace,
        DeathTimeout = DeathTimeout,
        Lifetime = Lifetime + (LifetimeStagger * StaggerOf(id)),
        LifetimeRestart = LifetimeRestart,
        TerminateBytes = worker is { MemoryLimit: { } limit, MemoryTerminate: { } part } ? (long)(limit * part) : null,
    };

    /// <summary>From -1 to 1, another for each nanny.</summary>
    internal static double StaggerOf(NannyId id) => (BitConverter.ToUInt32(id.Value.ToByteArray(), 0) / (double)uint.MaxValue * 2) - 1;

    private static void Require(TimeSpan time, TimeSpan min, string name)
    {
        if (time < min || time > s_max)
        {
            throw new ArgumentOutOfRangeException(name, time, $"NannyOptions.{name} must be from {min} to 49 days.");
        }
    }
}
