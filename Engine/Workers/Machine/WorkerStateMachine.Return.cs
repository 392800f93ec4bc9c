using Engine.Data;

namespace Engine.Workers.Machine;

/// <summary>
/// An incarnation has ended because its connection broke, and the next one begins in the same process: with a machine that knows nothing but
/// the values that were held complete. Tasks, transfers and copies for tasks are not taken over, so no state is merged.
/// </summary>
internal sealed partial class WorkerStateMachine
{
    /// <summary>What is left when this incarnation ends. The machine can go on to serve peers; nothing else is asked of it.</summary>
    public MachineRemains Leave()
    {
        outbox.FlushSpills(); // What was freed in this step is not among what is left, so nobody else would have it deleted.
        var values = new List<HeldValue>(HeldCount);
        foreach (var handle in _rows.Handles())
        {
            ref var row = ref _rows[handle];
            if (row is { HasValue: true, IsTransient: false })
            {
                var kept = _kept.GetValueOrDefault(handle);
                values.Add(new HeldValue(_rows.KeyOf(handle), row.Value, row.NBytes, row.Attempt, kept?.StoredBytes, row.IsSpilled, kept is { IsWriting: true }));
            }
        }

        return new MachineRemains(values, _storeNumber, _isPausedByHand);
    }

    /// <summary>Takes over what the incarnation before has left, except what the scheduler doesn't take. First of all.</summary>
    public void TakeOver(MachineRemains remains, IReadOnlyList<TaskKey> declined)
    {
        var dropped = declined.ToHashSet();
        (_storeNumber, _isPausedByHand) = (remains.StoreNumber, remains.IsPaused); // What the store says of older orders changes nothing (I7).
        foreach (var held in remains.Values)
        {
            var isDropped = dropped.Contains(held.Key);
            if (held.IsWriting || (isDropped && held.StoredBytes is not null))
            {
                outbox.Spill(new SpillOrder(SpillAction.Delete, 0, held.Key));
            }

            if (isDropped)
            {
                continue;
            }

            var handle = OccupiedHandle(held.Key);
            Store(handle, held.Value, held.NBytes, held.Attempt);
            if (held.StoredBytes is { } stored)
            {
                KeepStored(handle, stored, held.IsSpilled);
            }
        }
    }

    /// <summary>A value is in the store already, and perhaps only there.</summary>
    private void KeepStored(int handle, long stored, bool isSpilled)
    {
        ref var row = ref _rows[handle];
        if (!_kept.TryGetValue(handle, out var kept))
        {
            _kept.Add(handle, kept = new KeptValue(_rows.KeyOf(handle), handle, row.NBytes));
        }

        kept.StoredBytes = stored;
        SpilledBytes += stored;
        if (isSpilled)
        {
            row.IsSpilled = true;
            _spilledSize += kept.NBytes;
            SpilledCount++;
        }
    }
}

/// <summary>What an incarnation of a worker leaves to the next.</summary>
/// <param name="Values">Values that it held complete and for themselves, in memory or in the store.</param>
/// <param name="StoreNumber">The number of its last order to the store.</param>
/// <param name="IsPaused">Whether somebody has paused it.</param>
internal sealed record MachineRemains(IReadOnlyList<HeldValue> Values, long StoreNumber, bool IsPaused);

/// <summary>A value that a worker held.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Value">The value; nothing if it lies in the store only.</param>
/// <param name="NBytes">Its bytes in memory.</param>
/// <param name="Attempt">The attempt that made it; 0: it is a copy.</param>
/// <param name="StoredBytes">Its bytes in the store; null: it isn't there.</param>
/// <param name="IsSpilled">Whether it lies in the store only.</param>
/// <param name="IsWriting">Whether the store was writing it.</param>
internal readonly record struct HeldValue(TaskKey Key, DataValue Value, long NBytes, int Attempt, long? StoredBytes, bool IsSpilled, bool IsWriting);
