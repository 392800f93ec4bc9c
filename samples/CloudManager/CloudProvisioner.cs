using Engine;
using Engine.Plugins;

namespace CloudManager;

/// <summary>Gives a cluster a machine of the cloud for each worker.</summary>
/// <param name="cloud">The cloud.</param>
/// <param name="boot">Starts a worker on a machine; gives what ends it without a word, for when the machine goes.</param>
internal sealed class CloudProvisioner(SimulatedCloud cloud, Func<WorkerSpec, Machine, CancellationToken, Task<Action>> boot) : IWorkerProvisioner
{
    public async Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken)
    {
        var machine = await cloud.RentAsync(spec.Name, cancellationToken);
        try
        {
            machine.Run(await boot(spec, machine, cancellationToken));
            return new Host(spec.Name, machine);
        }
        catch
        {
            _ = cloud.ReturnAsync(machine); // A start that fails leaves nothing that has to be paid for.
            throw;
        }
    }

    public Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken) =>
        cloud.ReturnAsync(((Host)worker).Machine).WaitAsync(cancellationToken);

    /// <summary>The host of a worker is its machine, and lives as long as that: it is what is paid for.</summary>
    private sealed class Host(string name, Machine machine) : ProvisionedWorker(name, machine.Gone)
    {
        public Machine Machine { get; } = machine;
    }
}
