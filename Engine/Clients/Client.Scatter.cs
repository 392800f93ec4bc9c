using Engine.Data;
using Engine.Tasks;

namespace Engine;

/// <content>Data goes to the workers.</content>
public sealed partial class Client
{
    /// <summary>Puts a value on a worker, to be used by many tasks without being sent with each.</summary>
    /// <typeparam name="T">The type of the value; a list is one value, see <see cref="ScatterManyAsync"/>.</typeparam>
    /// <param name="value">The value. In process it is passed by reference, so it must not change any more.</param>
    /// <param name="options">Where it is to lie; null for one worker of the engine's choice.</param>
    /// <param name="cancellationToken">Gives the attempt up, for example because no worker is there.</param>
    /// <returns>A future of the value, when as many workers hold it as were asked for.</returns>
    /// <exception cref="ArgumentException">The value is a future, which has a value on a worker already.</exception>
    /// <exception cref="KeyConflictException">The key of the options is in use.</exception>
    /// <exception cref="NoValidWorkerException">No worker may hold it, and the time to wait for one is over.</exception>
    /// <remarks>
    /// dask: <c>Client.scatter</c>. Data has no recipe: when the last worker that holds it is gone, its future is
    /// <see cref="FutureStatus.Lost"/>, and awaiting it or a task that needs it gives <see cref="LostDataException"/>.
    /// </remarks>
    public async Task<Future<T>> ScatterAsync<T>(T value, ScatterOptions? options = null, CancellationToken cancellationToken = default) =>
        (await ScatterEachAsync([value], options, cancellationToken))[0];

    /// <summary>Puts values on workers, one future for each; the values are spread over the workers.</summary>
    /// <typeparam name="T">The type of one value.</typeparam>
    /// <param name="values">The values; not null, read once.</param>
    /// <param name="options">Where they are to lie; null for one worker each, of the engine's choice.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>Futures in the order of the values, when all are held.</returns>
    /// <exception cref="ArgumentException">A value is a future, or a key is given for several values.</exception>
    /// <exception cref="KeyConflictException">The key of the options is in use.</exception>
    /// <exception cref="NoValidWorkerException">No worker may hold them, and the time to wait for one is over.</exception>
    /// <remarks>dask: <c>Client.scatter</c> of a list. See <see cref="ScatterAsync"/>.</remarks>
    public async Task<IReadOnlyList<Future<T>>> ScatterManyAsync<T>(
        IEnumerable<T> values, ScatterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        T[] list = [.. values];
        if (options?.Key is not null && list.Length > 1)
        {
            throw new ArgumentException("A key names one value, but there are several. Leave Key out, or scatter the values one by one.", nameof(options));
        }

        return await ScatterEachAsync(list, options, cancellationToken);
    }

    private async Task<Future<T>[]> ScatterEachAsync<T>(T[] values, ScatterOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var submitOptions = options?.ToSubmitOptions();
        foreach (var value in values)
        {
            if (value is Future future)
            {
                throw new ArgumentException($"{future.Key} is a future: its value lies on a worker already. Submit with the future.", nameof(values));
            }
        }

        var data = Array.ConvertAll(values, DataValue.From);
        if (_crossing is { } crossing)
        {
            data = Array.ConvertAll(data, value => crossing.Serializers.Admit<T>(value)); // All of them, before the first is sent.
        }

        var futures = new Future<T>[values.Length];
        try
        {
            for (var i = 0; i < futures.Length; i++)
            {
                futures[i] = Enqueue<T>(new ConstantWork(data[i]), [], submitOptions);
            }

            foreach (var future in futures)
            {
                if (await future.GetExceptionAsync(cancellationToken) is { } error)
                {
                    throw error;
                }
            }

            return futures;
        }
        catch
        {
            foreach (var future in futures)
            {
                future?.Dispose(); // Null where the submission failed.
            }

            throw;
        }
    }
}
