using Engine.Data;

namespace Engine.Workers.Machine;

/// <summary>A worker's row of a key: the value if it is here, and what there is to do about it.</summary>
internal struct WorkerRow
{
    public WorkerTask? Task;
    public DataValue Value;

    /// <summary>The attempt that made the value; 0 for a copy.</summary>
    public int Attempt;

    /// <summary>Of a value that is not kept for itself: tasks here that have yet to read it.</summary>
    public int Users;

    /// <summary>The bytes of the value, to seven digits.</summary>
    private float _nbytes;

    /// <summary>Whether the worker has the value, in memory or in its store.</summary>
    public bool HasValue;

    /// <summary>A small copy for tasks here, unknown to the scheduler; dropped when the last has read it.</summary>
    public bool IsTransient;

    /// <summary>Of a value that the worker has: it lies in the store only.</summary>
    public bool IsSpilled;

    public long NBytes
    {
        readonly get => (long)_nbytes;
        set => _nbytes = value;
    }
}
