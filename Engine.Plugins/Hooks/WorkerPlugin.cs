namespace Engine.Plugins;

/// <summary>Code that runs with a worker. Each worker has an instance of its own.</summary>
/// <remarks>dask: <c>WorkerPlugin</c>. It is registered with a name and what makes an instance. See <see cref="SchedulerPlugin"/> for how hooks are called.</remarks>
public abstract class WorkerPlugin
{
    /// <summary>How long an asynchronous hook may take.</summary>
    /// <value>30 seconds.</value>
    public virtual TimeSpan HookTimeLimit => TimeSpan.FromSeconds(30);

    /// <summary>The worker runs. What this throws fails the registration if the worker was there before, and is logged if it came later.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="cancellationToken">Ends when the worker closes or the time limit is over.</param>
    /// <returns>Ends when the plugin is ready.</returns>
    public virtual ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken) => default;

    /// <summary>The worker closes, or the plugin is removed or replaced.</summary>
    /// <param name="cancellationToken">Ends when the time limit is over.</param>
    /// <returns>Ends when the plugin has let go of what it holds.</returns>
    public virtual ValueTask TeardownAsync(CancellationToken cancellationToken) => default;

    /// <summary>A task of this worker went from one state to another. Runs in the worker's turn: be quick.</summary>
    /// <param name="transition">Which; valid for the call.</param>
    public virtual void Transition(in TaskTransition transition)
    {
    }

    /// <summary>A function is about to be called, on the thread that will call it.</summary>
    /// <param name="key">The task; of a map's run the first.</param>
    public virtual void BeforeExecute(TaskKey key)
    {
    }

    /// <summary>A function has returned, or an asynchronous one has gone on elsewhere; on the thread that called it.</summary>
    /// <param name="key">The task; of a map's run the first.</param>
    public virtual void AfterExecute(TaskKey key)
    {
    }
}

/// <summary>What a worker's plugin can ask of its worker.</summary>
public interface IWorkerContext
{
    /// <summary>The worker's incarnation.</summary>
    WorkerId Id { get; }

    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Adds an event to a topic of the scheduler.</summary>
    /// <param name="topic">The topic; not empty.</param>
    /// <param name="content">Anything, also null.</param>
    void LogEvent(string topic, object? content);

    /// <summary>Stops new work from coming, or lets it come again. Memory can pause a worker too; it runs if neither does.</summary>
    /// <param name="paused">Whether it is to be paused.</param>
    void Pause(bool paused);

    /// <summary>Has the worker retired, and closes it if it was.</summary>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; the retirement goes on.</param>
    /// <returns>What became of it. If it was refused the worker runs on.</returns>
    Task<RetirementRow> CloseGracefullyAsync(RetirementOptions? options = null, CancellationToken cancellationToken = default);
}
