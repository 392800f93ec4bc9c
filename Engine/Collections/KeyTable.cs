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

    private readonly Dictionary<ulong, Page> _pages = [];
    private readonly Page?[] _cache = new Page?[CacheSize];
    private readonly Stack<int> _freeIndexes = new();
    private readonly Stack<TRow[]> _spareRows = new();
    private Page?[] _byIndex = new Page?[16];
    private int _indexCount;
    private long _arrivals;

    /// <summary>Rows that are occupied.</summary>
    public long Count { get; private set; }

    /// <summary>Pages in use; each holds room for 256 rows.</summary>
    public int PageCount => _pages.Count;

    public ref TRow this[int handle]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _byIndex[handle >> PageBits]!.Rows[handle & PageMask];
    }

    /// <summary>The handle of a key's row, occupied or not, or -1 if no row near it is occupied.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int HandleOf(TaskKey key)
    {
        var number = key.Value >> PageBits;
        var page = _cache[(int)number & (CacheSize - 1)];
        if (page is null || page.Number != number)
        {
            page = FindPage(number);
            if (page is null)
            {
                return -1;
            }
        }

        return (page.Index << PageBits) | ((int)key.Value & PageMask);
    }

    /// <summary>The handle of a key's row, whose page is made if need be. The caller occupies the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int EnsureHandle(TaskKey key)
    {
        var handle = HandleOf(key);
        return handle >= 0 ? handle : AddPage(key);
    }

    public TaskKey KeyOf(int handle) =>
        TaskKey.FromValue((_byIndex[handle >> PageBits]!.Number << PageBits) | (uint)(handle & PageMask));

    /// <summary>A number that grows with the order in which keys arrived: exact within a page, by first arrival between pages.</summary>
    public long ArrivalOf(int handle) =>
        (_byIndex[handle >> PageBits]!.Arrival << PageBits) | (uint)(handle & PageMask);

    /// <summary>Whether a handle's page is there; its row may be unoccupied.</summary>
    public bool IsPresent(int handle) => _byIndex[handle >> PageBits] is not null;

    /// <summary>Counts rows as occupied.</summary>
    /// <param name="handle">A handle in the rows' page.</param>
    /// <param name="count">How many rows of this page.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Occupy(int handle, int count = 1)
    {
        _byIndex[handle >> PageBits]!.Live += count;
        Count += count;
    }

    /// <summary>Clears an occupied row and forgets its page if it was the last one.</summary>
    public void Vacate(int handle)
    {
        var page = _byIndex[handle >> PageBits]!;
        page.Rows[handle & PageMask] = default;
        Count--;
        if (--page.Live == 0)
        {
            RemovePage(page);
        }
    }

    /// <summary>Handles of all rows, occupied or not, in the order of page numbers in use. For validation, dumps and rare sweeps.</summary>
    public IEnumerable<int> Handles()
    {
        for (var index = 0; index < _indexCount; index++)
        {
            for (var offset = 0; _byIndex[index] is not null && offset < PageSize; offset++)
            {
                yield return (index << PageBits) | offset;
            }
        }
    }

    /// <summary>Handles of all rows of one client's keys, occupied or not.</summary>
    public IEnumerable<int> HandlesOf(ClientId client)
    {
        foreach (var page in _pages.Values.Where(page => TaskKey.FromValue(page.Number << PageBits).Client == client).OrderBy(static page => page.Number))
        {
            for (var offset = 0; offset < PageSize; offset++)
            {
                yield return (page.Index << PageBits) | offset;
            }
        }
    }

    private Page? FindPage(ulong number)
    {
        if (_pages.TryGetValue(number, out var page))
        {
            _cache[(int)number & (CacheSize - 1)] = page;
        }

        return page;
    }

    private int AddPage(TaskKey key)
    {
        var number = key.Value >> PageBits;
        if (!_freeIndexes.TryPop(out var index))
        {
            index = _indexCount++;
            if (index == _byIndex.Length)
            {
                Array.Resize(ref _byIndex, index * 2);
            }
        }

        var rows = _spareRows.TryPop(out var spare) ? spare : new TRow[PageSize];
        var page = new Page(number, index, _arrivals++, rows);
        _byIndex[index] = page;
        _pages.Add(number, page);
        _cache[(int)number & (CacheSize - 1)] = page;
        return (index << PageBits) | ((int)key.Value & PageMask);
    }

    private void RemovePage(Page page)
    {
        _pages.Remove(page.Number);
        _byIndex[page.Index] = null;
        _freeIndexes.Push(page.Index);
        ref var cached = ref _cache[(int)page.Number & (CacheSize - 1)];
        if (cached == page)
        {
            cached = null;
        }

        if (_spareRows.Count < SparePagesMax)
        {
            _spareRows.Push(page.Rows); // Vacated row by row, so clean.
        }
    }

    private sealed class Page(ulong number, int index, long arrival, TRow[] rows)
    {
        public readonly ulong Number = number;
        public readonly int Index = index;
        public readonly long Arrival = arrival;
        public readonly TRow[] Rows = rows;
        public int Live;
    }
}
