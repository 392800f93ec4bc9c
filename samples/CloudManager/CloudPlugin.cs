using Engine;
using Engine.Plugins;

namespace CloudManager;

/// <summary>
/// Returns the machine of each worker that was retired, as the scheduler says so. That is how managers of machines are written
/// for Dask, and where it lost data: the machine goes some seconds later, and the worker sends heartbeats until then.
/// </summary>
internal sealed class CloudPlugin(SimulatedCloud cloud) : SchedulerPlugin
{
    public override ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken)
    {
        // Only retirement is for good: after a crash or a restart its nanny may bring the worker back, on the same machine.
        if (removed.Reason == CloseReason.Retired && cloud.Find(removed.Worker.Name) is { } machine)
        {
            // Asked for and not waited for: the hooks of a plugin run one after the other, so the next machine would wait for this one.
            _ = cloud.ReturnAsync(machine);
        }

        return ValueTask.CompletedTask;
    }
}
