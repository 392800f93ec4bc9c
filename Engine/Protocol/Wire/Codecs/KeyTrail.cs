namespace Engine.Protocol.Wire.Codecs;

/// <summary>Writes and reads keys one after another, each as its distance from the one that follows the last: neighbours take one byte.</summary>
internal struct KeyTrail(TaskKey next)
{
    private ulong _next = next.Value;

    public void Write(ref WireWriter writer, TaskKey key, int count = 1)
    {
        writer.Int((long)(key.Value - _next));
        _next = key.Value + (ulong)count;
    }

    public TaskKey Read(ref WireReader reader)
    {
        var key = _next + (ulong)reader.Int();
        _next = key + 1;
        return TaskKey.FromValue(key);
    }

    /// <summary>Tells that the key that was read last was the first of several.</summary>
    public void Skip(int count) => _next += (ulong)(count - 1);
}
