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
            Require(!row.IsTransient || row.HasValue, $"{key} is a copy for tasks here only while it is here");
            if (row.Task is { } task)
            {
                ValidateTask(key, task);
            }
        }

        Require(occupied == _rows.Count, $"{_rows.Count} rows are counted, {occupied} are occupied");
        Require(held == HeldCount && bytes == HeldBytes, $"{HeldCount} values of {HeldBytes} bytes are counted, {held} of {bytes} are held");
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
            awaited += handle >= 0 && _rows[handle] is { HasValue: false, Task: { } source } && source.Waiters.Contains(task) ? 1 : 0;
        }

        Require(task.WaitingFor == awaited && awaited > 0, $"{key} waits for {task.WaitingFor} inputs, {awaited} are on their way");
    }
}
