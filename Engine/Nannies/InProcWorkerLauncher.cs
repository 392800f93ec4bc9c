using Engine.Plugins.Transports;
using Engine.Workers;

namespace Engine.Nannies;

/// <summary>Starts workers as components of this process.</summary>
internal sealed class InProcWorkerLauncher(
    WorkerOptions options, ITransport transport, string schedulerAddress, TimeProvider time, TaskScheduler taskScheduler, bool validate, Action<Worker>? started = null)
    : IWorkerLauncher
{
    public async Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        var worker = new Worker(options.Copy(), transport, schedulerAddress, time, validate, new WorkerHost
        {
            Nanny = launch.Nanny,
            TellNanny = launch.TellNanny,
            Leaves = launch.Leaves,
            Environment = launch.Environment,
        });
        started?.Invoke(worker);
        try
        {
            await worker.StartAsync(taskScheduler, cancellationToken);
        }
        catch
        {
            await worker.CloseAsync(CloseReason.StartFailed, "it did not come up");
            throw;
        }

        return new Launched(worker);
    }

    private sealed class Launched(Worker worker) : ILaunchedWorker
    {
        private readonly Task<(CloseReason Reason, string Detail)> _exited = FollowAsync(worker);

        public WorkerId Id => worker.Self.Id;

        public Task<(CloseReason Reason, string Detail)> Exited => _exited;

        public long MemoryBytes => worker.ManagedBytes;

        public void Stop(CloseReason reason, string detail) => _ = worker.CloseAsync(reason, detail);

        public void Kill(CloseReason reason, string detail) => worker.Kill(reason, detail);

        private static async Task<(CloseReason Reason, string Detail)> FollowAsync(Worker worker)
        {
            var end = await worker.Ended;
            return (end.Reason, end.Detail);
        }
    }
}
