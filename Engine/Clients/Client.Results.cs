using Engine.Clients;
using Engine.Clients.Machine;
using Engine.Plugins;
using Engine.Protocol;

namespace Engine;

/// <content>Values and errors come back.</content>
public sealed partial class Client
{
    /// <summary>Waits for the values of futures.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="futures">The futures; not null, of this client.</param>
    /// <param name="cancellationToken">Ends the wait, not the tasks.</param>
    /// <returns>The values, in the order of the futures.</returns>
    /// <exception cref="TaskFailedException">A task failed: the first in the order of the futures.</exception>
    /// <exception cref="FutureCancelledException">A future was cancelled or released.</exception>
    /// <remarks>dask: <c>gather</c>.</remarks>
    public Task<T[]> GatherAsync<T>(IEnumerable<Future<T>> futures, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        if (futures is FutureMap<T> map)
        {
            CheckOwn(map.Client, map.First);
            return GatherAsync<T>(new KeyList(map, map.First, map.Count), cancellationToken);
        }

        var list = futures as Future<T>[] ?? [.. futures];
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] is null)
            {
                throw new ArgumentException($"The future at {i} is null.", nameof(futures));
            }

            CheckOwn(list[i].Client, list[i].Key);
        }

        return GatherAsync<T>(new KeyList(list), cancellationToken);
    }

    internal FutureStatus StatusOf(TaskKey key, FutureLease lease)
    {
        lock (_gate)
        {
            var state = _machine.Find(key);
            return state.StatusPlusOne == 0 || (lease.IsFound ? lease.IsReleased : state.IsOwnReleased) ? FutureStatus.Released : state.Status;
        }
    }

    internal int WaiterCount(TaskKey key)
    {
        lock (_gate)
        {
            return _machine.WaiterCount(key);
        }
    }

    /// <summary>The exception of a future that has ended without a value, or null.</summary>
    internal Exception? ErrorOf(TaskKey key)
    {
        FutureState state;
        lock (_gate)
        {
            state = _machine.Find(key);
        }

        return ErrorOf(key, state);
    }

    /// <summary>Reads a value. Whoever waits for it holds the future by that.</summary>
    internal Task<T> ReadAsync<T>(Future<T> future, CancellationToken cancellationToken)
    {
        var key = future.Key;
        FutureState state;
        FutureEnd? end = null;
        lock (_gate)
        {
            state = _machine.Find(key);
            if (state is { StatusPlusOne: > 0, IsEnded: false })
            {
                end = new FutureEnd();
                _machine.TryAddWaiter(key, end);
            }
        }

        if (end is null && state is { StatusPlusOne: > 0, HasValue: true })
        {
            return Convert<T>(state);
        }

        return end is null ? ReadEndedAsync(future, state, cancellationToken) : ReadLaterAsync(future, end, cancellationToken);
    }

    /// <summary>Waits until a future has ended, whatever its end.</summary>
    internal Task WaitForEndAsync(TaskKey key, CancellationToken cancellationToken)
    {
        var end = new FutureEnd();
        lock (_gate)
        {
            if (!_machine.TryAddWaiter(key, end))
            {
                return Task.CompletedTask;
            }
        }

        return WaitBesideSlotAsync(key, end, cancellationToken);
    }

    private static Task<T> Convert<T>(in FutureState state)
    {
        try
        {
            return Task.FromResult(state.Value.Get<T>());
        }
        catch (ResultTypeException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    private static Exception? ErrorOf(TaskKey key, in FutureState state) => state switch
    {
        { StatusPlusOne: 0 } => new FutureCancelledException(key, $"The future {key} was released. Hold it until its value is read."),
        { Status: FutureStatus.Cancelled, Detail: TaskError error } => new FutureCancelledException(key, $"The future {key} was cancelled: {error.Message}"),
        { Detail: TaskError error } => error.ToException(),
        _ => null,
    };

    private async Task<T> ReadLaterAsync<T>(Future<T> future, FutureEnd end, CancellationToken cancellationToken)
    {
        await WaitBesideSlotAsync(future.Key, end, cancellationToken);
        return await ReadAsync(future, cancellationToken);
    }

    private async Task<T> ReadEndedAsync<T>(Future<T> future, FutureState state, CancellationToken cancellationToken)
    {
        if (ErrorOf(future.Key, state) is { } error)
        {
            throw error;
        }

        // A large value stays with its workers until somebody asks for it.
        var values = await FetchAsync([future.Key], cancellationToken);
        GC.KeepAlive(future);
        return values[0].Get<T>();
    }

    /// <summary>Waits for an end. A task that waits leaves its slot meanwhile, or it could block what it waits for.</summary>
    private async Task WaitBesideSlotAsync(TaskKey key, FutureEnd end, CancellationToken cancellationToken)
    {
        Flush();
        try
        {
            await BesideSlotAsync(end.Task, cancellationToken);
        }
        finally
        {
            if (!end.Task.IsCompleted)
            {
                lock (_gate)
                {
                    _machine.RemoveWaiter(key, end);
                }
            }
        }
    }

    /// <summary>Waits for something that may need the slot of the task that waits.</summary>
    private static Task<T> BesideSlotAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        var waited = cancellationToken.CanBeCanceled ? task.WaitHereAsync(cancellationToken) : task;
        return TaskContext.Current is { } context ? context.WaitBesideSlotAsync(waited) : waited;
    }

    /// <summary>Keys of two clusters may be equal, so a future of another client could be mistaken for one of this.</summary>
    private void CheckOwn(Client client, TaskKey key)
    {
        if (client != this)
        {
            throw new ArgumentException($"{key} is a future of client {client.Name} ({client.Id}), not of this one. Use the client that holds it.", nameof(client));
        }
    }

    private async Task<T[]> GatherAsync<T>(KeyList keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Flush();
        var values = new T[keys.Count];
        List<int>? elsewhere = null;
        for (var next = 0; next < values.Length;)
        {
            next = ReadEnded(keys, values, next, ref elsewhere);
            if (next < values.Length)
            {
                await WaitForEndAsync(keys[next], cancellationToken);
            }
        }

        if (elsewhere is not null)
        {
            var fetched = await FetchAsync([.. elsewhere.Select(place => keys[place])], cancellationToken);
            for (var i = 0; i < fetched.Length; i++)
            {
                values[elsewhere[i]] = fetched[i].Get<T>();
            }
        }

        GC.KeepAlive(keys.Owner);
        return values;
    }

    /// <summary>Reads values from a place on, as far as they are there. Gives the first place that is pending.</summary>
    private int ReadEnded<T>(KeyList keys, T[] values, int next, ref List<int>? elsewhere)
    {
        const int readPerLock = 1024; // So that submitting and notices get their turn.
        while (next < values.Length)
        {
            lock (_gate)
            {
                for (var end = Math.Min(values.Length, next + readPerLock); next < end; next++)
                {
                    var state = _machine.Find(keys[next]);
                    if (state is { StatusPlusOne: > 0, HasValue: true })
                    {
                        values[next] = state.Value.Get<T>();
                    }
                    else if (ErrorOf(keys[next], state) is { } error)
                    {
                        throw error;
                    }
                    else if (state.IsEnded)
                    {
                        (elsewhere ??= []).Add(next);
                    }
                    else
                    {
                        return next;
                    }
                }
            }
        }

        return next;
    }

    /// <summary>The keys of a list of futures, or of a map without making its futures.</summary>
    private readonly struct KeyList
    {
        private readonly Future[]? _futures;
        private readonly TaskKey _first;

        public KeyList(Future[] futures) => (_futures, Owner, Count) = (futures, futures, futures.Length);

        public KeyList(object owner, TaskKey first, int count) => (Owner, _first, Count) = (owner, first, count);

        /// <summary>What holds the futures; to be kept while they are waited for.</summary>
        public object Owner { get; }

        public int Count { get; }

        public TaskKey this[int index] => _futures is null ? TaskKey.FromValue(_first.Value + (ulong)index) : _futures[index].Key;
    }
}
