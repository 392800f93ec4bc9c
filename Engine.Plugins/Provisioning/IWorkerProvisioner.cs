namespace Engine.Plugins;

/// <summary>Starts and ends the hosts of workers for a cluster: within the process, as processes, or as machines of a cloud.</summary>
/// <remarks>
/// dask: the classes of <c>SpecCluster.worker_spec</c> with their <c>start</c> and <c>close</c>. Calls for different workers may
/// overlap. A start may throw: it is tried again. A start or an end that hangs is cancelled after its time limit.
/// </remarks>
public interface IWorkerProvisioner
{
    /// <summary>Starts a host with a worker that connects to the cluster's scheduler.</summary>
    /// <param name="spec">What is wanted.</param>
    /// <param name="cancellationToken">Gives it up; what was started is to be ended again.</param>
    /// <returns>The host, once its worker is a member or is known to be on its way.</returns>
    Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken);

    /// <summary>Ends a host.</summary>
    /// <param name="worker">What <see cref="StartAsync"/> gave.</param>
    /// <param name="row">What became of its worker: that it was retired or has vanished. A host whose worker was refused is never ended.</param>
    /// <param name="cancellationToken">The time for it is over.</param>
    /// <returns>Ends when the host is gone.</returns>
    Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken);
}

/// <summary>A worker that a cluster wants.</summary>
public sealed class WorkerSpec
{
    /// <summary>The worker's name; unique in its cluster.</summary>
    public required string Name { get; init; }

    /// <summary>The address of the scheduler.</summary>
    public required string SchedulerAddress { get; init; }

    /// <summary>Tasks that it shall run at the same time.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Bytes that it may hold, or null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Which of the cluster's workers it is, counted from 0 in the order in which they were wanted.</summary>
    public int Place { get; init; }
}

/// <summary>A host that was started. Provisioners may derive from it to keep what they need.</summary>
public class ProvisionedWorker
{
    /// <summary>Makes a host.</summary>
    /// <param name="name">The worker's name, as in its spec.</param>
    /// <param name="ended">Ends when the host is gone, whoever ended it. Never, if the provisioner can't tell.</param>
    public ProvisionedWorker(string name, Task ended)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(ended);
        (Name, Ended) = (name, ended);
    }

    /// <summary>The worker's name.</summary>
    public string Name { get; }

    /// <summary>Ends when the host is gone.</summary>
    public Task Ended { get; }
}
