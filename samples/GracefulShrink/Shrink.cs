using CloudManager;
using Engine;
using Engine.Plugins;

namespace GracefulShrink;

/// <summary>
/// The run: workers on machines, tasks, then the shrink to one. Retired workers are not told to end; a manager of machines hears that
/// they have left and ends their machines some seconds later. What they learn until then they learn from the answers to their heartbeats.
/// </summary>
/// <param name="options">What was asked for.</param>
/// <param name="time">The clock of tasks and of the manager.</param>
internal sealed class Shrink(ShrinkOptions options, TimeProvider time)
{
    private readonly SimulatedCloud _cloud = new(new CloudOptions { ReclaimTimeMax = options.ReclaimTimeMax, Seed = options.Seed }, time);
    private readonly Workload _workload = new(options, time);
    private int _lostAtOnceCount;

    /// <summary>What happens to the members.</summary>
    public Membership Membership { get; } = new();

    public async Task<ShrinkResult> RunAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await using var cluster = await SpecCluster.StartAsync(
            new CloudProvisioner(_cloud, BootAsync),
            new SpecClusterOptions { Workers = options.Workers },
            new SchedulerOptions { HeartbeatInterval = options.HeartbeatInterval },
            cancellationToken);
        try
        {
            await using var client = await cluster.ConnectAsync(cancellationToken: cancellationToken);
            await client.RegisterPluginAsync(new CloudPlugin(_cloud), cancellationToken);
            await client.RegisterPluginAsync(Membership, cancellationToken);
            var startTime = time.GetElapsedTime(start);

            start = time.GetTimestamp();
            var scattered = (await client.ScatterManyAsync(
                Enumerable.Range(0, options.Workers).Select(Workload.Value), cancellationToken: cancellationToken)).ToList();
            var results = client.Map(_workload.ComputeAsync, Enumerable.Range(0, options.Tasks)).ToArray();
            await _workload.AllStarted.WaitAsync(cancellationToken);
            await client.WaitAsync(results[..^options.SlowTasks], cancellationToken: cancellationToken);
            var taskTime = time.GetElapsedTime(start);

            var shrink = ShrinkAsync(cluster, cancellationToken);
            await ScatterOnAsync(client, scattered, shrink, cancellationToken);
            var (report, shrinkTime) = await shrink;

            return new ShrinkResult
            {
                StartTime = startTime,
                TaskTime = taskTime,
                ShrinkTime = shrinkTime,
                Report = report,
                TaskCount = options.Tasks,
                ReadableResults = await CountReadableAsync(results, cancellationToken),
                ScatteredCount = scattered.Count + _lostAtOnceCount,
                ReadableScattered = await CountReadableAsync(scattered, cancellationToken),
                RecomputedCount = _workload.RecomputedCount,
                ResurrectedCount = Membership.ResurrectedCount,
                RefusedCount = Membership.RefusedCount,
                MissingCount = Membership.MissingCount,
            };
        }
        finally
        {
            _cloud.Hurry();
        }
    }

    /// <summary>Starts what runs on a machine: a worker with the engine's own nanny, as users have it, or with the supervisor that has the disease.</summary>
    private async Task<Action> BootAsync(WorkerSpec spec, Machine machine, CancellationToken cancellationToken)
    {
        var worker = new WorkerOptions { Host = options.HasHostLabels ? machine.Id : null };
        return options.HasDisease
            ? (await RestartingSupervisor.StartAsync(spec, worker, Membership, cancellationToken)).PowerOff
            : (await LocalWorker.StartAsync(spec, worker, new NannyOptions(), cancellationToken)).Kill;
    }

    /// <summary>Shrinks the cluster to one worker, and ends when the machines of the others are gone.</summary>
    private async Task<(ScaleReport Report, TimeSpan Time)> ShrinkAsync(SpecCluster cluster, CancellationToken cancellationToken)
    {
        Membership.BeginShrink();
        var start = time.GetTimestamp();
        var report = await cluster.ScaleAsync(1, new RetirementOptions { CloseWorkers = false }, cancellationToken);
        return (report, time.GetElapsedTime(start));
    }

    /// <summary>A shrink doesn't stop the world: while it goes on, data is scattered as before.</summary>
    private async Task ScatterOnAsync(Client client, List<Future<byte[]>> scattered, Task shrink, CancellationToken cancellationToken)
    {
        while (!shrink.IsCompleted)
        {
            try
            {
                scattered.Add(await client.ScatterAsync(Workload.Value(scattered.Count), cancellationToken: cancellationToken));
            }
            catch (LostDataException)
            {
                _lostAtOnceCount++; // With the disease: it came to a worker whose machine went before anybody was told that it is there.
            }

            await Task.WhenAny(shrink, Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken));
        }
    }

    private static async Task<int> CountReadableAsync(IEnumerable<Future<byte[]>> futures, CancellationToken cancellationToken)
    {
        // One by one and not with GatherAsync, which gives all values or none. A result that was lost is computed again, and waited for.
        var readable = await Task.WhenAll(futures.Select((future, number) => IsReadableAsync(future, number, cancellationToken)));
        return readable.Count(static isReadable => isReadable);
    }

    private static async Task<bool> IsReadableAsync(Future<byte[]> future, int number, CancellationToken cancellationToken)
    {
        try
        {
            return Workload.IsValue(await future.AsTask(cancellationToken), number);
        }
        catch (EngineException)
        {
            return false;
        }
    }
}
