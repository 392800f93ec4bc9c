using Engine.Nannies;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Workers;

namespace Engine;

/// <summary>A worker within this process, with a nanny if it is to have one: what a provisioner can start where a machine would be too much.</summary>
/// <remarks>dask: <c>Nanny</c> and <c>Worker</c> as a program starts them.</remarks>
public sealed class LocalWorker : ProvisionedWorker
{
    private readonly Nanny? _nanny;
    private readonly Worker? _worker;

    private LocalWorker(string name, Nanny nanny)
        : base(name, nanny.Ended) => _nanny = nanny;

    private LocalWorker(string name, Worker worker)
        : base(name, worker.Ended) => _worker = worker;

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
            var worker = new Worker(options, place.Transport, place.SchedulerAddress, place.Time, place.Validate, new WorkerHost { HeartbeatTime = place.HeartbeatTime });
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

            return new LocalWorker(options.Name, worker);
        }

        nannyOptions.Check();
        var id = NannyId.New();
        var launcher = new InProcWorkerLauncher(place, options, started);
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

        return new LocalWorker(options.Name, nanny);
    }

    internal Task CloseAsync(CloseReason reason, string detail) =>
        _nanny is { } nanny ? nanny.CloseAsync(reason, detail) : _worker!.CloseAsync(reason, detail);
}

/// <summary>Where components within the process live.</summary>
internal sealed record LocalPlace(ITransport Transport, string SchedulerAddress, TimeProvider Time, TaskScheduler TaskScheduler, bool Validate)
{
    /// <summary>The clock of heartbeats; null: one that doesn't need the thread pool.</summary>
    public TimeProvider? HeartbeatTime { get; init; }
}
