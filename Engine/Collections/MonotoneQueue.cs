namespace Engine.Collections;

/// <summary>
/// A priority queue for items that mostly arrive in order. Problem: a heap costs 50 ns an item, and nearly always the
/// next item belongs at the end. Idea: a sorted run that is only appended to, beside a heap for what comes out of
/// order; the smaller head of the two is next. The order is exact.
/// </summary>
/// <remarks>Two items may have the same order only where one of them is to be dropped anyway.</remarks>
internal sealed class MonotoneQueue<T>
{
    private readonly PriorityQueue<T, long> _heap = new();
    private (long Order, T Item)[] _run = new (long, T)[16];
    private int _head;
    private int _count;

    public int Count => _count + _heap.Count;

    /// <summary>Adds an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="order">Its place; lower comes first.</param>
    public void Enqueue(T item, long order)
    {
        if (_count > 0 && order < _run[(_head + _count - 1) & (_run.Length - 1)].Order)
        {
            _heap.Enqueue(item, order);
            return;
        }

        if (_count == _run.Length)
        {
            Grow();
        }

        _run[(_head + _count++) & (_run.Length - 1)] = (order, item);
    }

    public bool TryPeek(out T item, out long order)
    {
        if (IsRunNext())
        {
            (order, item) = _run[_head];
            return true;
        }

        return _heap.TryPeek(out item!, out order);
    }

    public bool TryDequeue(out T item)
    {
        if (!IsRunNext())
        {
            return _heap.TryDequeue(out item!, out _);
        }

        ref var entry = ref _run[_head];
        item = entry.Item;
        entry = default;
        _head = (_head + 1) & (_run.Length - 1);
        _count--;
        return true;
    }

    public void Clear()
    {
        const int retainedMax = 1024;
        _heap.Clear();
        if (_run.Length > retainedMax)
        {
            _run = new (long, T)[16];
        }
        else
        {
            Array.Clear(_run);
        }

        (_head, _count) = (0, 0);
    }

    public IEnumerable<T> Items()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return _run[(_head + i) & (_run.Length - 1)].Item;
        }

        foreach (var (item, _) in _heap.UnorderedItems)
        {
            yield return item;
        }
    }

    // One rule for looking and taking: what was looked at is what is taken, also among equals.
    private bool IsRunNext() => _count > 0 && (!_heap.TryPeek(out _, out var order) || _run[_head].Order <= order);

    private void Grow()
    {
        var larger = new (long, T)[_run.Length * 2];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _run[(_head + i) & (_run.Length - 1)];
        }

        (_run, _head) = (larger, 0);
    }
}
