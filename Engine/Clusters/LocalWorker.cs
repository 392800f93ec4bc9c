using Engine.Data.Serialization;
using Engine.Diagnostics;
using Engine.Nannies;
using Engine.Nannies.Processes;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;
using Engine.Workers;

namespace Engine;

/// <summary>A worker within this process, with a nanny if it is to have one: what a provisioner can start where a machine would be too much.</summary>
/// <remarks>dask: <c>Nanny</c> and <c>Worker</c> as a program starts them.</remarks>
public sealed class LocalWorker : ProvisionedWorker
{
    private readonly Nanny? _nanny;
    private readonly Worker? _worker;

    private readonly LocalPlace _place;

    private LocalWorker(string name, Nanny nanny, LocalPlace place)
        : base(name, nanny.Ended) => (_nanny, _place) = (nanny, place);

    private LocalWorker(string name, Worker worker, LocalPlace place)
        : base(name, worker.Ended) => (_worker, _place) = (worker, place);

    internal Nanny? Nanny => _nanny;

    /// <summary>Starts a worker of a <see cref="SpecCluster"/>; it is a member when the task ends.</summary>
    /// <param name="spec">What is wanted.</param>
    /// <param name="options">More about the worker; null for the defaults. Name, threads and memory limit are those of the spec.</param>
    /// <param name="nanny">How its nanny looks after it; null: it has none.</param>
    /// <param name="cancellationToken">Gives the start up; what was started is ended.</param>
    /// <returns>The worker.</returns>
    /// <exception cref="WorkerRefusedException">It was not let in.</exception>
    /// <exception cref="ConnectionClosedException">There is no such scheduler in this process.</exception>
    public static Task<LocalWorker> StartAsync(
        WorkerSpec spec, WorkerOptions? options = null, NannyOptions? nanny = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var copy = (options ?? new WorkerOptions()).Copy();
        (copy.Name, copy.Threads, copy.MemoryLimit) = (spec.Name, spec.Threads, spec.MemoryLimit);
        var place = new LocalPlace(InProcTransport.Shared, spec.SchedulerAddress, TimeProvider.System, TaskScheduler.Default, Validate: false);
        return StartAsync(place, copy, nanny, null, cancellationToken);
    }

    /// <summary>Ends the worker, and its nanny. Idempotent.</summary>
    /// <param name="row">What became of it: that it was retired or has vanished.</param>
    /// <returns>Ends when it is gone.</returns>
    /// <exception cref="InvalidOperationException">It was refused, so it is needed where it is.</exception>
    public Task StopAsync(RetirementRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Outcome == RetirementOutcome.Refused
            ? throw new InvalidOperationException($"{row.Id} ({row.Name}) was refused ({row.Refusal}): it holds what others need. Don't end it.")
            : CloseAsync(CloseReason.HostStopping, $"its host ends: {row}");
    }

    /// <summary>Has the worker retired, and ends it with its nanny if it was: what a host does that stops and has some time left.</summary>
    /// <param name="options">How; null for the defaults. A deadline keeps it within the host's time.</param>
    /// <param name="cancellationToken">Gives up waiting; the retirement goes on.</param>
    /// <returns>What became of it. If it was refused it runs on.</returns>
    public async Task<RetirementRow> CloseGracefullyAsync(RetirementOptions? options = null, CancellationToken cancellationToken = default)
    {
        await using var client = await Client.ConnectAsync(
            _place.Transport, _place.SchedulerAddress, new ClientOptions { Name = $"{Name} stops", Meter = _place.Meter }, cancellationToken, _place.TaskScheduler, _place.Time);
        var id = _nanny?.Worker ?? _worker!.Self.Id;
        var row = (await client.RetireWorkersAsync(WorkerSelector.ById(id), options, cancellationToken)).Rows[0];
        if (row.Outcome != RetirementOutcome.Refused)
        {
            await StopAsync(row).WaitHereAsync(cancellationToken);
        }

        return row;
    }

    /// <summary>Ends the worker as a machine does that is taken away: without a word to anybody, and its nanny with it.</summary>
    public void Kill()
    {
        _nanny?.Abort();
        _worker?.Kill(CloseReason.Crashed, "its host was taken away");
    }

    internal static async Task<LocalWorker> StartAsync(
        LocalPlace place, WorkerOptions options, NannyOptions? nannyOptions, Action<Worker>? started, CancellationToken cancellationToken)
    {
        options.Check();
        if (nannyOptions is null)
        {
            var worker = new Worker(options, place.Transport, place.SchedulerAddress, place.Time, place.Validate, new WorkerHost
            {
                HeartbeatTime = place.HeartbeatTime,
                Serializers = place.Serializers,
                Assemblies = place.Assemblies,
                FunctionScheduler = place.FunctionScheduler,
                Meter = place.Meter,
            });
            started?.Invoke(worker);
            try
            {
                await worker.StartAsync(place.TaskScheduler, cancellationToken);
            }
            catch
            {
                await worker.CloseAsync(CloseReason.StartFailed, "it did not come up");
                throw;
            }

            return new LocalWorker(options.Name, worker, place);
        }

        nannyOptions.Check();
        var id = NannyId.New();
        IWorkerLauncher launcher = place.Processes is { } processes
            ? new ProcessWorkerLauncher(processes, options)
            : new InProcWorkerLauncher(place, options, started);
        var nanny = new Nanny(id, options.Name, options.Host, nannyOptions.ToSettings(id, options), launcher, place);
        try
        {
            await nanny.StartAsync(place.TaskScheduler, cancellationToken, nannyOptions.Plugins.AsReadOnly());
        }
        catch
        {
            await nanny.CloseAsync(CloseReason.StartFailed, "its worker did not come up");
            throw;
        }

        return new LocalWorker(options.Name, nanny, place);
    }

    /// <summary>Why it ended; ends when it has.</summary>
    internal async Task<CloseReason> WhenEndedAsync() => _nanny is { } nanny ? (await nanny.Ended).Reason : (await _worker!.Ended).Reason;

    internal Task CloseAsync(CloseReason reason, string detail) =>
        _nanny is { } nanny ? nanny.CloseAsync(reason, detail) : _worker!.CloseAsync(reason, detail);
}

/// <summary>Where components within the process live.</summary>
internal sealed record LocalPlace(ITransport Transport, string SchedulerAddress, TimeProvider Time, TaskScheduler TaskScheduler, bool Validate)
{
    /// <summary>The clock of heartbeats; null: one that doesn't need the thread pool.</summary>
    public TimeProvider? HeartbeatTime { get; init; }

    /// <summary>How values are written where they leave a component; null: as usual.</summary>
    public ValueSerializers? Serializers { get; init; }

    /// <summary>Where functions run; null: on threads of the workers.</summary>
    public TaskScheduler? FunctionScheduler { get; init; }

    /// <summary>Measures the components.</summary>
    public EngineMeter Meter { get; init; } = EngineMeter.Own;

    /// <summary>Where functions are looked for that come from other processes; null: they come as they are.</summary>
    public ProgramAssemblies? Assemblies { get; init; }

    /// <summary>Where worker processes live; null: workers are components of this process. They need a nanny.</summary>
    public ProcessPlace? Processes { get; init; }
}
