namespace Engine.Plugins;

/// <summary>Code that runs with a nanny. Each nanny has an instance of its own.</summary>
/// <remarks>dask: <c>NannyPlugin</c>. It is registered with a name and what makes an instance. See <see cref="SchedulerPlugin"/> for how hooks are called.</remarks>
public abstract class NannyPlugin
{
    /// <summary>Whether a worker that runs when the plugin is registered is restarted, so that it holds for it too.</summary>
    public virtual bool RestartsWorker => false;

    /// <summary>How long an asynchronous hook may take.</summary>
    /// <value>30 seconds.</value>
    public virtual TimeSpan HookTimeLimit => TimeSpan.FromSeconds(30);

    /// <summary>A worker is about to be started.</summary>
    /// <param name="start">How; its environment can be changed.</param>
    /// <param name="cancellationToken">Ends when the nanny closes or the time limit is over.</param>
    /// <returns>Ends when it may be started.</returns>
    public virtual ValueTask BeforeStartAsync(WorkerStart start, CancellationToken cancellationToken) => default;

    /// <summary>A worker has been started and runs.</summary>
    /// <param name="worker">Its incarnation.</param>
    /// <param name="cancellationToken">Ends when the nanny closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is done with it.</returns>
    public virtual ValueTask AfterStartAsync(WorkerId worker, CancellationToken cancellationToken) => default;

    /// <summary>A worker has ended.</summary>
    /// <param name="exit">Why, and what the nanny will do.</param>
    /// <param name="cancellationToken">Ends when the nanny closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is done with it.</returns>
    public virtual ValueTask AfterExitAsync(WorkerExit exit, CancellationToken cancellationToken) => default;

    /// <summary>The nanny closes, or the plugin is removed or replaced.</summary>
    /// <param name="cancellationToken">Ends when the time limit is over.</param>
    /// <returns>Ends when the plugin has let go of what it holds.</returns>
    public virtual ValueTask TeardownAsync(CancellationToken cancellationToken) => default;
}

/// <summary>A worker that is about to be started.</summary>
public sealed class WorkerStart
{
    /// <summary>Makes a start.</summary>
    /// <param name="name">The worker's name.</param>
    public WorkerStart(string name) => Name = name;

    /// <summary>The worker's name.</summary>
    public string Name { get; }

    /// <summary>Variables of its environment, by name. A worker within the process finds them in its task contexts, a process has them set.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>What a nanny does when its worker has ended.</summary>
public enum NannyAction
{
    /// <summary>It closes too.</summary>
    CloseTogether,

    /// <summary>It starts a successor.</summary>
    Restart,

    /// <summary>It fails, and says why.</summary>
    Fail,
}

/// <summary>A worker has ended.</summary>
/// <param name="Worker">Its incarnation; number 0 if it never was let in.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">Why, for people.</param>
/// <param name="Action">What its nanny does now.</param>
public sealed record WorkerExit(WorkerId Worker, CloseReason Reason, string Detail, NannyAction Action);
