using Engine.Tasks;

namespace Engine;

/// <summary>Submits tasks, and gives all their futures up when it is disposed.</summary>
/// <remarks>Thread-safe. It holds the futures meanwhile: one that the program drops is not given up before the scope ends.</remarks>
public sealed class FutureScope : TaskSubmitter, IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<TaskKey> _kept = [];
    private List<Future>? _futures = [];
    private List<IDisposable>? _maps = [];

    internal FutureScope(Client client) => Client = client;

    /// <summary>The client that holds the futures.</summary>
    public Client Client { get; }

    /// <summary>Takes a future out of the scope: it stays when the scope ends.</summary>
    /// <typeparam name="TFuture">The type of the future.</typeparam>
    /// <param name="future">The future, or an element of a map; not null.</param>
    /// <returns>The same future.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public TFuture Keep<TFuture>(TFuture future)
        where TFuture : Future
    {
        ArgumentNullException.ThrowIfNull(future);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_futures is null, this);
            _kept.Add(future.Key);
        }

        return future;
    }

    /// <summary>Takes a map out of the scope: it stays when the scope ends.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="map">The map; not null.</param>
    /// <returns>The same map.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public FutureMap<T> Keep<T>(FutureMap<T> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_maps is null, this);
            _maps.Remove(map);
        }

        return map;
    }

    /// <summary>Gives up all futures that were not kept. Idempotent.</summary>
    public void Dispose()
    {
        List<Future> released;
        List<IDisposable> maps;
        lock (_gate)
        {
            if (_futures is null || _maps is null)
            {
                return;
            }

            released = _futures;
            maps = _maps;
            (_futures, _maps) = (null, null);
        }

        foreach (var map in maps)
        {
            if (_kept.Count == 0)
            {
                map.Dispose(); // Without making its futures.
            }
            else
            {
                released.AddRange((IEnumerable<Future>)map);
            }
        }

        released.RemoveAll(future => _kept.Contains(future.Key));
        Client.Release(released);
    }

    internal override Future<TResult> Enqueue<TResult>(TaskWork work, ReadOnlySpan<Future> dependencies, SubmitOptions? options, int element = 0)
    {
        ThrowIfEnded();
        var future = Client.Enqueue<TResult>(work, dependencies, options, element);
        Add(future, ref _futures);
        return future;
    }

    internal override FutureMap<TResult> EnqueueMap<TResult>(TaskWork work, int count, SubmitOptions? options)
    {
        ThrowIfEnded();
        var map = Client.EnqueueMap<TResult>(work, count, options);
        Add<IDisposable>(map, ref _maps);
        return map;
    }

    internal override ValueTask WaitForRoomAsync(CancellationToken cancellationToken) => Client.WaitForRoomAsync(cancellationToken);

    private void Add<T>(T submitted, ref List<T>? list)
        where T : IDisposable
    {
        // Submitting is not done under the lock: it may run the scheduler's turn.
        lock (_gate)
        {
            if (list is not null)
            {
                list.Add(submitted);
                return;
            }
        }

        submitted.Dispose();
        ThrowIfEnded();
    }

    private void ThrowIfEnded()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_futures is null, this);
        }
    }
}
