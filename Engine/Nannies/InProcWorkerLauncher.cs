using Engine.Workers;

namespace Engine.Nannies;

/// <summary>Starts workers as components of this process.</summary>
internal sealed class InProcWorkerLauncher(LocalPlace place, WorkerOptions options, Action<Worker>? started) : IWorkerLauncher
{
    public async Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        var worker = new Worker(options.Copy(), place.Transport, place.SchedulerAddress, place.Time, place.Validate, new WorkerHost
        {
            Nanny = launch.Nanny,
            TellNanny = launch.TellNanny,
            Leaves = launch.Leaves,
            Environment = launch.Environment,
            HeartbeatTime = place.HeartbeatTime,
            Serializers = place.Serializers,
            FunctionScheduler = place.FunctionScheduler,
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
