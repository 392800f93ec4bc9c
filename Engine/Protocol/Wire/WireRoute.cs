using Engine.Plugins.Transports;

namespace Engine.Protocol.Wire;

/// <summary>From whom to whom messages of a kind go.</summary>
[Flags]
internal enum WireRoutes
{
    None = 0,
    ClientToScheduler = 1,
    SchedulerToClient = 2,
    SchedulerToWorker = 4,
    WorkerToScheduler = 8,
    SchedulerToNanny = 16,
    NannyToScheduler = 32,
    WorkerToWorker = 64,
    ClientToWorker = 128,
    WorkerToClient = 256,
}

/// <summary>The route between two roles.</summary>
internal static class WireRoute
{
    public static WireRoutes Of(ComponentRole from, ComponentRole to) => (from, to) switch
    {
        (ComponentRole.Client, ComponentRole.Scheduler) => WireRoutes.ClientToScheduler,
        (ComponentRole.Scheduler, ComponentRole.Client) => WireRoutes.SchedulerToClient,
        (ComponentRole.Scheduler, ComponentRole.Worker) => WireRoutes.SchedulerToWorker,
        (ComponentRole.Worker, ComponentRole.Scheduler) => WireRoutes.WorkerToScheduler,
        (ComponentRole.Scheduler, ComponentRole.Nanny) => WireRoutes.SchedulerToNanny,
        (ComponentRole.Nanny, ComponentRole.Scheduler) => WireRoutes.NannyToScheduler,
        (ComponentRole.Worker, ComponentRole.Worker) => WireRoutes.WorkerToWorker,
        (ComponentRole.Client, ComponentRole.Worker) => WireRoutes.ClientToWorker,
        (ComponentRole.Worker, ComponentRole.Client) => WireRoutes.WorkerToClient,
        _ => WireRoutes.None,
    };
}
