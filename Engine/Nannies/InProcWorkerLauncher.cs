using Engine.Workers;

namespace Engine.Nannies;

/// <summary>Starts workers as components of this process.</summary>
internal sealed class InProcWorkerLauncher(LocalPlace place, WorkerOptions options, Action<Worker>? started) : IWorkerLauncher
{
    public async Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        var host = new WorkerHost
        {
            Nanny = launch.Nanny,
            TellNanny = launch.TellNanny,
            TellReturned = launch.TellReturned,
            Leaves = launch.Leaves,
            Environment = launch.Environment,
            HeartbeatTime = place.HeartbeatTime,
            Serializers = place.Serializers,
            FunctionScheduler = place.FunctionScheduler,
            Meter = place.Meter,
        };
        return new Launched(await WorkerLife.StartAsync(host, Create, place.Time, place.TaskScheduler, cancellationToken));
    }

    private Worker Create(WorkerHost host, WorkerRemains? before)
    {
        var worker = new Worker(options.Copy(), place.Transport, place.SchedulerAddress, place.Time, place.Validate, host, before);
        started?.Invoke(worker);
        return worker;
    }

    private sealed class Launched(WorkerLife worker) : ILaunchedWorker
    {
        private readonly Task<(CloseReason Reason, string Detail)> _exited = FollowAsync(worker);

        public WorkerId Id => worker.Id;

        public Task<(CloseReason Reason, string Detail)> Exited => _exited;

        public long MemoryBytes => worker.Current.ManagedBytes;

        public void Stop(CloseReason reason, string detail) => worker.Stop(reason, detail);

        public void Kill(CloseReason reason, string detail) => worker.Kill(reason, detail);

        private static async Task<(CloseReason Reason, string Detail)> FollowAsync(WorkerLife worker)
        {
            var (end, _) = await worker.Ended;
            return (end.Reason, end.Detail);
        }
    }
}
