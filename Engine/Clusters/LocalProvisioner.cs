using System.Globalization;
using Engine.Nannies.Processes;
using Engine.Plugins;
using Engine.Workers;

namespace Engine.Clusters;

/// <summary>Starts the workers of a cluster within the process.</summary>
internal sealed class LocalProvisioner(LocalPlace place, LocalClusterOptions options) : IWorkerProvisioner
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, WorkerOptions> _options = [];
    private readonly List<Worker> _workers = [];
    private readonly List<LocalWorker> _hosts = [];
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The workers that were started, in order; those that have ended included.</summary>
    public IReadOnlyList<Worker> Workers
    {
        get
        {
            lock (_gate)
            {
                return [.. _workers];
            }
        }
    }

    public IReadOnlyList<LocalWorker> Hosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _hosts];
            }
        }
    }

    /// <summary>Why the first start failed, when one has; a cluster tries again, but who starts one wants to know.</summary>
    public Task<Exception> FirstFailure => _failed.Task;

    /// <summary>The options of the worker at a place: the user's callback is called once for each.</summary>
    public WorkerOptions OptionsFor(int number)
    {
        lock (_gate)
        {
            if (_options.TryGetValue(number, out var known))
            {
                return known;
            }

            var name = number.ToString(CultureInfo.InvariantCulture);
            var worker = new WorkerOptions { Name = name, Threads = options.ThreadsPerWorker, Services = options.Services, MemoryLimit = options.MemoryPerWorker };
            options.ConfigureWorker?.Invoke(number, worker);
            if (worker.Name == string.Empty)
            {
                worker.Name = name;
            }

            worker.Check();
            if (options.Processes)
            {
                WorkerLaunchCodec.Check(worker);
            }

            if (_options.Values.Any(other => other.Name == worker.Name))
            {
                throw new ArgumentException($"There is a worker {worker.Name} already. Give each a name of its own, or none.");
            }

            return _options[number] = worker;
        }
    }

    public async Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var worker = OptionsFor(spec.Place).Copy();
            worker.Name = spec.Name;
            var host = await LocalWorker.StartAsync(place, worker, options.Nannies ? options.Nanny : null, Add, cancellationToken);
            lock (_gate)
            {
                _hosts.Add(host);
            }

            return host;
        }
        catch (Exception exception)
        {
            _failed.TrySetResult(exception);
            throw;
        }
    }

    public Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken) =>
        ((LocalWorker)worker).StopAsync(row).WaitHereAsync(cancellationToken);

    public void Add(Worker worker)
    {
        lock (_gate)
        {
            _workers.Add(worker);
        }
    }
}
