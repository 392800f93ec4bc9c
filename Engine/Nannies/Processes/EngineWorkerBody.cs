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
    public async Task<IProcessedWorker> StartAsync(LaunchDocument launch, INannyLine nanny)
    {
        var assemblies = ProgramAssemblies.OfThisProcess(launch.Assemblies);
        var transport = EngineTransports.For(launch.Scheduler, WorkerLaunchCodec.SecurityOf(launch), assemblies, serializers);
        var host = new WorkerHost
        {
            Nanny = new NannyId(launch.Nanny),
            TellNanny = nanny.TellClosingAsync,
            TellReturned = nanny.TellReturned,
            Leaves = launch.Leaves,
            Environment = launch.Environment,
            Assemblies = assemblies,
            Serializers = serializers,
        };
        var worker = await WorkerLife.StartAsync(
            host,
            (where, before) => new Worker(WorkerLaunchCodec.OptionsOf(launch), transport, launch.Scheduler, TimeProvider.System, launch.Validate, where, before),
            TimeProvider.System,
            TaskScheduler.Default,
            CancellationToken.None);
        await Rehearsal.RunAsync(transport, worker.Current.Self);
        return new Running(worker, transport);
    }

    private sealed class Running(WorkerLife worker, ITransport transport) : IProcessedWorker
    {
        public WorkerId Id => worker.Id;

        public string Address => worker.Current.Self.Address;

        public Task<(WorkerEnd End, Status Status)> Ended { get; } = FollowAsync(worker, transport);

        public void Stop(CloseReason reason, string detail) => worker.Stop(reason, detail);

        private static async Task<(WorkerEnd End, Status Status)> FollowAsync(WorkerLife worker, ITransport transport)
        {
            var end = await worker.Ended;
            if (transport is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync(); // The process ends next: what was said last has to have left.
            }

            return end;
        }
    }
}
