using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>How a retirement goes on when a step ends: what is moved, whether the worker can go, what is done if it can't.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>Looks at the retirements that something has changed for.</summary>
    private void AdvanceRetirements()
    {
        _stimulus = Stimulus.Retirement;
        while (_dirtyRetirements.TryDequeue(out var retirement))
        {
            retirement.IsDirty = false;
            if (retirement.Worker.Retirement == retirement)
            {
                Advance(retirement);
                Drain();
            }
        }
    }

    // Guard I2: the last look and the removal are one step.
    private void Advance(Retirement retirement)
    {
        if (retirement.Worker.Cut is not null)
        {
            return; // It has ended: what its nanny says of that ends the retirement.
        }

        MoveOn(retirement);
        if (retirement.Deadline <= _now)
        {
            OnDeadlineOf(retirement);
        }
        else if (retirement.Deadline is null && IsHopeless(retirement))
        {
            Abort(retirement, RefusalReason.NoRecipient);
        }
        else if (IsReady(retirement) && !FindUnique(retirement))
        {
            Depart(retirement.Worker, retirement.Terms.Reason, "it was retired");
        }
    }

    /// <summary>Asks for copies of what only workers that leave hold, as far as the bytes under way allow.</summary>
    // Guard I2: what nobody who stays holds is passed on.
    private void MoveOn(Retirement retirement)
    {
        var worker = retirement.Worker;
        while (retirement.Moving.Count < _settings.MovesMax && retirement.ToMove.TryDequeue(out var key))
        {
            var handle = _tasks.HandleOf(key);
            if (handle < 0 || !Holds(worker, handle) || retirement.Moving.Contains(key))
            {
                continue;
            }

            ref var task = ref _tasks[handle];
            var staying = StayingCopies(handle);
            if (staying >= Math.Max(1, task.Extras?.WantedReplicas ?? 1))
            {
                continue;
            }

            if (HasAwaitedRunning(ref task))
            {
                retirement.Moving.Add(key);
            }
            else if (ChooseRecipient(handle, worker) is { } recipient)
            {
                retirement.Moving.Add(key);
                AskForCopy(handle, recipient);
            }
            else if (staying == 0)
            {
                retirement.Stuck.Add(key);
            }
        }
    }

    /// <summary>Whether there is something that nobody could take even if all went well.</summary>
    // Guard I6: a retirement that can not succeed ends.
    private bool IsHopeless(Retirement retirement)
    {
        retirement.Stuck.RemoveAll(key => _tasks.HandleOf(key) is var handle && (handle < 0 || !Holds(retirement.Worker, handle)));
        return retirement.Stuck.Count > 0
            && !retirement.Stuck.Exists(key => ChooseRecipient(_tasks.HandleOf(key), retirement.Worker) is not null);
    }

    /// <summary>Whether a worker is said to hold a value.</summary>
    private bool Holds(WorkerState worker, int handle) =>
        _tasks[handle].State == SchedulerTaskState.Memory && (_tasks[handle].Worker == worker.Index + 1 || worker.Replicas.Contains(handle));

    // Guard I2: a worker goes when it takes nothing more, runs nothing, and has nothing left to pass on.
    private static bool IsReady(Retirement retirement) =>
        retirement is { IsAcknowledged: true, WorkLeft: 0, Worker.Processing.Count: 0, Moving.Count: 0, Stuck.Count: 0 };

    /// <summary>
    /// The last look, in the turn of the removal: there is no step between it and the removal in which anything could come.
    /// What is found is moved first.
    /// </summary>
    private bool FindUnique(Retirement retirement)
    {
        var worker = retirement.Worker;
        // Guard I2: the last look.
        foreach (var handle in HandlesOn(worker.Held).Concat(worker.Replicas))
        {
            if (StayingCopies(handle) == 0)
            {
                MayHaveToMove(retirement, _tasks.KeyOf(handle));
            }
        }

        return retirement.ToMove.Count > 0;
    }

    private void OnRetirementDeadline(WorkerState worker)
    {
        if (worker.Retirement is { } retirement)
        {
            RetryStuck(retirement);
        }
    }

    // Guard I6: a retirement ends at its deadline.
    private void OnDeadlineOf(Retirement retirement)
    {
        if (retirement.Terms.OnDeadline == Engine.OnDeadline.Abort)
        {
            Abort(retirement, retirement.Stuck.Count > 0 ? RefusalReason.NoRecipient : RefusalReason.Deadline);
            return;
        }

        InterruptRunning(retirement);
        Depart(retirement.Worker, retirement.Terms.Reason, "it was retired at its deadline");
    }

    /// <summary>The worker stays as it was, and everybody who was told otherwise is told so (I8).</summary>
    // Guard I8: who is refused is as before, and everybody who was told otherwise is told so.
    private void Abort(Retirement retirement, RefusalReason reason)
    {
        var worker = retirement.Worker;
        worker.Retirement = null;
        _retirements.Remove(retirement);
        Tell(worker, NannyIntent.Run, CloseReason.Retired, "its retirement was aborted");
        _outbox.Send(worker, OpenAdmission.Instance);
        SetStatus(worker, retirement.Before);
        var row = RowOf(retirement);
        row.Outcome = RetirementOutcome.Refused;
        row.Refusal = reason;
        row.Detail = reason switch
        {
            RefusalReason.NoRecipient => $"no running worker can take the {retirement.Stuck.Count} values that only it holds. Add a worker, or give them up with OnDeadline.GiveUp.",
            _ => $"{worker.Processing.Count} tasks ran and {retirement.Moving.Count + retirement.ToMove.Count + retirement.Stuck.Count} values were not moved when its deadline passed.",
        };
        LogEvent("retirement", row.ToString());
        AnswerAskers(retirement, row);
    }

    /// <summary>The worker has left, as it should or by itself.</summary>
    private void EndRetirement(Retirement retirement, RetirementRow row, CloseReason reason, string detail, List<TaskKey> lost, List<TaskKey> recomputed)
    {
        var worker = retirement.Worker;
        worker.Retirement = null;
        _retirements.Remove(retirement);
        var isRetired = reason == retirement.Terms.Reason;
        row.Outcome = isRetired ? RetirementOutcome.Retired : RetirementOutcome.Vanished;
        row.Detail = detail;
        row.Lost = lost;
        row.Recomputed = recomputed;
        if (isRetired)
        {
            if (reason == CloseReason.LifetimeRestart)
            {
                Tell(worker, NannyIntent.Restart, reason, detail);
            }

            if (retirement.Terms.CloseWorkers)
            {
                _outbox.Send(worker, new CloseWorker(reason, detail));
            }
        }

        LogEvent("retirement", row.ToString());
        AnswerAskers(retirement, row);
    }

    private RetirementRow RowOf(Retirement retirement)
    {
        var worker = retirement.Worker;
        return new RetirementRow(worker.Id, worker.Address.Name, worker.Address.Address)
        {
            Nanny = worker.Nanny,
            Host = worker.Host,
            MovedCount = retirement.Moved.Count,
            MovedBytes = retirement.MovedBytes,
            WaitedForCount = retirement.WaitedFor,
            RecalledCount = retirement.Recalled,
            Interrupted = retirement.Interrupted,
            Duration = _now - retirement.Start,
        };
    }

    private static RetirementRow Refusal(WorkerState worker, RefusalReason reason, string detail) =>
        new(worker.Id, worker.Address.Name, worker.Address.Address)
        {
            Nanny = worker.Nanny,
            Host = worker.Host,
            Outcome = RetirementOutcome.Refused,
            Refusal = reason,
            Detail = detail,
        };

    private void AnswerAskers(Retirement retirement, RetirementRow row)
    {
        _outbox.Publish(new RetirementEnded(row));
        foreach (var asker in retirement.Askers)
        {
            Answer(asker, asker.Places[retirement.Worker.Id], row);
        }
    }

    private void Answer(RetirementRequest request, int place, RetirementRow row)
    {
        request.Rows[place] = row;
        request.Missing--;
        AnswerIfComplete(request);
    }

    private void AnswerIfComplete(RetirementRequest request)
    {
        if (request.Missing == 0 && request.Client is { } client && _clients.ContainsKey(client.Id))
        {
            Reply(client, request.RequestId, new RetirementReport(request.Rows!));
        }
    }

    private List<RetirementProgress> DescribeRetirements() => [.. _retirements.Select(retirement => new RetirementProgress(
        retirement.Worker.Id,
        retirement.Worker.Processing.Count,
        retirement.ToMove.Count + retirement.Moving.Count + retirement.Stuck.Count,
        retirement.Moved.Count,
        _now - retirement.Start,
        retirement.Deadline is { } deadline ? deadline - _now : null))];
}

/// <summary>For the shell, which measures it: the retirement of a worker has ended, or was refused before it began.</summary>
internal sealed record RetirementEnded(RetirementRow Row);

/// <summary>What plugins have said of a worker that is to be retired.</summary>
/// <param name="VetoReason">Why it is held back, or null.</param>
/// <param name="WorkCount">How many pieces of work have to end first.</param>
internal readonly record struct PluginAnswer(string? VetoReason, int WorkCount);

/// <summary>Whom a selector means: members, or rows of those that were retired before.</summary>
internal sealed record RetirementChoice(IReadOnlyList<(WorkerState? Worker, RetirementRow? Row)> Rows);
