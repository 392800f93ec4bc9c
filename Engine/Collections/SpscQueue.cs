namespace Engine.Collections;

/// <summary>An unbounded queue between one writer and one reader, without locks: linked segments, published by their count.</summary>
/// <remarks>The writer fills a slot, then publishes the count with a release; the reader acquires the count before it reads slots.</remarks>
internal sealed class SpscQueue<T>
    where T : struct
{
    private Segment _tail;
    private Segment _head;
    private int _read;
    private Segment? _spare;

    public SpscQueue() => _head = _tail = new Segment();

    public void Enqueue(in T item)
    {
        var segment = _tail;
        var count = segment.Count;
        if (count == Segment.Capacity)
        {
            var next = Interlocked.Exchange(ref _spare, null) ?? new Segment();
            next.Items[0] = item;
            Volatile.Write(ref next.Count, 1);
            _tail = next;
            Volatile.Write(ref segment.Next, next);
            return;
        }

        segment.Items[count] = item;
        Volatile.Write(ref segment.Count, count + 1);
    }

    public bool TryDequeue(out T item)
    {
        var segment = _head;
        if (_read == Segment.Capacity)
        {
            if (Volatile.Read(ref segment.Next) is not { } next)
            {
                item = default;
                return false;
            }

            // The segment that was read goes back to the writer, who links it again behind the last.
            (segment.Count, segment.Next) = (0, null);
            Interlocked.Exchange(ref _spare, segment);
            (_head, _read, segment) = (next, 0, next);
        }

        if (_read == Volatile.Read(ref segment.Count))
        {
            item = default;
            return false;
        }

        ref var slot = ref segment.Items[_read++];
        item = slot;
        slot = default;
        return true;
    }

    private sealed class Segment
    {
        public const int Capacity = 256;
        public readonly T[] Items = new T[Capacity];
        public int Count;
        public Segment? Next;
    }
}
