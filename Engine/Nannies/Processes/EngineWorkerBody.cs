using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;
using Engine.Workers;

namespace Engine.Nannies.Processes;

/// <summary>The worker of a worker process.</summary>
/// <param name="serializers">How values are written; null: as usual.</param>
internal sealed class EngineWorkerBody(ValueSerializers? serializers = null) : IWorkerProcessBody
{
    public async Task<IProcessedWorker> StartAsync(LaunchDocument launch, Func<CloseReason, string, Task> tellNanny)
    {
        var assemblies = ProgramAssemblies.OfThisProcess(launch.Assemblies);
        var transport = EngineTransports.For(launch.Scheduler, WorkerLaunchCodec.SecurityOf(launch), assemblies, serializers);
        var worker = new Worker(
            WorkerLaunchCodec.OptionsOf(launch), transport, launch.Scheduler, TimeProvider.System, launch.Validate, new WorkerHost
            {
                Nanny = new NannyId(launch.Nanny),
                TellNanny = tellNanny,
                Leaves = launch.Leaves,
                Environment = launch.Environment,
                Assemblies = assemblies,
                Serializers = serializers,
            });
        try
        {
            await worker.StartAsync(TaskScheduler.Default, CancellationToken.None);
            await Rehearsal.RunAsync(transport, worker.Self);
        }
        catch
        {
            await worker.CloseAsync(CloseReason.StartFailed, "it did not come up");
            throw;
        }

        return new Running(worker, transport);
    }

    private sealed class Running(Worker worker, ITransport transport) : IProcessedWorker
    {
        public WorkerId Id => worker.Self.Id;

        public string Address => worker.Self.Address;

        public Task<(WorkerEnd End, Status Status)> Ended { get; } = FollowAsync(worker, transport);

        public void Stop(CloseReason reason, string detail) => _ = worker.CloseAsync(reason, detail);

        private static async Task<(WorkerEnd End, Status Status)> FollowAsync(Worker worker, ITransport transport)
        {
            var end = await worker.Ended;
            if (transport is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync(); // The process ends next: what was said last has to have left.
            }

            return (end, worker.Status);
        }
    }
}
