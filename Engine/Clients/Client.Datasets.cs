using Engine.Protocol;

namespace Engine;

/// <content>Values that outlive the client that made them, by name.</content>
public sealed partial class Client
{
    /// <summary>Publishes a task's value under a name: it stays, whoever goes, until it is unpublished.</summary>
    /// <param name="name">The dataset's name; not null.</param>
    /// <param name="future">The future; not null, of this client, held. Its task need not have ended.</param>
    /// <param name="replace">Whether a dataset of that name is unpublished first.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>A task that ends when the dataset is published.</returns>
    /// <exception cref="ArgumentException">The future is of another client.</exception>
    /// <exception cref="ObjectDisposedException">The future was released.</exception>
    /// <exception cref="KeyConflictException">A dataset of that name exists, and is not to be replaced.</exception>
    /// <exception cref="UnknownKeyException">The scheduler no longer knows the task, for example because it was cancelled.</exception>
    /// <remarks>dask: <c>Client.publish_dataset</c>.</remarks>
    public Task PublishAsync(string name, Future future, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(future);
        return PublishAsync(name, [future], isList: false, replace, cancellationToken);
    }

    /// <summary>Publishes the values of several tasks under one name.</summary>
    /// <param name="name">The dataset's name; not null.</param>
    /// <param name="futures">The futures; not null, of this client, held. Their tasks need not have ended.</param>
    /// <param name="replace">Whether a dataset of that name is unpublished first.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>A task that ends when the dataset is published.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <exception cref="ObjectDisposedException">A future was released.</exception>
    /// <exception cref="KeyConflictException">A dataset of that name exists, and is not to be replaced.</exception>
    /// <exception cref="UnknownKeyException">The scheduler no longer knows a task, for example because it was cancelled.</exception>
    /// <remarks>dask: <c>Client.publish_dataset</c>.</remarks>
    public Task PublishAsync(string name, IEnumerable<Future> futures, bool replace = false, CancellationToken cancellationToken = default) =>
        PublishAsync(name, futures, isList: true, replace, cancellationToken);

    /// <summary>A future of a dataset of one value.</summary>
    /// <typeparam name="T">The type of the value. If it is another one, reading the value gives <see cref="ResultTypeException"/>.</typeparam>
    /// <param name="name">The dataset's name; not null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A future of its own, to be given up by itself.</returns>
    /// <exception cref="UnknownKeyException">No dataset has the name.</exception>
    /// <exception cref="ResultTypeException">The dataset is a list: see <see cref="GetDatasetListAsync"/>.</exception>
    /// <remarks>dask: <c>Client.get_dataset</c>.</remarks>
    public async Task<Future<T>> GetDatasetAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var taken = await TakeAsync(() => new GetDatasetRequest(name), cancellationToken);
        if (taken.IsList)
        {
            lock (_gate)
            {
                GiveBackLocked(taken.Keys);
            }

            throw new ResultTypeException($"The dataset \"{name}\" is a list of {taken.Keys.Length}, not one value. Ask with GetDatasetListAsync.");
        }

        return FoundFuture<T>(taken.Keys[0]);
    }

    /// <summary>The futures of a dataset. One that is a single value gives a list of one.</summary>
    /// <typeparam name="T">The type of the values. If one is of another, reading it gives <see cref="ResultTypeException"/>.</typeparam>
    /// <param name="name">The dataset's name; not null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Futures in the order in which they were published, each to be given up by itself.</returns>
    /// <exception cref="UnknownKeyException">No dataset has the name.</exception>
    /// <remarks>dask: <c>Client.get_dataset</c>.</remarks>
    public async Task<IReadOnlyList<Future<T>>> GetDatasetListAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var taken = await TakeAsync(() => new GetDatasetRequest(name), cancellationToken);
        return [.. taken.Keys.Select(FoundFuture<T>)];
    }

    /// <summary>Takes a dataset's name back. Its values go when nobody else wants them.</summary>
    /// <param name="name">The dataset's name; not null.</param>
    /// <param name="cancellationToken">Ends the wait for the answer; the request stands.</param>
    /// <returns>A task that ends when the dataset is unpublished.</returns>
    /// <exception cref="UnknownKeyException">No dataset has the name.</exception>
    /// <remarks>dask: <c>Client.unpublish_dataset</c>.</remarks>
    public Task UnpublishAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return AskAsync<object?>(new UnpublishRequest(name), cancellationToken);
    }

    /// <summary>The names of all datasets.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The names in ordinal order.</returns>
    /// <remarks>dask: <c>Client.list_datasets</c>.</remarks>
    public Task<IReadOnlyList<string>> ListDatasetsAsync(CancellationToken cancellationToken = default) =>
        AskAsync<IReadOnlyList<string>>(new ListDatasetsRequest(), cancellationToken);

    private async Task PublishAsync(string name, IEnumerable<Future> futures, bool isList, bool replace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var list = OwnFutures(futures);
        foreach (var future in list)
        {
            CheckDependency(future);
        }

        await AskAsync<object?>(new PublishRequest(name, KeysOf(list), isList, replace), cancellationToken);
        GC.KeepAlive(list);
    }
}
