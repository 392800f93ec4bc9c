using Engine.Plugins.Transports;
using Microsoft.Extensions.ObjectPool;

namespace Engine.Protocol;

/// <summary>A batch that can be asked whether it has room.</summary>
internal interface IBatch
{
    bool IsFull { get; }
}

/// <summary>A pooled message of many small entries: the only unit in which work travels.</summary>
/// <remarks>Capacity is fixed, because beyond 256 entries a batch wins nothing more. Whoever reads a batch from an inbox gives it back.</remarks>
internal abstract class Batch<TEntry> : Message, IResettable, IBatch
    where TEntry : struct
{
    public const int Capacity = 256;

    public readonly TEntry[] Entries = new TEntry[Capacity];

    public int Count { get; private set; }

    public bool IsFull => Count == Capacity;

    public ReadOnlySpan<TEntry> Span => Entries.AsSpan(0, Count);

    public ref TEntry Add() => ref Entries[Count++];

    public void Add(in TEntry entry) => Entries[Count++] = entry;

    public virtual bool TryReset()
    {
        Array.Clear(Entries, 0, Count);
        Count = 0;
        return true;
    }
}

/// <summary>A batch whose entries name dependencies, kept side by side in one growing array.</summary>
internal abstract class BatchWithDependencies<TEntry, TDependency> : Batch<TEntry>
    where TEntry : struct
    where TDependency : struct
{
    private const int DependenciesRetainedMax = 4 * Capacity;

    public TDependency[] Dependencies = [];

    public int DependencyCount { get; private set; }

    public virtual void AddDependency(TDependency dependency)
    {
        if (DependencyCount == Dependencies.Length)
        {
            Array.Resize(ref Dependencies, Math.Max(2 * Capacity, Dependencies.Length * 2));
        }

        Dependencies[DependencyCount++] = dependency;
    }

    public override bool TryReset()
    {
        if (Dependencies.Length > DependenciesRetainedMax)
        {
            Dependencies = [];
        }
        else
        {
            Array.Clear(Dependencies, 0, DependencyCount);
        }

        DependencyCount = 0;
        return base.TryReset();
    }
}
