using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Plugins.Transports;

namespace Engine.Scheduling;

/// <summary>What plugins can ask of their scheduler: it asks like any client, over a connection of its own, so that nothing is asked within a turn.</summary>
internal sealed class SchedulerContext(Scheduler scheduler, ITransport transport, TaskScheduler taskScheduler, TimeProvider time, EngineMeter meter) : ISchedulerContext, IAsyncDisposable
{
    private readonly LazyClient _client = new(() => Client.ConnectAsync(
        transport, scheduler.Address, new ClientOptions { Name = "plugins", Meter = meter }, CancellationToken.None, taskScheduler, time));

    public async Task<IReadOnlyList<WorkerInfo>> GetWorkersAsync(CancellationToken cancellationToken = default) =>
        await (await _client.GetAsync()).GetWorkersAsync(cancellationToken);

    public void LogEvent(string topic, object? content)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        scheduler.Log(topic, content);
    }

    public async Task<RetirementReport> RetireWorkersAsync(
        WorkerSelector workers, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        await (await _client.GetAsync()).RetireWorkersAsync(workers, options, cancellationToken);

    public async Task RestartWorkersAsync(WorkerSelector workers, CancellationToken cancellationToken = default) =>
        await (await _client.GetAsync()).RestartWorkersAsync(workers, wait: false, cancellationToken: cancellationToken);

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
