using Engine.Clusters;
using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling;

namespace Engine;

/// <summary>A scheduler with workers whose hosts a provisioner starts and ends; it keeps as many as are wanted.</summary>
/// <remarks>
/// <para>
/// dask: <c>SpecCluster</c>. Starts that fail are tried again one by one, with growing pauses. A worker that is gone unexpectedly is
/// replaced. A worker leaves through retirement only: its host is ended with the row of the report that says so, and a worker that is
/// refused stays.
/// </para>
/// <para>What goes wrong is logged in the topic <c>cluster</c>: a <see cref="ClusterError"/>, or the <see cref="RetirementRow"/> of a refusal.</para>
/// </remarks>
public sealed class SpecCluster : IAsyncDisposable
{
    private readonly SpecClusterComponent _component;
    private readonly Func<ClientOptions?, CancellationToken, Task<Client>> _connect;

    internal SpecCluster(SpecClusterComponent component, Func<ClientOptions?, CancellationToken, Task<Client>> connect) =>
        (_component, _connect) = (component, connect);

    /// <summary>Starts a scheduler within the process, and as many workers as are wanted.</summary>
    /// <param name="provisioner">Starts and ends the hosts of workers.</param>
    /// <param name="options">The workers; null for the defaults.</param>
    /// <param name="scheduler">How the scheduler decides; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the start up; what was started is closed.</param>
    /// <returns>The cluster, when its workers are members. Starts that fail are tried again until then.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static async Task<SpecCluster> StartAsync(
        IWorkerProvisioner provisioner, SpecClusterOptions? options = null, SchedulerOptions? scheduler = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(provisioner);
        options ??= new SpecClusterOptions();
        var transport = InProcTransport.Shared;
        var meter = EngineMeter.Of(options.MeterFactory);
        var component = new Scheduler(scheduler ?? new SchedulerOptions(), transport, options.TimeProvider, meter: meter);
        SpecCluster? cluster = null;
        try
        {
            await component.StartAsync(options.TaskScheduler, cancellationToken);
            var own = new ClusterScheduler(component, transport, options.TaskScheduler, options.TimeProvider, meter);
            var cares = new SpecClusterComponent(own, provisioner, options, options.TimeProvider, options.TaskScheduler);
            cares.Start();
            cluster = new SpecCluster(cares, (client, token) =>
            {
                var copy = (client ?? new ClientOptions()).Copy();
                copy.Meter = meter;
                return Client.ConnectAsync(transport, component.Address, copy, token, options.TaskScheduler, options.TimeProvider);
            });
            await cluster.ScaleAsync(options.Workers, null, cancellationToken);
            return cluster;
        }
        catch
        {
            await (cluster?.DisposeAsync().AsTask() ?? component.CloseAsync());
            throw;
        }
    }

    /// <summary>Where clients and workers connect.</summary>
    public string SchedulerAddress => _component.SchedulerAddress;

    /// <summary>Connects a client.</summary>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ConnectionClosedException">The cluster is closed.</exception>
    public Task<Client> ConnectAsync(ClientOptions? options = null, CancellationToken cancellationToken = default) => _connect(options, cancellationToken);

    /// <summary>Changes the number of workers. The last call counts; it ends adaptive scaling.</summary>
    /// <remarks>
    /// dask: <c>Cluster.scale</c>. Those go first that have not arrived, then those that the scheduler misses least: idle ones, and of them
    /// those that hold least. Nothing that they hold is lost.
    /// </remarks>
    /// <param name="workers">From 0 to 1,000,000.</param>
    /// <param name="options">How workers are retired; null for the defaults: they end what runs there, however long it takes.</param>
    /// <param name="cancellationToken">Gives up waiting. The change goes on.</param>
    /// <returns>
    /// Ends when the cluster has that size, when it can't get so small because workers stay, or when a later call changed the size. Starts
    /// that fail don't end it: they are tried again (<see cref="GetStatusAsync"/> tells the errors).
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The cluster is closed, or was closed meanwhile.</exception>
    public Task<ScaleReport> ScaleAsync(int workers, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        ScaleAsync(ClusterSize.Workers(workers), options, cancellationToken);

    /// <inheritdoc cref="ScaleAsync(int, RetirementOptions?, CancellationToken)"/>
    /// <param name="size">How large: in workers, bytes or threads.</param>
    /// <param name="options">How workers are retired; null for the defaults: they end what runs there, however long it takes.</param>
    /// <param name="cancellationToken">Gives up waiting. The change goes on.</param>
    /// <exception cref="InvalidOperationException">The size is in bytes, and the workers have no memory limit.</exception>
    public Task<ScaleReport> ScaleAsync(ClusterSize size, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        _component.ScaleAsync(size, options, cancellationToken);

    /// <summary>Adapts the number of workers to the load from now on.</summary>
    /// <remarks>dask: <c>Cluster.adapt</c>. There is one loop: a second call changes its options. A call of <c>ScaleAsync</c> ends it.</remarks>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The adaptive scaling, to stop it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The cluster is closed.</exception>
    public Adaptive Adapt(AdaptiveOptions? options = null) => _component.Adapt(options ?? new AdaptiveOptions());

    /// <inheritdoc cref="Adapt(AdaptiveOptions?)"/>
    /// <param name="minimum">Workers that there are at least.</param>
    /// <param name="maximum">Workers that there are at most.</param>
    public Adaptive Adapt(int minimum, int maximum) => Adapt(new AdaptiveOptions { Minimum = minimum, Maximum = maximum });

    /// <summary>Looks at the workers: what is wanted, what is there, and what went wrong last.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>A snapshot.</returns>
    /// <exception cref="ObjectDisposedException">The cluster is closed.</exception>
    public Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _component.GetStatusAsync(cancellationToken);

    /// <summary>Closes the cluster: the scheduler with its clients and workers, then all hosts. Starts that are under way are cancelled. Idempotent.</summary>
    /// <returns>
    /// Ends when no host is left. A provisioner that does not answer is waited for no longer than <see cref="SpecClusterOptions.StopTimeLimit"/>;
    /// what it may have left is logged.
    /// </returns>
    public ValueTask DisposeAsync() => new(_component.CloseAsync());

    /// <summary>Options that don't change when their owner changes them later.</summary>
    internal static RetirementOptions Copy(RetirementOptions options)
    {
        options.Validate();
        return new RetirementOptions
        {
            Deadline = options.Deadline,
            RunningTasks = options.RunningTasks,
            OnDeadline = options.OnDeadline,
            CloseWorkers = options.CloseWorkers,
        };
    }
}
