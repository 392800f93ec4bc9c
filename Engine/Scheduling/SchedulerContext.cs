using Engine.Plugins;
using Engine.Plugins.Transports;

namespace Engine.Scheduling;

/// <summary>What plugins can ask of their scheduler: it asks like any client, over a connection of its own, so that nothing is asked within a turn.</summary>
internal sealed class SchedulerContext(Scheduler scheduler, ITransport transport, TaskScheduler taskScheduler, TimeProvider time) : ISchedulerContext, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<Client>? _client;
    private bool _isClosed;

    public async Task<IReadOnlyList<WorkerInfo>> GetWorkersAsync(CancellationToken cancellationToken = default) =>
        await (await ConnectAsync()).GetWorkersAsync(cancellationToken);

    public void LogEvent(string topic, object? content)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        scheduler.LogFromPlugin(topic, content);
    }

    public async Task<RetirementReport> RetireWorkersAsync(
        WorkerSelector workers, RetirementOptions? options = null, CancellationToken cancellationToken = default) =>
        await (await ConnectAsync()).RetireWorkersAsync(workers, options, cancellationToken);

    public async Task RestartWorkersAsync(WorkerSelector workers, CancellationToken cancellationToken = default) =>
        await (await ConnectAsync()).RestartWorkersAsync(workers, wait: false, cancellationToken: cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Task<Client>? client;
        lock (_gate)
        {
            _isClosed = true;
            client = _client;
        }

        if (client is not null)
        {
            await ((Task)client).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (client.IsCompletedSuccessfully)
            {
                await client.Result.DisposeAsync();
            }
        }
    }

    private Task<Client> ConnectAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return _client ??= Client.ConnectAsync(
                transport, scheduler.Address, new ClientOptions { Name = "plugins" }, CancellationToken.None, taskScheduler, time);
        }
    }
}
