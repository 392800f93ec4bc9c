using System.Runtime.ExceptionServices;
using Engine.Clusters;
using Engine.Diagnostics;
using Engine.Nannies;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Runtime;
using Engine.Scheduling;
using Engine.Workers;

namespace Engine;

/// <summary>A scheduler within the process, and workers: within it too, or processes of their own (<see cref="LocalClusterOptions.Processes"/>).</summary>
/// <remarks>dask: <c>LocalCluster</c>. It opens no socket if its workers are within the process, and otherwise only such as this user can reach.</remarks>
public sealed class LocalCluster : IAsyncDisposable
{
    private readonly LocalClusterOptions _options;
    private readonly EngineMeter _meter;
    private readonly LocalProcesses? _processes;
    private readonly ITransport _transport;
    private readonly Scheduler _scheduler;
    private LocalProvisioner? _provisioner;
    private SpecCluster? _cluster;

    private LocalCluster(LocalClusterOptions options)
    {
        (_options, _meter) = (options, EngineMeter.Of(options.MeterFactory));
        var near = options.CreateTransport?.Invoke() ?? new InProcTransport();
        _processes = options.Processes ? new LocalProcesses(near, options.Serializers) : null;
        var all = _processes?.Transport ?? near;
        _transport = options.WrapTransport?.Invoke(all) ?? all;
        _scheduler = new Scheduler(
            options.Scheduler, _transport, options.TimeProvider, options.Processes ? [$"{near.Scheme}://", LocalProcesses.ListenAddress] : null, _meter);
    }

    /// <summary>The scheduler, for tests.</summary>
    internal Scheduler Scheduler => _scheduler;

    /// <summary>The workers within the process that were started, in order; those that have closed included.</summary>
    internal IReadOnlyList<Worker> Workers => _provisioner!.Workers;

    /// <summary>The nannies that were started, in order; those that have ended included.</summary>
    internal IReadOnlyList<Nanny> Nannies => [.. _provisioner!.Hosts.Select(static host => host.Nanny).OfType<Nanny>()];

    /// <summary>How its components are connected, for tests.</summary>
    internal ITransport Transport => _transport;

    /// <summary>The part that keeps the number of workers, for tests.</summary>
    internal SpecClusterComponent? Component { get; private set; }

    /// <summary>Starts a cluster; all its workers are there when the task ends.</summary>
    /// <param name="options">How it is made; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the start up; what was started is closed.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static async Task<LocalCluster> StartAsync(LocalClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LocalClusterOptions();
        options.Check();
        var cluster = new LocalCluster(options);
        try
        {
            await cluster.StartAsync(cancellationToken);
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
    public Task<Client> ConnectAsync(ClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = (options ?? new ClientOptions()).Copy();
        (options.Serializers, options.Meter) = (_options.Serializers, _meter);
        return Client.ConnectAsync(_transport, _scheduler.Address, options, cancellationToken, _options.TaskScheduler, _options.TimeProvider, hasSession: true);
    }

    /// <inheritdoc cref="SpecCluster.ScaleAsync(int, RetirementOptions?, CancellationToken)"/>
    public Task<ScaleReport> ScaleAsync(int workers, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        _cluster!.ScaleAsync(workers, options, cancellationToken);

    /// <inheritdoc cref="SpecCluster.ScaleAsync(ClusterSize, RetirementOptions?, CancellationToken)"/>
    public Task<ScaleReport> ScaleAsync(ClusterSize size, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        _cluster!.ScaleAsync(size, options, cancellationToken);

    /// <inheritdoc cref="SpecCluster.Adapt(AdaptiveOptions?)"/>
    public Adaptive Adapt(AdaptiveOptions? options = null) => _cluster!.Adapt(options);

    /// <inheritdoc cref="SpecCluster.Adapt(int, int)"/>
    public Adaptive Adapt(int minimum, int maximum) => _cluster!.Adapt(minimum, maximum);

    /// <inheritdoc cref="SpecCluster.GetStatusAsync"/>
    public Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _cluster!.GetStatusAsync(cancellationToken);

    /// <summary>Closes the cluster: clients are told, running functions are cancelled through their tokens. Idempotent.</summary>
    /// <returns>A task that ends when all components have.</returns>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is { } cluster)
        {
            await cluster.DisposeAsync();
            await Task.WhenAll(Workers.Select(static worker => worker.CloseAsync(CloseReason.UserRequest, "the cluster closed").OnOwnScheduler()));
        }
        else
        {
            await _scheduler.CloseAsync();
        }

        if (_processes is { } processes)
        {
            await processes.DisposeAsync();
        }
    }

    /// <summary>Starts one more worker, beside those that the cluster keeps; it is there when the task ends.</summary>
    internal async Task AddWorkerAsync(WorkerOptions options, bool validate, CancellationToken cancellationToken)
    {
        options.Check();
        if (Workers.Any(worker => worker.Name == options.Name))
        {
            throw new ArgumentException($"There is a worker {options.Name} already. Give each a name of its own, or none.", nameof(options));
        }

        await LocalWorker.StartAsync(Place(validate), options.Copy(), null, _provisioner!.Add, cancellationToken);
    }

    /// <summary>Where its workers live; for tests that start one more host there.</summary>
    internal LocalPlace Place(bool validate) => new(_transport, _scheduler.Address, _options.TimeProvider, _options.TaskScheduler, validate)
    {
        HeartbeatTime = _options.HeartbeatTime ?? PulseTimeProvider.For(_options.TimeProvider),
        Serializers = _options.Serializers,
        FunctionScheduler = _options.FunctionScheduler,
        Meter = _meter,
        Processes = _processes?.PlaceOf(_scheduler, validate),
    };

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _scheduler.StartAsync(_options.TaskScheduler, cancellationToken);
        var provisioner = new LocalProvisioner(Place(_options.Scheduler.Validate), _options);
        for (var number = 0; number < _options.Workers; number++)
        {
            provisioner.OptionsFor(number); // What is wrong with them is said at once, and not by a start that is tried again and again.
        }

        _provisioner = provisioner;
        var scheduler = new ClusterScheduler(_scheduler, _transport, _options.TaskScheduler, _options.TimeProvider, _meter);
        Component = new SpecClusterComponent(
            scheduler,
            provisioner,
            new SpecClusterOptions
            {
                ThreadsPerWorker = _options.ThreadsPerWorker,
                MemoryPerWorker = _options.MemoryPerWorker,
                WorkerName = NameOf,
                MeterFactory = _options.MeterFactory,
            },
            _options.TimeProvider,
            _options.TaskScheduler,
            _options.Scheduler.Validate);
        Component.Start();
        _cluster = new SpecCluster(Component, ConnectAsync);
        for (var count = _options.Processes ? _options.Workers : 1; count <= _options.Workers; count++)
        {
            // One by one, so that the incarnations follow the places: that is what people expect of numbers. Processes take too long for that.
            var scaled = _cluster.ScaleAsync(count, null, cancellationToken);
            if (await Task.WhenAny(scaled, provisioner.FirstFailure.OnOwnScheduler()) != scaled)
            {
                scaled.Ignore(); // That a start has failed is what is told.
                ExceptionDispatchInfo.Throw(await provisioner.FirstFailure);
            }

            await scaled;
        }

        string NameOf(int place)
        {
            try
            {
                return provisioner.OptionsFor(place).Name;
            }
#pragma warning disable CA1031 // The user's callback: its start will fail for the same reason, and say so.
            catch (Exception)
#pragma warning restore CA1031
            {
                return string.Empty;
            }
        }
    }
}
