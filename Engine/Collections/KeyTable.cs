using System.Collections;
using System.Runtime.CompilerServices;

namespace Engine.Collections;

/// <summary>
/// A table of rows by <see cref="TaskKey"/>. Problem: tasks come by the million, in runs of consecutive keys, and are
/// looked up again and again; a dictionary entry each is too much in time and memory. Idea: rows live in pages of 256
/// consecutive keys, a page is found through a dictionary with a small cache before it, and a row is known inside by a
/// handle (page number and offset) that needs no look-up at all. A page goes when its last row is vacated, so memory
/// follows the tasks that are alive.
/// </summary>
internal sealed class KeyTable<TRow>
    where TRow : struct
{
    public const int PageBits = 8;
    public const int PageSize = 1 << PageBits;
    private const int PageMask = PageSize - 1;
    private const int CacheSize = 64;
    private const int SparePagesMax = 16;

    private readonly Dictionary<ulong, int> _indexes = [];
    private readonly int[] _cache = new int[CacheSize]; // Indexes plus one; whether one is right, its page's number tells.
    private readonly Stack<int> _freeIndexes = new();
    private readonly Stack<TRow[]> _spareRows = new();
    private Page[] _pages = new Page[16];
    private int _indexCount;
    private long _arrivals;

    /// <summary>Rows that are occupied.</summary>
    public long Count { get; private set; }

    /// <summary>Pages in use; each holds room for 256 rows.</summary>
    public int PageCount => _indexes.Count;

    public ref TRow this[int handle]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _pages[handle >> PageBits].Rows![handle & PageMask];
    }

    /// <summary>The handle of a key's row, occupied or not, or -1 if no row near it is occupied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int HandleOf(TaskKey key)
    {
        var number = key.Value >> PageBits;
        var index = _cache[(int)number & (CacheSize - 1)] - 1;
        if (index < 0 || _pages[index].Number != number)
        {
            index = FindPage(number);
            if (index < 0)
            {
                return -1;
            }
        }

        return (index << PageBits) | ((int)key.Value & PageMask);
    }

    /// <summary>The handle of a key's row, whose page is made if need be. The caller occupies the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int EnsureHandle(TaskKey key)
    {
        var handle = HandleOf(key);
        return handle >= 0 ? handle : AddPage(key);
    }

    public TaskKey KeyOf(int handle) =>
        TaskKey.FromValue((_pages[handle >> PageBits].Number << PageBits) | (uint)(handle & PageMask));

    /// <summary>A number that grows with the order in which keys arrived: exact within a page, by first arrival between pages.</summary>
    public long ArrivalOf(int handle) =>
        (_pages[handle >> PageBits].Arrival << PageBits) | (uint)(handle & PageMask);

    /// <summary>Whether a handle's page is there; its row may be unoccupied.</summary>
    public bool IsPresent(int handle) => _pages[handle >> PageBits].Rows is not null;

    /// <summary>Counts rows as occupied.</summary>
    /// <param name="handle">A handle in the rows' page.</param>
    /// <param name="count">How many rows of this page.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Occupy(int handle, int count = 1)
    {
        _pages[handle >> PageBits].Live += count;
        Count += count;
    }

    /// <summary>Clears an occupied row and forgets its page if it was the last one.</summary>
    public void Vacate(int handle)
    {
        ref var page = ref _pages[handle >> PageBits];
        page.Rows![handle & PageMask] = default;
        Count--;
        if (--page.Live == 0)
        {
            RemovePage(handle >> PageBits);
        }
    }

    /// <summary>Handles of all rows, occupied or not, in the order of page numbers in use. For validation, dumps and rare sweeps.</summary>
    public HandleSequence Handles() => new(this);

    /// <summary>Handles of all rows of one client's keys, occupied or not.</summary>
    public IEnumerable<int> HandlesOf(ClientId client)
    {
        foreach (var (_, index) in _indexes.Where(page => TaskKey.FromValue(page.Key << PageBits).Client == client).OrderBy(static page => page.Key))
        {
            for (var offset = 0; offset < PageSize; offset++)
            {
                yield return (index << PageBits) | offset;
            }
        }
    }

    private int FindPage(ulong number)
    {
        if (!_indexes.TryGetValue(number, out var index))
        {
            return -1;
        }

        _cache[(int)number & (CacheSize - 1)] = index + 1;
        return index;
    }

    private int AddPage(TaskKey key)
    {
        var number = key.Value >> PageBits;
        if (!_freeIndexes.TryPop(out var index))
        {
            index = _indexCount++;
            if (index == _pages.Length)
            {
                Array.Resize(ref _pages, index * 2);
            }
        }

        ref var page = ref _pages[index];
        (page.Number, page.Arrival) = (number, _arrivals++);
        page.Rows = _spareRows.TryPop(out var spare) ? spare : new TRow[PageSize];
        _indexes.Add(number, index);
        _cache[(int)number & (CacheSize - 1)] = index + 1;
        return (index << PageBits) | ((int)key.Value & PageMask);
    }

    private void RemovePage(int index)
    {
        ref var page = ref _pages[index];
        _indexes.Remove(page.Number);
        _freeIndexes.Push(index);
        if (_spareRows.Count < SparePagesMax)
        {
            _spareRows.Push(page.Rows!); // Vacated row by row, so clean.
        }

        (page.Number, page.Rows) = (Page.None, null);
    }

    // Not an object each: one small object between two arrays would have the runtime clear eight kilobytes for it.
    private struct Page
    {
        public const ulong None = ulong.MaxValue;

        public ulong Number;
        public long Arrival;
        public TRow[]? Rows;
        public int Live;
    }

    /// <summary>A struct, so that a loop over all rows, which validation is, calls no interface for each of them.</summary>
    internal readonly struct HandleSequence(KeyTable<TRow> table) : IEnumerable<int>
    {
        public Enumerator GetEnumerator() => new(table);

        IEnumerator<int> IEnumerable<int>.GetEnumerator() => GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        internal struct Enumerator(KeyTable<TRow> table) : IEnumerator<int>
        {
            public int Current { get; private set; } = -1;

            readonly object IEnumerator.Current => Current;

            public bool MoveNext()
            {
                Current++;
                while (Current >> PageBits < table._indexCount)
                {
                    if (table.IsPresent(Current))
                    {
                        return true;
                    }

                    Current = (Current | PageMask) + 1;
                }

                return false;
            }

            public void Reset() => Current = -1;

            public readonly void Dispose()
            {
            }
        }
    }
}
