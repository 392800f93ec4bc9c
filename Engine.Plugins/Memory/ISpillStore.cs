namespace Engine.Plugins;

/// <summary>Where a worker puts values that don't fit into its memory. A worker has one of its own, and uses it from one thread at a time.</summary>
/// <remarks>dask: <c>SpillBuffer</c>. Disposing it removes all that it holds.</remarks>
public interface ISpillStore : IAsyncDisposable
{
    /// <summary>Whether it can keep a value so that it comes back the same. What it can't keep stays in memory.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it can.</returns>
    bool CanStore(object value);

    /// <summary>Keeps a value.</summary>
    /// <param name="key">Its key; one that is kept already is overwritten.</param>
    /// <param name="value">The value, which <see cref="CanStore"/> has admitted.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Bytes that it takes in the store.</returns>
    ValueTask<long> WriteAsync(TaskKey key, object value, CancellationToken cancellationToken);

    /// <summary>Reads a value; it stays kept.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The value.</returns>
    /// <exception cref="KeyNotFoundException">It isn't kept.</exception>
    ValueTask<object> ReadAsync(TaskKey key, CancellationToken cancellationToken);

    /// <summary>Removes a value; one that isn't kept is no error.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Ends when it is removed.</returns>
    ValueTask DeleteAsync(TaskKey key, CancellationToken cancellationToken);
}
