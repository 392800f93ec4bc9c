using Engine.Clients;

namespace Engine;

/// <summary>A task's value, now or later. Holding one keeps the value; disposing it, or dropping it, gives the value up.</summary>
/// <remarks>dask: <c>Future</c>. Thread-safe.</remarks>
public abstract class Future : IDisposable
{
    private protected Future(FutureLease lease, TaskKey key) => (Lease, Key) = (lease, key);

    /// <summary>The task.</summary>
    public TaskKey Key { get; }

    /// <summary>The client that holds the future.</summary>
    public Client Client => Lease.Client;

    /// <summary>How the task stands, as far as the client has heard.</summary>
    public FutureStatus Status => Client.StatusOf(Key, Lease);

    /// <summary>Whether the task has ended: with a value, an error, cancelled, or lost.</summary>
    public bool IsDone => Status != FutureStatus.Pending;

    /// <summary>The type of the value.</summary>
    public abstract Type ValueType { get; }

    internal FutureLease Lease { get; }

    internal bool IsReleased => Status == FutureStatus.Released;

    /// <summary>Gives the future up: if nobody else wants the value or needs it, it goes, and a run that isn't over is stopped.</summary>
    public void Dispose()
    {
        Client.ReleaseKey(Key, Lease);
        GC.SuppressFinalize(this);
    }

    /// <summary>The exception that awaiting gives, or null if the task has a value. Waits for the end.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The exception or null.</returns>
    public async Task<Exception?> GetExceptionAsync(CancellationToken cancellationToken = default)
    {
        await Client.WaitForEndAsync(Key, cancellationToken);
        var error = Client.ErrorOf(Key);
        GC.KeepAlive(this);
        return error;
    }

    /// <summary>Cancels the task and what depends on it.</summary>
    /// <param name="reason">Why, for people; null for a standard sentence.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>The keys that were cancelled.</returns>
    /// <remarks>dask: <c>Future.cancel</c>. See <see cref="Client.CancelAsync"/>.</remarks>
    public Task<IReadOnlyList<TaskKey>> CancelAsync(string? reason = null, CancellationToken cancellationToken = default) =>
        Client.CancelAsync([this], reason, cancellationToken);

    /// <summary>Runs the task again if it has failed.</summary>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>A task that ends when the future is pending again.</returns>
    /// <remarks>dask: <c>Future.retry</c>. See <see cref="Client.RetryAsync"/>.</remarks>
    public Task RetryAsync(CancellationToken cancellationToken = default) => Client.RetryAsync([this], cancellationToken);

    /// <inheritdoc/>
    public override string ToString() => $"{Key} {Status}";
}
