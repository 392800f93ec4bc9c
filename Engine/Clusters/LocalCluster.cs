using System.Globalization;
using Engine.Nannies;
using Engine.Protocol;
using Engine.Scheduling;
using Engine.Workers;

namespace Engine;

/// <summary>A scheduler and workers within the process.</summary>
/// <remarks>dask: <c>LocalCluster(processes=False)</c>. It opens no socket.</remarks>
public sealed class LocalCluster : IAsyncDisposable
{
    private readonly InProcTransport _transport = new();
    private readonly TimeProvider _time;
    private readonly TaskScheduler _taskScheduler;
    private readonly Scheduler _scheduler;
    private readonly List<Worker> _workers = [];
    private readonly List<Nanny> _nannies = [];
    private readonly LocalClusterOptions _options;

    private LocalCluster(LocalClusterOptions options)
    {
        (_options, _time, _taskScheduler) = (options, options.TimeProvider, options.TaskScheduler);
        _scheduler = new Scheduler(options.Scheduler, _transport, _time);
    }

    /// <summary>The scheduler, for tests.</summary>
    internal Scheduler Scheduler => _scheduler;

    /// <summary>The workers that were started, in order; those that have closed included.</summary>
    internal IReadOnlyList<Worker> Workers
    {
        get
        {
            lock (_workers)
            {
                return [.. _workers];
            }
        }
    }

    /// <summary>The nannies that were started, in order; those that have ended included.</summary>
    internal IReadOnlyList<Nanny> Nannies => _nannies;

    /// <summary>How its components are connected, for tests.</summary>
    internal InProcTransport Transport => _transport;

    /// <summary>Starts a cluster; all its workers are there when the task ends.</summary>
    /// <param name="options">How it is made; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the start up; what was started is closed.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static async Task<LocalCluster> StartAsync(LocalClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LocalClusterOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Workers, nameof(options.Workers));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ThreadsPerWorker, 1, nameof(options.ThreadsPerWorker));
        ArgumentNullException.ThrowIfNull(options.TimeProvider, nameof(options.TimeProvider));
        ArgumentNullException.ThrowIfNull(options.TaskScheduler, nameof(options.TaskScheduler));
        ArgumentNullException.ThrowIfNull(options.Scheduler, nameof(options.Scheduler));
        var cluster = new LocalCluster(options);
        try
        {
            await cluster._scheduler.StartAsync(cluster._taskScheduler, cancellationToken);
            for (var i = 0; i < options.Workers; i++)
            {
                await cluster.AddWorkerAsync(WorkerOptionsFor(options, i), options.Scheduler.Validate, cancellationToken);
            }
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        return cluster;
    }

    /// <summary>Connects a client.</summary>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ConnectionClosedException">The cluster is closed.</exception>
    public Task<Client> ConnectAsync(ClientOptions? options = null, CancellationToken cancellationToken = default) =>
        Client.ConnectAsync(_transport, _scheduler.Address, options ?? new ClientOptions(), cancellationToken, _taskScheduler, _time);

    /// <summary>Closes the cluster: clients are told, running functions are cancelled through their tokens. Idempotent.</summary>
    /// <returns>A task that ends when all components have.</returns>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nannies.Select(static nanny => nanny.CloseAsync(CloseReason.UserRequest, "the cluster closed")));
        await Task.WhenAll(Workers.Select(static worker => worker.CloseAsync(CloseReason.UserRequest, "the cluster closed")));
        await _scheduler.CloseAsync();
    }

    private static WorkerOptions WorkerOptionsFor(LocalClusterOptions options, int place)
    {
        var worker = new WorkerOptions
        {
            Name = place.ToString(CultureInfo.InvariantCulture),
            Threads = options.ThreadsPerWorker,
            Services = options.Services,
        };
        var name = worker.Name;
        options.ConfigureWorker?.Invoke(place, worker);
        if (worker.Name == string.Empty)
        {
            worker.Name = name;
        }

        return worker;
    }

    /// <summary>Starts one more worker; it is there when the task ends.</summary>
    internal async Task AddWorkerAsync(WorkerOptions options, bool validate, CancellationToken cancellationToken)
    {
        options.Check();
        if (Workers.Any(worker => worker.Name == options.Name))
        {
            throw new ArgumentException($"There is a worker {options.Name} already. Give each a name of its own, or none.", nameof(options));
        }

        if (_options.Nannies)
        {
            var launcher = new InProcWorkerLauncher(options.Copy(), _transport, _scheduler.Address, _time, _taskScheduler, validate, Add);
            var id = NannyId.New();
            var nanny = new Nanny(id, options.Name, options.Host, _options.Nanny.ToSettings(id, options), launcher, _transport, _scheduler.Address, _time);
            _nannies.Add(nanny);
            await nanny.StartAsync(_taskScheduler, cancellationToken);
            return;
        }

        var worker = new Worker(options.Copy(), _transport, _scheduler.Address, _time, validate);
        Add(worker);
        await worker.StartAsync(_taskScheduler, cancellationToken);
    }

    private void Add(Worker worker)
    {
        lock (_workers)
        {
            _workers.Add(worker);
        }
    }
}
