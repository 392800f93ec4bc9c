using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>
/// Memory is limited. Above the target, values go to the store, those first that have not been read for longest; above the
/// level for a pause, nothing new is started. dask: <c>WorkerMemoryManager</c>, <c>SpillBuffer</c>.
/// </summary>
/// <remarks>
/// A value that was read from the store stays there too, as values don't change: if room is needed again it is just let go.
/// A worker without a limit knows of no value what is known here, and pays a comparison a step and a value.
/// </remarks>
internal sealed partial class WorkerStateMachine
{
    private const double ResumeShare = 0.95;
    private readonly Dictionary<int, KeptValue> _kept = [];
    private readonly LinkedList<KeptValue> _spillable = new(); // In memory, and nobody is about to read it; the first was not read for longest.
    private readonly long _spillAbove = LevelOf(settings.MemoryLimit, settings.MemoryTarget);
    private readonly long _pauseAbove = LevelOf(settings.MemoryLimit, settings.MemoryPause);
    private readonly long _resumeUpTo = ResumeLevelOf(settings);
    private readonly long _keptBytesMin = settings is { MemoryLimit: not null, MemoryTarget: not null } ? settings.SpillBytesMin : long.MaxValue;
    private KeptValue? _writing;
    private long _spilledSize;
    private long _readingSize;
    private long _storeNumber;
    private long _writeNumber;
    private bool _isPausedByMemory;
    private bool _isPausedByHand;

    /// <summary>Bytes in memory, as measured: of values that it holds, less those that are spilled, and of those being read from the store.</summary>
    public long ManagedBytes => HeldBytes - _spilledSize + _readingSize;

    /// <summary>Bytes in the store, as the store says.</summary>
    public long SpilledBytes { get; private set; }

    /// <summary>Values that are in the store and not in memory.</summary>
    public int SpilledCount { get; private set; }

    /// <summary>Running, or paused.</summary>
    public Status Status { get; private set; } = Status.Running;

    /// <summary>Pauses the worker by hand, or lets go. It runs if neither this nor its memory pauses it.</summary>
    public void SetPaused(bool paused) => _isPausedByHand = paused;

    /// <summary>The store has written a value, or could not.</summary>
    /// <param name="number">Of the order.</param>
    /// <param name="bytes">Bytes that it takes there; null if it stays in memory for good.</param>
    public void OnSpilled(long number, long? bytes)
    {
        if (_writing is not { } kept || number != _writeNumber)
        {
            return;
        }

        _writing = null;
        kept.IsWriting = false;
        if (kept.IsDropped)
        {
            return; // The store has been told to delete it.
        }

        (kept.StoredBytes, kept.IsRefused) = (bytes, bytes is null);
        SpilledBytes += bytes ?? 0;
        if (IsSpillable(kept))
        {
            _spillable.AddFirst(kept.Place); // If there still is too little room, it is let go next.
        }
    }

    private static long LevelOf(long? limit, double? part) => limit is { } bytes && part is { } share ? (long)(bytes * share) : long.MaxValue;

    /// <summary>A little below the pause, or a single value could pause the worker again and again; but spilling must be able to get there.</summary>
    private static long ResumeLevelOf(WorkerSettings settings) => Math.Max(
        LevelOf(settings.MemoryLimit, settings.MemoryPause * ResumeShare),
        settings.MemoryTarget is null ? 0 : LevelOf(settings.MemoryLimit, settings.MemoryTarget));

    private bool IsSpillable(KeptValue kept) =>
        kept is { IsWriting: false, IsRefused: false, Readers.Count: 0 } && !_rows[kept.Handle].IsSpilled;

    /// <summary>Begins a step's end: makes room, and pauses or resumes.</summary>
    private void LimitMemory()
    {
        if (ManagedBytes > _spillAbove)
        {
            SpillOldest();
        }

        _isPausedByMemory = ManagedBytes > (_isPausedByMemory ? _resumeUpTo : _pauseAbove);
        var status = _isPausedByHand || _isPausedByMemory ? Status.Paused : Status.Running;
        if (status != Status)
        {
            Status = status;
            outbox.Send(new StatusChanged(status));
        }
    }

    /// <summary>Lets values go that the store has, and has it write one more if that isn't enough. It writes one at a time.</summary>
    private void SpillOldest()
    {
        while (ManagedBytes - (_writing?.NBytes ?? 0) > _spillAbove && _spillable.First?.Value is { } oldest)
        {
            if (oldest.StoredBytes is not null)
            {
                _spillable.Remove(oldest.Place);
                ref var row = ref _rows[oldest.Handle];
                (row.Value, row.IsSpilled) = (default, true);
                _spilledSize += oldest.NBytes;
                SpilledCount++;
            }
            else if (_writing is null)
            {
                _spillable.Remove(oldest.Place);
                oldest.IsWriting = true;
                (_writing, _writeNumber) = (oldest, ++_storeNumber);
                outbox.Spill(new SpillOrder(SpillAction.Write, _writeNumber, oldest.Key, _rows[oldest.Handle].Value.Boxed));
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Takes note of a value that is to stay for itself, if it is worth spilling.</summary>
    private void Keep(int handle)
    {
        ref var row = ref _rows[handle];
        if (row.NBytes >= _keptBytesMin && row.Value is { IsSlot: false, ValueType: not null } && !_kept.ContainsKey(handle))
        {
            var kept = new KeptValue(_rows.KeyOf(handle), handle, row.NBytes);
            _kept.Add(handle, kept);
            _spillable.AddLast(kept.Place);
        }
    }

    /// <summary>A value is read: others are spilled before it.</summary>
    private void Touch(int handle)
    {
        if (_kept.TryGetValue(handle, out var kept) && kept.Place.List is not null)
        {
            _spillable.Remove(kept.Place);
            _spillable.AddLast(kept.Place);
        }
    }

    /// <summary>A value goes: from the store as well.</summary>
    private void Unkeep(int handle)
    {
        if (!_kept.Remove(handle, out var kept))
        {
            return;
        }

        kept.IsDropped = true;
        if (kept.Place.List is not null)
        {
            _spillable.Remove(kept.Place);
        }

        if (_rows[handle].IsSpilled)
        {
            _rows[handle].IsSpilled = false;
            _spilledSize -= kept.NBytes;
            SpilledCount--;
        }

        if (kept.StoredBytes is not null || kept.IsWriting)
        {
            SpilledBytes -= kept.StoredBytes ?? 0;
            outbox.Spill(new SpillOrder(SpillAction.Delete, 0, kept.Key));
        }

        LookAgain(kept);
    }
}
