using Engine.Collections;
using Engine.Data;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>
/// Values come back from the store for tasks that are about to start. Problem: if a task's inputs were read when it comes,
/// those of all tasks that wait would fill the memory; if they could be spilled before it starts, two tasks could take turns
/// for ever. Idea: inputs are read when it is the task's turn, for as many tasks at a time as there are slots, and stay until
/// it starts. That it does also while the worker is paused, or its inputs might be what keeps it so.
/// </summary>
internal sealed partial class WorkerStateMachine
{
    private readonly MonotoneQueue<WorkerTask> _loaded = new();
    private readonly Queue<KeptValue> _toRead = new();
    private KeptValue? _reading;
    private long _readNumber;
    private int _loadingCount;

    /// <summary>The store has read a value, or could not.</summary>
    /// <param name="number">Of the order.</param>
    /// <param name="value">The value; null if it is lost.</param>
    public void OnUnspilled(long number, object? value)
    {
        if (_reading is { } kept && number == _readNumber)
        {
            _reading = null;
            _readingSize -= kept.NBytes;
            kept.IsReading = false;
            Return(kept, value);
        }
        else if (_serving is { } served && number == _serveNumber)
        {
            _serving = null;
            ContinueReply(served, value);
        }
    }

    private void Return(KeptValue kept, object? value)
    {
        if (kept.Readers.Count == 0)
        {
            return; // Nobody reads it any longer; if it still is kept, it is in the store.
        }

        if (value is null)
        {
            Lose(kept);
            return;
        }

        ref var row = ref _rows[kept.Handle];
        (row.Value, row.IsSpilled) = (DataValue.From(value), false);
        _spilledSize -= kept.NBytes;
        SpilledCount--;
        foreach (var reader in kept.Readers)
        {
            if (--reader.WaitingFor == 0)
            {
                Move(reader, WorkerTaskState.Ready);
                _loaded.Enqueue(reader, reader.Order);
            }
        }
    }

    /// <summary>A value can't be read any more: the scheduler is told, and gets those back that wait for it.</summary>
    private void Lose(KeptValue kept)
    {
        outbox.Send(new DataMissing(kept.Key, Self));
        while (kept.Readers.Count > 0)
        {
            var reader = kept.Readers[^1];
            outbox.Send(new InputMissing(reader.Key, reader.Attempt, kept.Key, Self));
            Detach(reader);
            Abandon(reader, CancellationCause.None);
        }

        DropValue(kept.Handle);
    }

    private bool HasSpilledInput(WorkerTask task)
    {
        for (var i = 0; i < task.DependencyCount; i++)
        {
            if (_rows[_rows.HandleOf(task.Dependencies[i].Key)].IsSpilled)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Has the inputs of a task read that are spilled. False, and the task is ready as before, if enough tasks wait for that.</summary>
    private bool TryLoad(WorkerTask task)
    {
        if (_loadingCount >= settings.Slots)
        {
            ReturnResources(task);
            SetReady(task);
            return false;
        }

        _loadingCount++;
        (task.IsLoading, task.State) = (true, WorkerTaskState.Waiting);
        for (var i = 0; i < task.DependencyCount; i++)
        {
            if (!_kept.TryGetValue(_rows.HandleOf(task.Dependencies[i].Key), out var kept))
            {
                continue;
            }

            kept.Readers.Add(task);
            if (kept.Place.List is not null)
            {
                _spillable.Remove(kept.Place);
            }

            if (_rows[kept.Handle].IsSpilled)
            {
                task.WaitingFor++;
                if (!kept.IsReading)
                {
                    kept.IsReading = true;
                    _toRead.Enqueue(kept);
                }
            }
        }

        return true;
    }

    /// <summary>A task starts or is given up: its inputs may be spilled again.</summary>
    private void StopLoading(WorkerTask task)
    {
        task.IsLoading = false;
        _loadingCount--;
        for (var i = 0; i < task.DependencyCount; i++)
        {
            var handle = _rows.HandleOf(task.Dependencies[i].Key);
            if (handle >= 0 && _kept.TryGetValue(handle, out var kept) && kept.Readers.Remove(task) && IsSpillable(kept))
            {
                _spillable.AddLast(kept.Place);
            }
        }
    }

    /// <summary>A value went that tasks wait for: when it is their turn, they look for their inputs again.</summary>
    private void LookAgain(KeptValue dropped)
    {
        foreach (var reader in dropped.Readers)
        {
            // One that has all its inputs is in the queue of those already, one that is named twice has been dealt with.
            if (reader.State == WorkerTaskState.Waiting)
            {
                StopLoading(reader);
                ReturnResources(reader);
                reader.WaitingFor = 0;
                SetReady(reader);
            }
        }

        dropped.Readers.Clear();
    }

    /// <summary>Ends a step's end: has the store read what is next. It reads one value for tasks and one for a reply at a time.</summary>
    private void EnsureReading()
    {
        while (_reading is null && _toRead.TryDequeue(out var kept))
        {
            if (kept.Readers.Count == 0)
            {
                kept.IsReading = false; // Who wanted it has been given up.
                continue;
            }

            (_reading, _readNumber) = (kept, ++_storeNumber);
            _readingSize += kept.NBytes;
            outbox.Spill(new SpillOrder(SpillAction.Read, _readNumber, kept.Key));
        }

        EnsureReplying();
    }
}
