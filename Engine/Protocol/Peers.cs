using Engine.Data;
using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>A worker or client asks a worker for values. dask: <c>get-data</c>.</summary>
internal sealed class GetData(long requestId, WorkerId holder, TaskKey[] keys) : Message
{
    /// <summary>The incarnation that is asked; another one at its address has nothing to say.</summary>
    public WorkerId Holder { get; } = holder;

    public long RequestId { get; } = requestId;

    public TaskKey[] Keys { get; } = keys;
}

/// <summary>
/// The values that were asked for, in that order; one that isn't there is marked. It may stop short, but not before the first: what
/// is spilled doesn't fit into memory at once, so whoever wants the rest asks again.
/// </summary>
internal sealed class DataReply(long requestId, DataEntry[] entries) : Message
{
    public long RequestId { get; } = requestId;

    public DataEntry[] Entries { get; } = entries;
}

internal struct DataEntry
{
    public TaskKey Key;
    public bool Found;
    public DataValue Value;
    public long NBytes;
}
