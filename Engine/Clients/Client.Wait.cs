using System.Runtime.CompilerServices;
using Engine.Clients;
using Engine.Clients.Machine;

namespace Engine;

/// <content>Several futures are waited for.</content>
public sealed partial class Client
{
    /// <summary>Waits for futures without reading their values. Errors are not thrown: a future that failed has ended.</summary>
    /// <typeparam name="TFuture">The type of the futures.</typeparam>
    /// <param name="futures">The futures; not null, of this client.</param>
    /// <param name="until">When the wait is over.</param>
    /// <param name="cancellationToken">Ends the wait, not the tasks.</param>
    /// <returns>Which have ended and which have not, as of the end of the wait.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <remarks>dask: <c>wait</c>.</remarks>
    public async Task<WaitResult<TFuture>> WaitAsync<TFuture>(
        IEnumerable<TFuture> futures, WaitFor until = WaitFor.All, CancellationToken cancellationToken = default)
        where TFuture : Future
    {
        var list = OwnFutures(futures);
        cancellationToken.ThrowIfCancellationRequested();
        Flush();
        switch (until)
        {
            case WaitFor.All:
                foreach (var future in list)
                {
                    await WaitForEndAsync(future.Key, cancellationToken);
                }

                break;
            case WaitFor.Any:
                await WaitUntilAsync(list, static _ => true, cancellationToken);
                break;
            case WaitFor.FirstException:
                await WaitUntilAsync(list, static status => status != FutureStatus.Finished, cancellationToken);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(until), until, "Wait for All, Any or FirstException.");
        }

        var isDone = list.ToLookup(static future => future.IsDone);
        return new WaitResult<TFuture>([.. isDone[true]], [.. isDone[false]]);
    }

    /// <summary>Gives futures as they end, failed, cancelled and lost ones too; awaiting a given one doesn't wait for its task.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="futures">The futures; not null, of this client. One that is named twice is given twice.</param>
    /// <param name="cancellationToken">Ends the enumeration, not the tasks.</param>
    /// <returns>The futures in the order of their ends; those that had ended before the enumeration come first.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <remarks>dask: <c>as_completed</c>. Leaving the loop early leaves nothing behind.</remarks>
    public IAsyncEnumerable<Future<T>> AsCompleted<T>(IEnumerable<Future<T>> futures, CancellationToken cancellationToken = default) =>
        AsCompletedAsync(OwnFutures(futures), cancellationToken);

    /// <summary>Waits for ends of futures that are under way. For tests.</summary>
    internal int AllWaiterCount
    {
        get
        {
            lock (_gate)
            {
                return _machine.AllWaiterCount;
            }
        }
    }

    internal bool TryAddWaiter(Future future, IFutureWaiter waiter, out FutureStatus status)
    {
        lock (_gate)
        {
            status = StatusOf(future.Key, future.Lease);
            return status == FutureStatus.Pending && _machine.TryAddWaiter(future.Key, waiter);
        }
    }

    internal void RemoveWaiter(Future future, IFutureWaiter waiter)
    {
        lock (_gate)
        {
            _machine.RemoveWaiter(future.Key, waiter);
        }
    }

    private static Task<T> BesideSlotAsync<T>(Task<T> task) =>
        TaskContext.Current is { } context && !task.IsCompleted ? context.WaitBesideSlotAsync(task) : task;

    private async IAsyncEnumerable<Future<T>> AsCompletedAsync<T>(Future<T>[] futures, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Flush();
        using var ends = new FutureEnds(this, futures);
        for (var left = futures.Length; left > 0;)
        {
            await BesideSlotAsync(ends.WaitAsync(cancellationToken).AsTask());
            while (ends.TryTake(out var end))
            {
                left--;
                yield return futures[end.Place];
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task WaitUntilAsync(Future[] futures, Predicate<FutureStatus> isEnough, CancellationToken cancellationToken)
    {
        using var ends = new FutureEnds(this, futures);
        for (var left = futures.Length; left > 0;)
        {
            await BesideSlotAsync(ends.WaitAsync(cancellationToken).AsTask());
            while (ends.TryTake(out var end))
            {
                left--;
                if (isEnough(end.Status))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Checks futures that are to be this client's, and takes them into an array.</summary>
    private TFuture[] OwnFutures<TFuture>(IEnumerable<TFuture> futures, [CallerArgumentExpression(nameof(futures))] string? name = null)
        where TFuture : Future
    {
        ArgumentNullException.ThrowIfNull(futures, name);
        TFuture[] list = [.. futures];
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] is null)
            {
                throw new ArgumentException($"The future at {i} is null.", name);
            }

            if (list[i].Client != this)
            {
                throw new ArgumentException($"The future at {i}, {list[i].Key}, is held by another client ({list[i].Client.Name}). Ask that one.", name);
            }
        }

        return list;
    }
}
