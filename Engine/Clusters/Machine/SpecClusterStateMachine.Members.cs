namespace Engine.Clusters.Machine;

/// <summary>What the scheduler tells: members that join and leave, and what became of retirements.</summary>
internal sealed partial class SpecClusterStateMachine
{
    /// <summary>A worker has become a member. One that the cluster didn't start is none of its business.</summary>
    public void OnWorkerAdded(WorkerInfo member, TimeSpan now)
    {
        _now = now;
        if (!_byName.TryGetValue(member.Name, out var worker))
        {
            return;
        }

        if (worker.Id != default)
        {
            _byId.Remove(worker.Id);
        }

        _byId[member.Id] = worker;
        (worker.Id, worker.Address, worker.IsMember, worker.JoinedAt) = (member.Id, member.Address, true, now);
        if (worker.State == SpecWorkerState.Absent)
        {
            SetDeadline(worker, null);
            SetState(worker, SpecWorkerState.Member);
        }
        else if (worker is { State: SpecWorkerState.Stopping, Deadline: not null })
        {
            RetireBeforeNextStop(worker);
        }
    }

    /// <summary>A member has left. If its host lives, its nanny may bring it back under its name.</summary>
    public void OnWorkerRemoved(WorkerId id, CloseReason reason, TimeSpan now)
    {
        _now = now;
        if (!_byId.TryGetValue(id, out var worker))
        {
            return;
        }

        (worker.IsMember, worker.LeftBecause) = (false, reason);
        if (worker.State == SpecWorkerState.Member)
        {
            BecomeAbsent(worker);
        }
    }

    /// <summary>A retirement has ended: with a row for each worker, or with an error and no rows.</summary>
    public void OnRetirement(IReadOnlyList<WorkerId> workers, IReadOnlyList<RetirementRow> rows, Exception? error, TimeSpan now)
    {
        _now = now;
        var rowsById = rows.ToLookup(static row => row.Id);
        List<(SpecWorker Worker, bool HasLeft)> unanswered = [];
        foreach (var id in workers)
        {
            if (!_retiring.Remove(id, out var worker) || worker.State != SpecWorkerState.Retiring)
            {
                continue; // The cluster closed.
            }

            // Guard I8: only who is said to be retired is ended.
            if (rowsById[id].FirstOrDefault() is not { } row)
            {
                unanswered.Add((worker, !worker.IsMember || worker.Id != id));
            }
            else if (row.Outcome == RetirementOutcome.Refused)
            {
                Keep(worker, row);
            }
            else
            {
                LetGo(worker, row);
            }
        }

        OnNoRows(unanswered, error);
        if (!_isClosing && _choice == 0)
        {
            DropThoseThatHaveNotArrived(null, 0);
            _target = Math.Max(_target, _wantedCount); // Those that were refused are part of the plan again.
        }
    }

    /// <summary>
    /// The scheduler gave no rows for these. If some of them had left, that may be why, and the others are retired anew; else they
    /// stay: without a row nobody is ended.
    /// </summary>
    private void OnNoRows(List<(SpecWorker Worker, bool HasLeft)> unanswered, Exception? error)
    {
        var haveSomeLeft = unanswered.Exists(static entry => entry.HasLeft);
        foreach (var (worker, hasLeft) in unanswered)
        {
            if (hasLeft && !worker.IsMember)
            {
                LetGo(worker, RowOf(worker, $"it left before it was retired ({worker.LeftBecause})"));
            }
            else if (haveSomeLeft)
            {
                SetState(worker, SpecWorkerState.Member);
            }
            else
            {
                Keep(worker, new RetirementRow(worker.Id, worker.Name, worker.Address)
                {
                    Outcome = RetirementOutcome.Refused,
                    Refusal = RefusalReason.SchedulerClosed,
                    Detail = $"the scheduler gave no answer: {error?.Message ?? "its report has no row for this worker"}",
                });
            }
        }
    }

    /// <summary>A worker was retired or has vanished: nothing keeps its host, unless its nanny has brought it back meanwhile.</summary>
    private void LetGo(SpecWorker worker, RetirementRow row)
    {
        AddRow(worker, row); // Also if it is back: what was lost with it before is lost.
        if (worker.IsMember && worker.Id != row.Id)
        {
            SetState(worker, SpecWorkerState.Member); // Not wanted, so it is retired anew.
            return;
        }

        worker.IsMember = false;
        Stop(worker, row);
    }

    /// <summary>A worker was refused: it is part of the plan again.</summary>
    // Guard I8: who is refused is part of the plan again.
    private void Keep(SpecWorker worker, RetirementRow row)
    {
        SetState(worker, SpecWorkerState.Member);
        if (_isClosing)
        {
            return;
        }

        AddRow(worker, row);
        sink.WorkerRefused(worker.Name, row);
        Want(worker);
        if (worker.HasHostEnded)
        {
            Lose(worker, "its host ended");
        }
        else if (!worker.IsMember)
        {
            BecomeAbsent(worker);
        }
    }

    /// <summary>A host could not be ended, and meanwhile its worker is a member again: it may hold and run something, so it has to be retired.</summary>
    private bool RetireBeforeNextStop(SpecWorker worker)
    {
        if (!worker.IsMember || worker.HasHostEnded || _isClosing)
        {
            return false;
        }

        SetDeadline(worker, null);
        SetState(worker, SpecWorkerState.Member);
        return true;
    }

    private void BecomeAbsent(SpecWorker worker)
    {
        SetState(worker, SpecWorkerState.Absent);
        if (!_isClosing)
        {
            SetDeadline(worker, _now + settings.LostWorkerTimeout);
        }
    }

    /// <summary>Hands the workers that are to be retired over, those with the same options in one go: none of them then takes what another one holds.</summary>
    private void SendRetirements()
    {
        foreach (var group in _toRetire.GroupBy(static worker => worker.Retirement))
        {
            foreach (var worker in group)
            {
                SetState(worker, SpecWorkerState.Retiring);
                _retiring.Add(worker.Id, worker);
            }

            sink.Retire([.. group.Select(static worker => worker.Id)], group.Key);
        }

        _toRetire.Clear();
    }
}
