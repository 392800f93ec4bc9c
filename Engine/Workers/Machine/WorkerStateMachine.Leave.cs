using Engine.Collections;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>The worker is being retired: it gives back what has not started, and says when it has. What runs goes on, data is served.</summary>
internal sealed partial class WorkerStateMachine
{
    private long? _admissionToClose;
    private bool _isRecalling;

    /// <summary>Whether nothing new is started.</summary>
    public bool IsLeaving { get; private set; }

    private void OnCloseAdmission(CloseAdmission close)
    {
        IsLeaving = true;
        _admissionToClose = close.Retirement;
        if (ExecutingCount > 0)
        {
            _isRecalling = true;
            outbox.Recall(); // Only the executor knows what has started.
        }
    }

    private void OnOpenAdmission() => (IsLeaving, _admissionToClose) = (false, null);

    /// <summary>
    /// Once the executor has given back what it had not started, that and all that waits goes to the scheduler; then it is told.
    /// What the executor gives back later, because it cut a run of elements, goes the same way.
    /// </summary>
    private void GiveBackWhatWaits()
    {
        // Guard I2: a worker says that it takes nothing more after it has given back what it had not started.
        if (!IsLeaving || _isRecalling)
        {
            return;
        }

        GiveBackAll(_ready, WorkerTaskState.Ready);
        GiveBackAll(_loaded, WorkerTaskState.Ready);
        GiveBackAll(_constrained, WorkerTaskState.Constrained);
        if (_admissionToClose is not { } retirement)
        {
            return;
        }

        _admissionToClose = null;
        var waiting = _rows.Handles().Where(handle => _rows[handle].Task is { State: WorkerTaskState.Waiting }).ToList();
        waiting.Reverse(); // What waits for another task here before that one.
        foreach (var handle in waiting)
        {
            if (_rows.IsPresent(handle) && _rows[handle].Task is { State: WorkerTaskState.Waiting } task)
            {
                GiveBack(task);
            }
        }

        outbox.Send(new AdmissionClosed(retirement));
    }

    private void GiveBackAll(MonotoneQueue<WorkerTask> queue, WorkerTaskState state)
    {
        while (queue.TryDequeue(out var task))
        {
            if (task.State == state)
            {
                GiveBack(task);
            }

            Recycle(task);
        }
    }

    private void GiveBack(WorkerTask task)
    {
        if (task.Count == 1)
        {
            outbox.Returned(task.Key, task.Attempt);
            GiveUp(task, task.Key, CancellationCause.None);
            return;
        }

        for (var i = 0; i < task.Count; i++)
        {
            if (IsCurrentAt(task, i))
            {
                outbox.Returned(task.KeyAt(i), task.Attempt);
                ClearElement(task, i);
            }
        }

        Move(task, WorkerTaskState.Released);
    }

    /// <summary>Tasks that were sent although nothing new is taken: they were on their way.</summary>
    private void Return(TaskKey first, int count, int attempt)
    {
        for (var i = 0; i < count; i++)
        {
            outbox.Returned(TaskKey.FromValue(first.Value + (ulong)i), attempt);
        }
    }

    private void OnInterrupt(InterruptTasks interrupt)
    {
        foreach (ref readonly var interrupted in interrupt.Span)
        {
            if (FindAttempt(interrupted) is { State: not (WorkerTaskState.Fetch or WorkerTaskState.Flight) } task)
            {
                GiveUp(task, interrupted.Key, CancellationCause.Retiring);
            }
        }
    }
}
