namespace Engine.Protocol.Wire;

/// <summary>
/// Objects that come again and again are written once and then referred to by their place in a table, in which the oldest makes room.
/// The reader's table follows by itself: both put what is new into the same place.
/// </summary>
internal sealed class InternWriter<T>(int capacity, IEqualityComparer<T> comparer)
    where T : class
{
    private readonly Dictionary<T, int> _places = new(comparer);
    private readonly List<T> _items = [];
    private int _next;
    private T? _last; // What comes again is most often what came just before.
    private int _lastPlace;

    /// <summary>Writes a reference.</summary>
    /// <returns>False: it is new to the reader, so the caller writes it in full behind.</returns>
    public bool TryWrite(ref WireWriter writer, T item)
    {
        if (ReferenceEquals(item, _last))
        {
            writer.Count(_lastPlace + 1);
            return true;
        }

        if (_places.TryGetValue(item, out var place))
        {
            (_last, _lastPlace) = (item, place);
            writer.Count(place + 1);
            return true;
        }

        writer.Count(0);
        if (_items.Count < capacity)
        {
            _items.Add(item);
        }
        else
        {
            _places.Remove(_items[_next]);
            _items[_next] = item;
            _last = null;
        }

        _places.Add(item, _next);
        _next = (_next + 1) % capacity;
        return false;
    }
}

/// <summary>The counterpart of <see cref="InternWriter{T}"/>.</summary>
internal sealed class InternReader<T>(int capacity)
    where T : class
{
    private readonly List<T> _items = [];
    private int _next;

    /// <summary>Reads a reference.</summary>
    /// <returns>Null: it is new, so the caller reads it in full and adds it.</returns>
    public T? Read(ref WireReader reader) => reader.Count(_items.Count) is > 0 and var place ? _items[place - 1] : null;

    public T Add(T item)
    {
        if (_items.Count < capacity)
        {
            _items.Add(item);
        }
        else
        {
            _items[_next] = item;
        }

        _next = (_next + 1) % capacity;
        return item;
    }
}
