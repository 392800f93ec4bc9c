using Engine.Protocol;

namespace Engine;

/// <content>How the cluster stands: snapshots, as of when the scheduler answers, after all that was submitted before.</content>
public sealed partial class Client
{
    /// <summary>Which workers hold the values of futures.</summary>
    /// <param name="futures">The futures; not null, of this client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The holders of each key; none if its value isn't there.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <remarks>dask: <c>Client.who_has</c>. <see cref="GetWorkersAsync"/> gives names and addresses.</remarks>
    public async Task<IReadOnlyDictionary<TaskKey, IReadOnlyList<WorkerId>>> WhoHasAsync(
        IEnumerable<Future> futures, CancellationToken cancellationToken = default)
    {
        var keys = KeysOf(OwnFutures(futures));
        var holders = await AskAsync<Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>>(new WhoHasRequest(keys), cancellationToken);
        return holders.ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<WorkerId>)[.. pair.Value.Select(static holder => holder.Id)]);
    }

    /// <summary>Which values each worker holds, copies included.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The keys, by worker; all workers are there.</returns>
    /// <remarks>dask: <c>Client.has_what</c>.</remarks>
    public async Task<IReadOnlyDictionary<WorkerId, IReadOnlyList<TaskKey>>> HasWhatAsync(CancellationToken cancellationToken = default) =>
        ById(await AskAsync<Dictionary<WorkerAddress, IReadOnlyList<TaskKey>>>(new HasWhatRequest(), cancellationToken));

    /// <summary>Which tasks are assigned to each worker and have not ended.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The keys, by worker; all workers are there.</returns>
    /// <remarks>dask: <c>Client.processing</c>.</remarks>
    public async Task<IReadOnlyDictionary<WorkerId, IReadOnlyList<TaskKey>>> ProcessingAsync(CancellationToken cancellationToken = default) =>
        ById(await AskAsync<Dictionary<WorkerAddress, IReadOnlyList<TaskKey>>>(new ProcessingRequest(), cancellationToken));

    /// <summary>What happened to a task at the scheduler, in order.</summary>
    /// <param name="key">The task. It may be gone; the scheduler remembers its last transitions.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The transitions that the scheduler's log still has.</returns>
    /// <remarks>dask: <c>Client.story</c>. The log is bounded by <see cref="SchedulerOptions.TransitionLogLength"/>.</remarks>
    public Task<IReadOnlyList<StoryLine>> StoryAsync(TaskKey key, CancellationToken cancellationToken = default) =>
        AskAsync<IReadOnlyList<StoryLine>>(new StoryRequest(key), cancellationToken);

    /// <summary>What happened to a future's task at the scheduler, in order.</summary>
    /// <param name="future">The future; not null. It may be released, or of another client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The transitions that the scheduler's log still has.</returns>
    /// <remarks>dask: <c>Client.story</c>.</remarks>
    public Task<IReadOnlyList<StoryLine>> StoryAsync(Future future, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(future);
        return StoryAsync(future.Key, cancellationToken);
    }

    /// <summary>The workers.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A snapshot of each, in no particular order.</returns>
    /// <remarks>dask: <c>Client.scheduler_info</c>.</remarks>
    public Task<IReadOnlyList<WorkerInfo>> GetWorkersAsync(CancellationToken cancellationToken = default) =>
        AskAsync<IReadOnlyList<WorkerInfo>>(new WorkersRequest(), cancellationToken);

    /// <summary>Waits until workers are there.</summary>
    /// <param name="count">How many; 0 or more.</param>
    /// <param name="timeout">How long at most, by the cluster's clock; null for as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when that many run.</returns>
    /// <exception cref="WorkerStartTimeoutException">The time is over and fewer are there.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count or the time is negative.</exception>
    /// <remarks>dask: <c>Client.wait_for_workers</c>.</remarks>
    public async Task WaitForWorkersAsync(int count, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (timeout is null)
        {
            await AskAsync<int>(new WaitForWorkersRequest(count), cancellationToken);
            return;
        }

        using var timer = new CancellationTokenSource(timeout.Value, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await AskAsync<int>(new WaitForWorkersRequest(count), either.Token);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var workers = await GetWorkersAsync(cancellationToken);
            if (workers.Count < count)
            {
                throw new WorkerStartTimeoutException(workers.Count, count);
            }
        }
    }

    private static Dictionary<WorkerId, IReadOnlyList<TaskKey>> ById(Dictionary<WorkerAddress, IReadOnlyList<TaskKey>> byWorker) =>
        byWorker.ToDictionary(static pair => pair.Key.Id, static pair => pair.Value);
}
