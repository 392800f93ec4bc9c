using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>
/// The only way to shrink. A worker that is being retired takes nothing more, ends what it runs, and is removed in the one
/// turn in which it is known that nothing is only there any more (I2, I3). Whoever asks for it meanwhile joins.
/// </summary>
/// <remarks>
/// dask: <c>retire_workers</c> with <c>RetireWorker</c>, which polls, has no deadline, and removes the worker after a look
/// that may be out of date.
/// </remarks>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<Retirement> _retirements = [];
    private readonly Queue<Retirement> _dirtyRetirements = new();
    private long _retirementNumber;

    /// <summary>
    /// Retires workers. Those that are leaving already are joined; of those that were retired before the row is given again.
    /// </summary>
    /// <param name="client">Who asks and is answered with a report; null: the scheduler itself.</param>
    /// <param name="requestId">The number of the answer.</param>
    /// <param name="chosen">Which (<see cref="Choose"/>).</param>
    /// <param name="terms">How.</param>
    /// <param name="answers">What plugins have said of those that are not leaving yet.</param>
    /// <param name="now">The time of the step.</param>
    public void Retire(
        ClientState? client, long requestId, RetirementChoice chosen, RetirementTerms terms, IReadOnlyDictionary<WorkerId, PluginAnswer> answers, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.Retirement;
        var request = new RetirementRequest(client, requestId, chosen.Rows.Count);
        for (var place = 0; place < chosen.Rows.Count; place++)
        {
            var (worker, row) = chosen.Rows[place];
            if (worker is null)
            {
                Answer(request, place, row!);
            }
            else if (worker.Retirement is { } retirement)
            {
                request.Places[worker.Id] = place;
                retirement.Askers.Add(request);
                Hurry(retirement, terms);
            }
            else if (answers.TryGetValue(worker.Id, out var answer) && answer.VetoReason is { } veto)
            {
                row = Refusal(worker, RefusalReason.Vetoed, veto);
                Answer(request, place, row);
                _outbox.Publish(new RetirementEnded(row));
            }
            else
            {
                retirement = BeginRetirement(worker, terms);
                retirement.WorkLeft = answers.GetValueOrDefault(worker.Id).WorkCount;
                request.Places[worker.Id] = place;
                retirement.Askers.Add(request);
            }
        }

        if (chosen.Rows.Count == 0)
        {
            AnswerIfComplete(request);
        }

        Drain();
    }

    /// <summary>Work of a plugin that held a retirement up has ended.</summary>
    public void OnRetirementWorkDone(WorkerState worker, TimeSpan now)
    {
        Begin(now);
        if (worker.Retirement is { WorkLeft: > 0 } retirement)
        {
            retirement.WorkLeft--;
            MarkDirty(retirement);
        }
    }

    private Retirement BeginRetirement(WorkerState worker, RetirementTerms terms)
    {
        var retirement = new Retirement(++_retirementNumber, worker, worker.Status, terms, _now);
        worker.Retirement = retirement;
        _retirements.Add(retirement);

        // Intent first: from now on the end of the worker is final, whoever tells it first.
        Tell(worker, IntentOf(terms.Reason), terms.Reason, "it is being retired");
        SetStatus(worker, Status.ClosingGracefully);
        _outbox.Send(worker, new CloseAdmission(retirement.Number)); // Behind all that it was sent before.
        foreach (var handle in HandlesOn(worker.Held).Concat(worker.Replicas.Order()))
        {
            retirement.ToMove.Enqueue(_tasks.KeyOf(handle));
        }

        RelyOnNoneThatLeaves(worker);
        SetDeadline(retirement, terms.Deadline);
        MarkDirty(retirement);
        return retirement;
    }

    private static NannyIntent IntentOf(CloseReason reason) =>
        reason == CloseReason.LifetimeRestart ? NannyIntent.Run : NannyIntent.Retire; // A successor is asked for when it has left.

    /// <summary>Others that leave may have counted on the copies of this one.</summary>
    private void RelyOnNoneThatLeaves(WorkerState worker)
    {
        foreach (var handle in HandlesOn(worker.Held).Concat(worker.Replicas))
        {
            WakeLeavingHolders(handle, worker);
        }
    }

    /// <summary>Copies of a value have become fewer: those of its holders that leave have to look after it.</summary>
    private void WakeLeavingHolders(int handle, WorkerState? but = null)
    {
        if (_retirements.Count == 0)
        {
            return;
        }

        ref var task = ref _tasks[handle];
        Wake(_workers[task.Worker - 1]!);
        foreach (var holder in task.Extras?.MoreHolders ?? [])
        {
            Wake(holder);
        }

        void Wake(WorkerState holder)
        {
            if (holder != but && holder.Retirement is { } retirement)
            {
                MayHaveToMove(retirement, _tasks.KeyOf(handle));
            }
        }
    }

    private void MayHaveToMove(Retirement retirement, TaskKey key)
    {
        retirement.ToMove.Enqueue(key);
        MarkDirty(retirement);
    }

    private void SetDeadline(Retirement retirement, TimeSpan? limit)
    {
        if (limit is { } time && (retirement.Deadline is null || retirement.Deadline > _now + time))
        {
            retirement.Deadline = _now + time;
            _deadlines.Add(_now + time, DeadlineKind.Retirement, retirement.Worker.Id.Number);
        }
    }

    /// <summary>A second caller can only make it stricter: an earlier deadline with what is done then, interruption, and that nothing follows.</summary>
    private void Hurry(Retirement retirement, RetirementTerms terms)
    {
        var isEarlier = terms.Deadline is { } limit && !(retirement.Deadline <= _now + limit);
        var interrupts = terms.RunningTasks == RunningTasks.Interrupt && retirement.Terms.RunningTasks != RunningTasks.Interrupt;
        var isFinal = terms.Reason == CloseReason.Retired && retirement.Terms.Reason != CloseReason.Retired;
        retirement.Terms = retirement.Terms with
        {
            OnDeadline = isEarlier ? terms.OnDeadline : retirement.Terms.OnDeadline,
            RunningTasks = interrupts ? RunningTasks.Interrupt : retirement.Terms.RunningTasks,
            Reason = isFinal ? CloseReason.Retired : retirement.Terms.Reason,
            CloseWorkers = retirement.Terms.CloseWorkers || terms.CloseWorkers,
        };
        SetDeadline(retirement, terms.Deadline);
        if (isFinal)
        {
            Tell(retirement.Worker, NannyIntent.Retire, CloseReason.Retired, "it is being retired");
        }

        if (interrupts && retirement.IsAcknowledged)
        {
            InterruptRunning(retirement);
        }

        MarkDirty(retirement);
    }

    private void OnAdmissionClosed(WorkerState worker, AdmissionClosed closed)
    {
        // Guard I7: an acknowledgement of an aborted retirement changes nothing.
        if (worker.Retirement is not { IsAcknowledged: false } retirement || retirement.Number != closed.Retirement)
        {
            return; // Of a retirement that was aborted (I7).
        }

        retirement.IsAcknowledged = true;
        retirement.WaitedFor = worker.Processing.Count;
        // Guard I3: what runs is interrupted only if that was asked for.
        if (retirement.Terms.RunningTasks == RunningTasks.Interrupt)
        {
            InterruptRunning(retirement);
        }

        MarkDirty(retirement);
    }

    private void OnTasksReturned(WorkerState worker, TasksReturned returned)
    {
        _stimulus = Stimulus.Retirement;
        foreach (ref readonly var task in returned.Span)
        {
            var handle = _tasks.HandleOf(task.Key);
            if (handle >= 0 && IsCurrent(handle, worker, task.Attempt))
            {
                StartOver(handle, worker);
                if (worker.Retirement is { } retirement)
                {
                    retirement.Recalled++;
                }
            }
        }

        UpdateRoom(worker);
    }

    /// <summary>What runs is placed elsewhere; nothing counts against it.</summary>
    private void InterruptRunning(Retirement retirement)
    {
        var worker = retirement.Worker;
        foreach (var handle in HandlesOn(worker.Processing).ToList())
        {
            _outbox.Interrupt(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);
            retirement.Interrupted.Add(_tasks.KeyOf(handle));
            retirement.WaitedFor = Math.Max(0, retirement.WaitedFor - 1); // Before the answer nothing is waited for yet.
            StartOver(handle, worker);
        }
    }

    /// <summary>Somebody has a copy that he was asked to take, or won't have it.</summary>
    private void OnCopySettled(int handle, bool failed)
    {
        if (_retirements.Count == 0)
        {
            return;
        }

        var key = _tasks.KeyOf(handle);
        ref var task = ref _tasks[handle];
        Settle(_workers[task.Worker - 1]!, ref task);
        foreach (var holder in task.Extras?.MoreHolders ?? [])
        {
            Settle(holder, ref task);
        }

        void Settle(WorkerState holder, ref SchedulerTask task)
        {
            if (holder.Retirement is not { } retirement || !retirement.Moving.Contains(key) || HasAwaitedRunning(ref task))
            {
                return;
            }

            retirement.Moving.Remove(key);
            // Guard I2: a value counts as passed on when somebody who stays has it.
            if (StayingCopies(handle) > 0)
            {
                retirement.Moved.Add(key);
                retirement.MovedBytes += task.NBytes;
            }
            else if (failed)
            {
                retirement.Stuck.Add(key);
                _deadlines.Add(_now + _settings.MoveRetryDelay, DeadlineKind.Retirement, holder.Id.Number);
            }
            else
            {
                retirement.ToMove.Enqueue(key);
            }

            MarkDirty(retirement);
        }
    }

    private static bool HasAwaitedRunning(ref SchedulerTask task) =>
        task.Extras?.AwaitedHolders?.Exists(static awaited => awaited.Worker.TakesWork) == true;

    /// <summary>A leaving worker no longer holds a value: nothing is to be moved.</summary>
    private void ForgetMove(WorkerState worker, TaskKey key)
    {
        if (worker.Retirement is { } retirement && retirement.Moving.Remove(key))
        {
            MarkDirty(retirement);
        }
    }

    /// <summary>There may be somebody now who can take what nobody could.</summary>
    private void RetryStuckMoves()
    {
        foreach (var retirement in _retirements)
        {
            RetryStuck(retirement);
        }
    }

    private void RetryStuck(Retirement retirement)
    {
        foreach (var key in retirement.Stuck)
        {
            retirement.ToMove.Enqueue(key);
        }

        retirement.Stuck.Clear();
        MarkDirty(retirement);
    }

    private void MarkDirty(Retirement retirement)
    {
        if (!retirement.IsDirty)
        {
            retirement.IsDirty = true;
            _dirtyRetirements.Enqueue(retirement);
        }
    }
}
