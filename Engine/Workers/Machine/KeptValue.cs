namespace Engine.Workers.Machine;

/// <summary>A value that may be spilled: where it lies, and who is about to read it. Few workers have any, so it isn't in the row.</summary>
internal sealed class KeptValue
{
    public KeptValue(TaskKey key, int handle, long bytes)
    {
        (Key, Handle, NBytes) = (key, handle, bytes);
        Place = new LinkedListNode<KeptValue>(this);
    }

    public TaskKey Key { get; }

    /// <summary>Its row; the row is occupied as long as this is known.</summary>
    public int Handle { get; }

    /// <summary>Bytes that it takes in memory.</summary>
    public long NBytes { get; }

    /// <summary>Its place among the values that could be spilled, if it is one of them.</summary>
    public LinkedListNode<KeptValue> Place { get; }

    /// <summary>Tasks whose inputs are being read from the store; for these it stays in memory, or comes back to it.</summary>
    public List<WorkerTask> Readers { get; } = [];

    /// <summary>Bytes that it takes in the store; null if it isn't there. It stays there when it is read.</summary>
    public long? StoredBytes { get; set; }

    public bool IsWriting { get; set; }

    /// <summary>It is to be read for tasks.</summary>
    public bool IsReading { get; set; }

    /// <summary>The store can't keep it, so it stays in memory.</summary>
    public bool IsRefused { get; set; }

    /// <summary>The worker need not have it any longer; what the store still says about it changes nothing.</summary>
    public bool IsDropped { get; set; }
}
