using System.Buffers;
using Engine.Data;
using Engine.Plugins.Transports;

namespace Engine.Protocol;

internal sealed class ClientRegistered(ClientId id, bool crossesProcesses = false, SessionTicket? session = null) : Message
{
    public ClientId Id { get; } = id;

    /// <summary>What the client comes back with if its connection breaks; null: it can't come back.</summary>
    public SessionTicket? Session { get; } = session;

    /// <summary>Whether workers may be in other processes, so that tasks have to be fit for that.</summary>
    public bool CrossesProcesses { get; } = crossesProcesses;
}

/// <summary>What became of one task, or of several with consecutive keys.</summary>
internal struct KeyNotice
{
    public TaskKey Key;
    public int Count;
    public FutureStatus Status;

    /// <summary>Whether the value came along. A large one stays with its workers until somebody asks.</summary>
    public bool HasValue;

    public DataValue Value;

    /// <summary>The values, if there are several; rented, given back with the batch.</summary>
    public DataValue[]? Values;

    public TaskError? Error;
}

/// <summary>News of the client's futures, in order. dask: <c>key-in-memory</c>, <c>task-erred</c>, <c>lost-data</c>, <c>task-retried</c>.</summary>
internal sealed class KeyNotices : Batch<KeyNotice>
{
    public override bool TryReset()
    {
        foreach (ref readonly var notice in Span)
        {
            if (notice.Values is { } values)
            {
                ArrayPool<DataValue>.Shared.Return(values, clearArray: true);
            }
        }

        return base.TryReset();
    }
}
