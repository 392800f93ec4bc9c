namespace Engine.Plugins;

/// <summary>Code that the scheduler tells of what happens. Derive, override the hooks that you need, register it.</summary>
/// <remarks>
/// <para>
/// dask: <c>SchedulerPlugin</c>. Hooks are called after the scheduler's state has changed and after workers and clients were told.
/// Synchronous ones run in the scheduler's turn, in the order of registration, and must not wait for anything. Asynchronous ones
/// run afterwards, one after the other for each plugin, each for at most <see cref="HookTimeLimit"/>; they delay nobody.
/// </para>
/// <para>
/// What a hook throws is counted, logged in the topic <c>plugins</c>, and stops neither the scheduler nor the next plugin. What
/// hooks are given doesn't change afterwards.
/// </para>
/// </remarks>
public abstract class SchedulerPlugin
{
    /// <summary>Its name; unique among the plugins of a scheduler.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Whether a second registration under the same name is ignored. If not, it takes the place of the first, which is closed.</summary>
    public virtual bool IsIdempotent => false;

    /// <summary>How long an asynchronous hook may take.</summary>
    /// <value>30 seconds.</value>
    public virtual TimeSpan HookTimeLimit => TimeSpan.FromSeconds(30);

    /// <summary>The plugin is registered, before any other hook. What it throws refuses the registration.</summary>
    /// <param name="scheduler">What the plugin can ask of the scheduler.</param>
    /// <param name="cancellationToken">Ends when the scheduler closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is ready.</returns>
    public virtual ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken) => default;

    /// <summary>The scheduler is about to close; workers and clients are still there.</summary>
    /// <param name="cancellationToken">Ends when the time limit is over.</param>
    /// <returns>Ends when the scheduler may go on.</returns>
    public virtual ValueTask BeforeCloseAsync(CancellationToken cancellationToken) => default;

    /// <summary>The plugin is removed or replaced, or the scheduler has closed. Nothing is called afterwards.</summary>
    /// <param name="cancellationToken">Ends when the time limit is over.</param>
    /// <returns>Ends when the plugin has let go of what it holds.</returns>
    public virtual ValueTask CloseAsync(CancellationToken cancellationToken) => default;

    /// <summary>Tasks were submitted.</summary>
    /// <param name="update">Which.</param>
    public virtual void UpdateGraph(GraphUpdate update)
    {
    }

    /// <summary>A task went from one state to another. Called for every transition: be quick.</summary>
    /// <param name="transition">Which; valid for the call.</param>
    public virtual void Transition(in TaskTransition transition)
    {
    }

    /// <summary>A worker has joined. Called once for each incarnation.</summary>
    /// <param name="added">Which.</param>
    public virtual void AddWorker(WorkerAdded added)
    {
    }

    /// <inheritdoc cref="AddWorker"/>
    /// <param name="added">Which.</param>
    /// <param name="cancellationToken">Ends when the scheduler closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is done with it.</returns>
    public virtual ValueTask AddWorkerAsync(WorkerAdded added, CancellationToken cancellationToken) => default;

    /// <summary>A worker has left. Called once for each incarnation, after <see cref="AddWorker"/>, when the scheduler no longer has it.</summary>
    /// <param name="removed">Which, why, and what became of its tasks and values.</param>
    public virtual void RemoveWorker(WorkerRemoved removed)
    {
    }

    /// <inheritdoc cref="RemoveWorker"/>
    /// <param name="removed">Which, why, and what became of its tasks and values.</param>
    /// <param name="cancellationToken">Ends when the scheduler closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is done with it.</returns>
    public virtual ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken) => default;

    /// <summary>A worker was paused, runs again, or begins to leave.</summary>
    /// <param name="changed">Which, and from what to what.</param>
    public virtual void WorkerStatusChanged(WorkerStatusChanged changed)
    {
    }

    /// <summary>A worker is about to be retired: the plugin may hold it back, or add work that has to end first.</summary>
    /// <param name="retiring">Which; takes the plugin's answer.</param>
    public virtual void WorkerRetiring(WorkerRetiring retiring)
    {
    }

    /// <summary>Says which workers may be chosen when a cluster shrinks.</summary>
    /// <param name="workers">Those that may be chosen so far; a plugin can only take away.</param>
    /// <returns>Those that may still be chosen. What it throws counts as no opinion.</returns>
    public virtual IReadOnlyList<WorkerInfo> ValidWorkersForDownscaling(IReadOnlyList<WorkerInfo> workers) => workers;

    /// <summary>A client has connected.</summary>
    /// <param name="client">Which.</param>
    public virtual void AddClient(ClientId client)
    {
    }

    /// <summary>A client has gone; its futures are given up.</summary>
    /// <param name="client">Which.</param>
    public virtual void RemoveClient(ClientId client)
    {
    }

    /// <summary>An event was logged.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="content">What was logged; may be null.</param>
    public virtual void LogEvent(string topic, object? content)
    {
    }

    /// <summary>All tasks were forgotten and all workers are being restarted, at a client's wish.</summary>
    public virtual void Restart()
    {
    }
}

/// <summary>What a scheduler's plugin can ask of the scheduler, at any time and from any thread. Nothing here waits for a hook.</summary>
public interface ISchedulerContext
{
    /// <summary>Looks at the workers.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Those that are members now.</returns>
    Task<IReadOnlyList<WorkerInfo>> GetWorkersAsync(CancellationToken cancellationToken = default);

    /// <summary>Adds an event to a topic.</summary>
    /// <param name="topic">The topic; not empty.</param>
    /// <param name="content">Anything, also null.</param>
    void LogEvent(string topic, object? content);

    /// <summary>Retires workers: what they hold is moved, what runs is waited for, then they are taken from the cluster.</summary>
    /// <param name="workers">Which.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; the retirement goes on.</param>
    /// <returns>A row for each.</returns>
    /// <exception cref="UnknownWorkerException">One that was named is no member.</exception>
    Task<RetirementReport> RetireWorkersAsync(WorkerSelector workers, RetirementOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Has workers replaced by fresh ones, by their nannies.</summary>
    /// <param name="workers">Which.</param>
    /// <param name="cancellationToken">Gives up waiting; the restart goes on.</param>
    /// <returns>Ends when the nannies were told.</returns>
    /// <exception cref="UnknownWorkerException">One that was named is no member.</exception>
    /// <exception cref="ArgumentException">One has no nanny.</exception>
    Task RestartWorkersAsync(WorkerSelector workers, CancellationToken cancellationToken = default);
}
