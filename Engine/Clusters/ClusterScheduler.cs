using Engine.Diagnostics;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;

namespace Engine.Clusters;

/// <summary>The scheduler of a cluster within the process: it is asked like by any client, and tells of its members.</summary>
#pragma warning disable CA1001 // CloseAsync disposes it.
internal sealed class ClusterScheduler(Scheduler scheduler, ITransport transport, TaskScheduler taskScheduler, TimeProvider time, EngineMeter meter) : IClusterScheduler
#pragma warning restore CA1001
{
    private readonly LazyClient _client = new(() => Client.ConnectAsync(
        transport, scheduler.Address, new ClientOptions { Name = "cluster", Meter = meter }, CancellationToken.None, taskScheduler, time));

    public string Address => scheduler.Address;

    public async Task<RetirementReport> RetireWorkersAsync(WorkerSelector workers, RetirementOptions? options, CancellationToken cancellationToken) =>
        await (await _client.GetAsync()).RetireWorkersAsync(workers, options, cancellationToken);

    public async Task<ClusterLoad> GetLoadAsync(CancellationToken cancellationToken) =>
        await (await _client.GetAsync()).AskAsync<ClusterLoad>(new ClusterLoadRequest(), cancellationToken);

    public async Task<IReadOnlyList<WorkerInfo>> ChooseWorkersToCloseAsync(WorkersToClose rule, CancellationToken cancellationToken) =>
        await (await _client.GetAsync()).GetWorkersToCloseAsync(rule, cancellationToken);

    public void Subscribe(Action<WorkerInfo> added, Action<WorkerInfo, CloseReason> removed) => scheduler.Subscribe(added, removed);

    public void LogEvent(string topic, object? content) => scheduler.Log(topic, content);

    public async Task CloseAsync()
    {
        await scheduler.CloseAsync();
        await _client.DisposeAsync();
    }
}
