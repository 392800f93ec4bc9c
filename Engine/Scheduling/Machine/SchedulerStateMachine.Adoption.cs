using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>
/// A worker whose connection broke comes back. It is a new incarnation, and no state is merged (I7): tasks that the older one had are
/// placed anew. Values don't change, so those that the scheduler believes it to hold and that it does hold are the new one's in the turn in
/// which the older one leaves. Until then nothing was declared lost, or it is too late, and the worker starts empty (I9).
/// </summary>
/// <remarks>Dask had workers that reconnect and merged what both sides knew (<c>dask/distributed</c> 6361); it took that out.</remarks>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<(ClientState Client, WhoHasRequest Question)> _cutWaits = [];
    private int _cutCount; // Members whose connection has ended, and of whom their nanny has said nothing yet.

    /// <summary>The member that a worker was before its connection broke; null: there is none whose place it may take.</summary>
    private WorkerState? FindBefore(RegisterWorker registration) =>
        registration.Nanny is { } nanny && _workersByNanny.GetValueOrDefault(nanny) is { Retirement: null } older && WasBefore(older, registration) ? older : null;

    /// <summary>Whether a worker that registers was this one; or it was let in as this one, broke off again, and never heard of it.</summary>
    private static bool WasBefore(WorkerState older, RegisterWorker registration) =>
        registration.After is { } after && (older.Id == after || older.After == after);

    /// <summary>The nanny's worker has ended, and another one is there. One that is being retired is not let back in.</summary>
    private void EndForSuccessor(WorkerState older, RegisterWorker registration)
    {
        if (WasBefore(older, registration))
        {
            Depart(older, CloseReason.SchedulerLost, "its connection broke while it was being retired", isAnnounced: true);
        }
        else
        {
            Depart(older, CloseReason.Crashed, "its nanny has started a successor");
        }
    }

    /// <summary>A worker that is to be replaced doesn't come back instead of its successor.</summary>
    private RegistrationRefused? FindOrderToStartAnew(RegisterWorker registration) =>
        registration.After is { } after && _ledger.Find(after) is { } departure
        && (departure.Disposition == Disposition.Restarting || departure.Row is not null)
            ? new RegistrationRefused(CloseReason.Restart, departure.Detail)
            : null;

    /// <summary>What an older incarnation is believed to hold, and was offered, is the new one's.</summary>
    private List<TaskKey> Adopt(WorkerState worker, WorkerState before, IReadOnlyList<TaskKey> offer)
    {
        var offered = offer.ToHashSet();
        var adopted = new List<TaskKey>();
        foreach (var handle in HandlesOn(before.Held).Concat(before.Replicas.Order()).ToList())
        {
            if (!offered.Contains(_tasks.KeyOf(handle)))
            {
                continue;
            }

            ref var task = ref _tasks[handle];
            if (before.Replicas.Remove(handle))
            {
                var holders = task.Extras!.MoreHolders!;
                holders[holders.IndexOf(before)] = worker;
                worker.Replicas.Add(handle);
            }
            else
            {
                Unlink(ref before.Held, handle, ref task);
                Append(ref worker.Held, handle, ref task);
                task.Worker = worker.Index + 1;
            }

            before.NBytes -= task.NBytes;
            worker.NBytes += task.NBytes;
            adopted.Add(_tasks.KeyOf(handle));
        }

        return adopted;
    }

    /// <summary>Whether a value lies only on workers whose connection has ended: nobody can read it now, and it may be back in a moment.</summary>
    private bool IsCutOff(ref SchedulerTask task) =>
        _cutCount > 0 && task.State == SchedulerTaskState.Memory && _workers[task.Worker - 1]!.Cut is not null
        && task.Extras?.MoreHolders?.Exists(static holder => holder.Cut is null) != true;

    /// <summary>Whether a task has an input that is cut off.</summary>
    private bool NeedsWhatIsCutOff(ref SchedulerTask task)
    {
        for (var number = task.FirstDependency; number != 0 && _cutCount > 0; number = _edges[number].NextDependency)
        {
            if (IsCutOff(ref _tasks[_edges[number].Dependency]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Who asks where values are is answered when they can be read, or are gone.</summary>
    private bool MustWaitForCutOff(ClientState client, WhoHasRequest question)
    {
        if (_cutCount == 0 || !Array.Exists(question.Keys, key => _tasks.HandleOf(key) is var handle and >= 0 && IsCutOff(ref _tasks[handle])))
        {
            return false;
        }

        _cutWaits.Add((client, question));
        return true;
    }

    private void AnswerCutWaits()
    {
        var waiting = _cutWaits.ToList();
        _cutWaits.Clear();
        foreach (var (client, question) in waiting)
        {
            if (!MustWaitForCutOff(client, question))
            {
                Reply(client, question.RequestId, WhoHas(question.Keys));
            }
        }
    }

    private void StopCutWaits(ClientState client, long? requestId = null) =>
        _cutWaits.RemoveAll(wait => wait.Client == client && (requestId is null || wait.Question.RequestId == requestId));
}
