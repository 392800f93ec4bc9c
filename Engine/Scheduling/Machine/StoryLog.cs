namespace Engine.Scheduling.Machine;

/// <summary>Why a step was taken: the kind of message that came in.</summary>
internal enum Stimulus : byte
{
    None,
    Submit,
    Finished,
    Erred,
    Released,
    Cancelled,
    Retried,
    Rescheduled,
    InputMissing,
    Stolen,
    WorkerAdded,
    WorkerRemoved,
    ClientRemoved,
    Retirement,
    Restarted,
    Timeout,
    Placement,
}

/// <summary>One line of a story: a transition of one task, or of several of a map.</summary>
internal struct StoryEntry
{
    public TaskKey Key;
    public int Count;
    public int Attempt;
    public long Step;
    public WorkerId Worker;
    public byte Start;
    public byte Finish;
    public Stimulus Stimulus;
}

/// <summary>The last transitions of a machine, in a ring. dask: <c>transition_log</c>; a <em>story</em> is what it says of one key.</summary>
internal sealed class StoryLog
{
    private readonly StoryEntry[] _ring;
    private long _next;

    /// <param name="length">Transitions kept; a power of two.</param>
    public StoryLog(int length) => _ring = new StoryEntry[length];

    public ref StoryEntry Add() => ref _ring[_next++ & (_ring.Length - 1)];

    /// <summary>What is still known of a key, oldest first.</summary>
    public List<StoryEntry> Of(TaskKey key)
    {
        var story = new List<StoryEntry>();
        for (var i = Math.Max(0, _next - _ring.Length); i < _next; i++)
        {
            ref var entry = ref _ring[i & (_ring.Length - 1)];
            if (key.Value - entry.Key.Value < (ulong)entry.Count)
            {
                story.Add(entry);
            }
        }

        return story;
    }
}
