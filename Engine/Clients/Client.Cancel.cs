using Engine.Protocol;

namespace Engine;

/// <content>Tasks are cancelled, tried again, or left to run by themselves.</content>
public sealed partial class Client
{
    /// <summary>Cancels tasks and what depends on them. What has ended stays as it is.</summary>
    /// <param name="futures">The futures; not null, of this client.</param>
    /// <param name="reason">Why, for people: part of the exception that awaiting gives; null for a standard sentence.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>The keys that were cancelled, those of dependents included.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <exception cref="ConnectionClosedException">The scheduler is gone.</exception>
    /// <remarks>
    /// dask: <c>Client.cancel</c>. Awaiting a cancelled future gives <see cref="FutureCancelledException"/>. A function
    /// that runs is told through the token of its <see cref="TaskContext"/>. If another client wants the value too, its
    /// future and the run go on.
    /// </remarks>
    public async Task<IReadOnlyList<TaskKey>> CancelAsync(
        IEnumerable<Future> futures, string? reason = null, CancellationToken cancellationToken = default)
    {
        var keys = KeysOf(OwnFutures(futures));
        return await AskAsync<IReadOnlyList<TaskKey>>(new CancelRequest(keys, reason ?? $"{Name} asked for it"), cancellationToken);
    }

    /// <summary>Runs failed tasks again, from the failed ones that they depend on. Others stay as they are.</summary>
    /// <param name="futures">The futures; not null, of this client.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>A task that ends when those futures are pending again.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <exception cref="ConnectionClosedException">The scheduler is gone.</exception>
    /// <remarks>dask: <c>Client.retry</c>. A task has the retries of its <see cref="SubmitOptions.Retries"/> anew.</remarks>
    public async Task RetryAsync(IEnumerable<Future> futures, CancellationToken cancellationToken = default)
    {
        var keys = KeysOf(OwnFutures(futures));
        await AskAsync<object?>(new RetryRequest(keys), cancellationToken);
    }

    /// <summary>Has a task run to its end even if no future of it is left, and even if this client closes.</summary>
    /// <param name="future">The future; not null, of this client. It may be disposed afterwards.</param>
    /// <exception cref="ArgumentException">The future is of another client.</exception>
    /// <exception cref="ObjectDisposedException">The future was released, or the client is closed.</exception>
    /// <remarks>dask: <c>fire_and_forget</c>. The value is dropped when it is there, unless somebody wants it.</remarks>
    public void FireAndForget(Future future)
    {
        ArgumentNullException.ThrowIfNull(future);
        FireAndForget([future]);
    }

    /// <summary>Has tasks run to their ends even if no futures of them are left, and even if this client closes.</summary>
    /// <param name="futures">The futures; not null, of this client. They may be disposed afterwards.</param>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <exception cref="ObjectDisposedException">A future was released, or the client is closed.</exception>
    /// <remarks>dask: <c>fire_and_forget</c>.</remarks>
    public void FireAndForget(IEnumerable<Future> futures)
    {
        var list = OwnFutures(futures);
        foreach (var future in list)
        {
            CheckDependency(future);
        }

        lock (_gate)
        {
            ThrowIfClosed();
        }

        Post(new FireAndForgetRequest(KeysOf(list))); // Nobody waits for the answer.
        GC.KeepAlive(list);
    }

    private static TaskKey[] KeysOf(Future[] futures) => Array.ConvertAll(futures, static future => future.Key);
}
