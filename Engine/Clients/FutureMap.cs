using System.Collections;
using Engine.Clients;

namespace Engine;

/// <summary>The futures of a map over plain values: one object until an element is asked for.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <remarks>dask: the list that <c>Client.map</c> gives. An element is released with the whole map, or when it is disposed.</remarks>
public sealed class FutureMap<T> : IReadOnlyList<Future<T>>, IDisposable
{
    private readonly FutureLease _lease;

    internal FutureMap(FutureLease lease) => _lease = lease;

    /// <summary>How many futures there are.</summary>
    public int Count => _lease.Count;

    /// <summary>The client that holds the futures.</summary>
    public Client Client => _lease.Client;

    internal TaskKey First => _lease.First;

    /// <summary>The future of one element.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public Future<T> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new Future<T>(_lease, TaskKey.FromValue(First.Value + (ulong)index));
        }
    }

    /// <summary>The futures as an array.</summary>
    /// <param name="map">The map; not null.</param>
    public static implicit operator Future<T>[](FutureMap<T> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.ToArray();
    }

    /// <summary>The futures as an array.</summary>
    /// <returns>A new array; its futures share the map's hold, so they live as long as one of them.</returns>
    public Future<T>[] ToArray()
    {
        var futures = new Future<T>[Count];
        for (var i = 0; i < futures.Length; i++)
        {
            futures[i] = this[i];
        }

        return futures;
    }

    /// <summary>Gives all futures of the map up.</summary>
    public void Dispose() => Client.ReleaseKeys(First, Count);

    /// <inheritdoc/>
    public IEnumerator<Future<T>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
