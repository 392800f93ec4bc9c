using Engine.Clients;

namespace Engine;

/// <summary>A task's value, now or later. Holding one keeps the value; disposing it, or dropping it, gives the value up.</summary>
/// <remarks>dask: <c>Future</c>. Thread-safe.</remarks>
public abstract class Future : IDisposable
{
    private readonly FutureLease _lease;

    private protected Future(FutureLease lease, TaskKey key) => (_lease, Key) = (lease, key);

    /// <summary>The task.</summary>
    public TaskKey Key { get; }

    /// <summary>The client that holds the future.</summary>
    public Client Client => _lease.Client;

    /// <summary>How the task stands, as far as the client has heard.</summary>
    public FutureStatus Status => Client.StatusOf(Key);

    /// <summary>Whether the task has ended: with a value, an error, cancelled, or lost.</summary>
    public bool IsDone => Status != FutureStatus.Pending;

    /// <summary>The type of the value.</summary>
    public abstract Type ValueType { get; }

    internal bool IsReleased => Status == FutureStatus.Released;

    /// <summary>Gives the future up: if nobody else wants the value or needs it, it goes, and a run that isn't over is stopped.</summary>
    public void Dispose()
    {
        Client.ReleaseKey(Key);
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

    /// <inheritdoc/>
    public override string ToString() => $"{Key} {Status}";
}
