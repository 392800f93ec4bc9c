using static Engine.Collections.Invariant;

namespace Engine.Workers.Machine;

/// <summary>Derives every index again and compares. On in all tests of the machine.</summary>
internal sealed partial class WorkerStateMachine
{
    public void Validate()
    {
        var occupied = 0L;
        var held = 0;
        var bytes = 0L;
        foreach (var handle in _rows.Handles())
        {
            ref var row = ref _rows[handle];
            var key = _rows.KeyOf(handle);
            if (row is { Task: null, HasValue: false })
            {
                Require(row is { Users: 0, IsTransient: false }, $"{key} is clean");
                continue;
            }

            occupied++;
            held += row.HasValue ? 1 : 0;
            bytes += row.HasValue ? row.NBytes : 0;
            Require(!row.IsSpilled || (row.HasValue && _kept.ContainsKey(handle)), $"{key} is spilled only if it is kept");
            Require(!row.IsTransient || row.HasValue, $"{key} is a copy for tasks here only while it is here");
            if (row.Task is { } task)
            {
                ValidateTask(key, task);
            }
        }

        Require(occupied == _rows.Count, $"{_rows.Count} rows are counted, {occupied} are occupied");
        Require(held == HeldCount && bytes == HeldBytes, $"{HeldCount} values of {HeldBytes} bytes are counted, {held} of {bytes} are held");
        ValidateMemory();
        Require(ExecutingCount >= 0, "the executor has no less than nothing");
        Require(_transfers.Count <= settings.TransfersMax, "transfers are limited");
        foreach (var (name, amount) in _available)
        {
            Require(amount >= -1e-9 && amount <= settings.Resources.GetValueOrDefault(name) + 1e-9, $"{amount} of {name} are available");
        }
    }

    private void ValidateTask(TaskKey key, WorkerTask task)
    {
        Require(key.Value - task.Key.Value < (ulong)task.Count, $"{key} belongs to its task");
        Require(task.State != WorkerTaskState.Released && !(task.IsAbandoned && task.Count == 1), $"{key} in {task.State} has not been given up");
        if (task.State != WorkerTaskState.Waiting)
        {
            return;
        }

        // An input that was here and has been freed since is asked for when the task is about to start.
        var awaited = 0;
        for (var i = 0; i < task.DependencyCount; i++)
        {
            var handle = _rows.HandleOf(task.Dependencies[i].Key);
            awaited += handle >= 0 && (IsFetchedFor(task, _rows[handle]) || IsReadFor(task, handle)) ? 1 : 0;
        }

        Require(task.WaitingFor == awaited && awaited > 0, $"{key} waits for {task.WaitingFor} inputs, {awaited} are on their way");
    }

    private static bool IsFetchedFor(WorkerTask task, in WorkerRow row) =>
        row is { HasValue: false, Task: { } source } && source.Waiters.Contains(task);

    private bool IsReadFor(WorkerTask task, int handle) =>
        _rows[handle].IsSpilled && _kept[handle] is { IsReading: true } kept && kept.Readers.Contains(task);

    private void ValidateMemory()
    {
        var (spilled, spilledSize, stored, spillable) = (0, 0L, 0L, 0);
        var loading = new HashSet<WorkerTask>();
        foreach (var (handle, kept) in _kept)
        {
            ref var row = ref _rows[handle];
            Require(kept.Handle == handle && kept.Key == _rows.KeyOf(handle) && !kept.IsDropped, $"{kept.Key} is kept under its row");
            Require(row is { HasValue: true, IsTransient: false } && row.NBytes == kept.NBytes, $"{kept.Key} is kept because it is here for itself");
            Require(kept.IsWriting == (kept == _writing), $"{kept.Key} is written if it is the one that is");
            Require(!row.IsSpilled || kept is { StoredBytes: not null, IsRefused: false }, $"{kept.Key} is in memory or in the store");
            Require(!kept.IsReading || kept == _reading || _toRead.Contains(kept), $"{kept.Key} is to be read");
            Require((kept.Place.List is not null) == IsSpillable(kept), $"{kept.Key} is in the order of spilling if it can be spilled");
            spilled += row.IsSpilled ? 1 : 0;
            spilledSize += row.IsSpilled ? kept.NBytes : 0;
            stored += kept.StoredBytes ?? 0;
            spillable += IsSpillable(kept) ? 1 : 0;
            loading.UnionWith(kept.Readers);
        }

        Require(
            spilled == SpilledCount && spilledSize == _spilledSize && stored == SpilledBytes,
            $"{SpilledCount} values of {_spilledSize} bytes are counted as spilled, {spilled} of {spilledSize} are; {SpilledBytes} and {stored} bytes are stored");
        Require(spillable == _spillable.Count, "only kept values are in the order of spilling");
        Require(loading.All(static task => task.IsLoading) && _loadingCount <= settings.Slots, "no more tasks have inputs read than there are slots");
        var reading = (_reading?.NBytes ?? 0) + (_serving?.NBytes ?? 0) + _replies.Sum(static reply => reply.Bytes);
        Require(reading == _readingSize, $"{_readingSize} bytes are counted as being read, {reading} are");
        Require(_spillAbove < long.MaxValue || _kept.Count == 0, "without a limit nothing is kept for spilling");
    }
}
