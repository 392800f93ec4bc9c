namespace Engine.Plugins;

/// <summary>Lets an author test a scheduler's plugin without a cluster: hooks are called as a scheduler calls them, in its order, with its isolation.</summary>
/// <remarks>
/// What the plugin asks of the scheduler is recorded. Use it from one thread. For plugins of workers and nannies no harness is needed:
/// their hooks are plain methods.
/// </remarks>
public sealed class PluginHarness : IAsyncDisposable
{
    private readonly SchedulerPluginSet _plugins;
    private readonly List<string> _failures = [];
    private readonly RecordingContext _context = new();
    private readonly Dictionary<WorkerId, WorkerInfo> _workers = [];
    private long _workerNumber;

    /// <summary>Makes a harness.</summary>
    /// <param name="time">The clock of the hooks' time limits; null for the system's.</param>
    public PluginHarness(TimeProvider? time = null) =>
        _plugins = new SchedulerPluginSet(time ?? TimeProvider.System, failure =>
        {
            lock (_failures)
            {
                _failures.Add(failure.ToString());
            }
        });

    /// <summary>What hooks have thrown, and which took longer than they may.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_failures)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>What plugins have logged.</summary>
    public IReadOnlyList<(string Topic, object? Content)> Logged => _context.Logged;

    /// <summary>Whom plugins have asked to be retired, and how.</summary>
    public IReadOnlyList<(WorkerSelector Workers, RetirementOptions? Options)> Retirements => _context.Retirements;

    /// <summary>Whom plugins have asked to be restarted.</summary>
    public IReadOnlyList<WorkerSelector> Restarts => _context.Restarts;

    /// <summary>The workers that have been added and not removed.</summary>
    public IReadOnlyCollection<WorkerInfo> Workers => _workers.Values;

    /// <summary>A row as a retirement gives it, for tests of provisioners.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="outcome">How it ended.</param>
    /// <returns>The row.</returns>
    public static RetirementRow RowOf(WorkerInfo worker, RetirementOutcome outcome = RetirementOutcome.Retired)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return new RetirementRow(worker.Id, worker.Name, worker.Address) { Outcome = outcome, Nanny = worker.Nanny, Host = worker.Host };
    }

    /// <summary>Registers a plugin, as a scheduler does.</summary>
    /// <param name="plugin">The plugin.</param>
    /// <returns>Ends when it has started.</returns>
    /// <exception cref="PluginException">It threw.</exception>
    public async Task RegisterAsync(SchedulerPlugin plugin)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        if (plugin.IsIdempotent && _plugins.Contains(plugin.Name))
        {
            return;
        }

        if (await _plugins.StartAsync(plugin, _context) is { } error)
        {
            throw new PluginException($"{plugin.Name} did not start: {error.Message}", error);
        }

        _plugins.Add(plugin);
    }

    /// <summary>A worker joins.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="threads">Tasks that it runs at the same time.</param>
    /// <param name="host">The label of its host, or null.</param>
    /// <returns>The worker.</returns>
    public WorkerInfo AddWorker(string name, int threads = 1, string? host = null)
    {
        var worker = new WorkerInfo { Id = new WorkerId(++_workerNumber), Name = name, Address = $"test://{name}", Threads = threads, Host = host };
        _workers.Add(worker.Id, worker);
        _context.Workers = [.. _workers.Values];
        _plugins.AddWorker(new WorkerAdded(worker));
        return worker;
    }

    /// <summary>A worker leaves.</summary>
    /// <param name="removed">The worker and what became of what it had.</param>
    /// <exception cref="ArgumentException">It isn't there: a scheduler tells of each worker once.</exception>
    public void RemoveWorker(WorkerRemoved removed)
    {
        ArgumentNullException.ThrowIfNull(removed);
        if (!_workers.Remove(removed.Worker.Id))
        {
            throw new ArgumentException($"{removed.Worker.Id} isn't there, or left before.", nameof(removed));
        }

        _context.Workers = [.. _workers.Values];
        _plugins.RemoveWorker(removed);
    }

    /// <summary>A worker leaves in order.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="reason">Why.</param>
    public void RemoveWorker(WorkerInfo worker, CloseReason reason = CloseReason.Retired) =>
        RemoveWorker(new WorkerRemoved { Worker = worker, Reason = reason, IsExpected = reason != CloseReason.Crashed });

    /// <summary>A worker is about to be retired.</summary>
    /// <param name="worker">The worker.</param>
    /// <returns>What plugins have answered.</returns>
    public WorkerRetiring RetireWorker(WorkerInfo worker)
    {
        var retiring = new WorkerRetiring(worker);
        _plugins.WorkerRetiring(retiring);
        return retiring;
    }

    /// <summary>Asks which workers may be chosen when a cluster shrinks.</summary>
    /// <returns>Those that plugins have left.</returns>
    public IReadOnlyList<WorkerInfo> ValidWorkersForDownscaling() => _plugins.ValidWorkersForDownscaling([.. _workers.Values]);

    /// <summary>A task goes from one state to another.</summary>
    /// <param name="transition">Which.</param>
    public void Transition(in TaskTransition transition) => _plugins.Transition(transition);

    /// <summary>Tasks are submitted.</summary>
    /// <param name="update">Which.</param>
    public void UpdateGraph(GraphUpdate update) => _plugins.UpdateGraph(update);

    /// <summary>An event is logged.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="content">Anything, also null.</param>
    public void LogEvent(string topic, object? content) => _plugins.LogEvent(topic, content);

    /// <summary>Waits until the asynchronous hooks that were called have ended, or have run out of time.</summary>
    /// <returns>Ends then.</returns>
    public Task WhenHooksHaveEndedAsync() => _plugins.WhenIdleAsync();

    /// <summary>Closes the plugins, as a scheduler does.</summary>
    /// <returns>Ends when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _plugins.BeforeCloseAsync();
        await _plugins.CloseAllAsync();
    }

    private sealed class RecordingContext : ISchedulerContext
    {
        public List<(string Topic, object? Content)> Logged { get; } = [];

        public List<(WorkerSelector Workers, RetirementOptions? Options)> Retirements { get; } = [];

        public List<WorkerSelector> Restarts { get; } = [];

        public IReadOnlyList<WorkerInfo> Workers { get; set; } = [];

        public Task<IReadOnlyList<WorkerInfo>> GetWorkersAsync(CancellationToken cancellationToken = default) => Task.FromResult(Workers);

        public void LogEvent(string topic, object? content) => Logged.Add((topic, content));

        public Task<RetirementReport> RetireWorkersAsync(
            WorkerSelector workers, RetirementOptions? options = null, CancellationToken cancellationToken = default)
        {
            Retirements.Add((workers, options));
            return Task.FromResult(new RetirementReport([]));
        }

        public Task RestartWorkersAsync(WorkerSelector workers, CancellationToken cancellationToken = default)
        {
            Restarts.Add(workers);
            return Task.CompletedTask;
        }
    }
}
