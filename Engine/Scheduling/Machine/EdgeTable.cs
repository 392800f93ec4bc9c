namespace Engine.Scheduling.Machine;

/// <summary>One dependency of one task. In two lists: the dependent's dependencies, in order, and the dependency's dependents.</summary>
internal struct Edge
{
    /// <summary>Handle of the task that is needed.</summary>
    public int Dependency;

    /// <summary>Handle of the task that needs it.</summary>
    public int Dependent;

    /// <summary>Next dependency of the same dependent; in a free edge the next free one.</summary>
    public int NextDependency;

    /// <summary>Neighbours among the dependents of the same dependency. Doubly linked: one of ten thousand readers leaves in constant time.</summary>
    public int NextDependent;
    public int PreviousDependent;
}

/// <summary>All edges of all tasks, in pages, linked by number; zero is none.</summary>
internal sealed class EdgeTable
{
    private const int PageBits = 12;
    private const int PageMask = (1 << PageBits) - 1;

    private Edge[]?[] _pages = new Edge[]?[16];
    private int _top = 1;
    private int _free;

    public int Count { get; private set; }

    public ref Edge this[int edge] => ref _pages[edge >> PageBits]![edge & PageMask];

    public int Add(int dependency, int dependent)
    {
        var number = _free;
        if (number != 0)
        {
            _free = this[number].NextDependency;
        }
        else
        {
            number = _top++;
            EnsurePage(number >> PageBits);
        }

        this[number] = new Edge { Dependency = dependency, Dependent = dependent };
        Count++;
        return number;
    }

    public void Remove(int edge)
    {
        this[edge] = new Edge { NextDependency = _free };
        _free = edge;
        if (--Count == 0)
        {
            // With no edge left the whole table can go, so that a burst doesn't stay in memory.
            (_pages, _top, _free) = (new Edge[]?[16], 1, 0);
        }
    }

    private void EnsurePage(int page)
    {
        if (page >= _pages.Length)
        {
            Array.Resize(ref _pages, _pages.Length * 2);
        }

        _pages[page] ??= new Edge[1 << PageBits];
    }
}
