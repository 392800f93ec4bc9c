namespace Engine.Mutation.Mutants;

/// <summary>Shrinking, and where values lie.</summary>
internal static class RetirementMutants
{
    private const string Retirement = "Engine/Scheduling/Machine/SchedulerStateMachine.Retirement.cs";
    private const string Leaving = "Engine/Scheduling/Machine/SchedulerStateMachine.Leaving.cs";
    private const string Outbox = "Engine/Scheduling/Machine/SchedulerOutbox.cs";
    private const string Replicas = "Engine/Scheduling/Machine/SchedulerStateMachine.Replicas.cs";
    private const string ActiveMemory = "Engine/Scheduling/Machine/SchedulerStateMachine.ActiveMemory.cs";
    private const string Failure = "Engine/Scheduling/Machine/SchedulerStateMachine.Failure.cs";
    private const string Membership = "Engine/Scheduling/Machine/SchedulerStateMachine.Membership.cs";
    private const string Liveness = "Engine/Scheduling/Machine/SchedulerStateMachine.Liveness.cs";
    private const string Selection = "Engine/Scheduling/Machine/SchedulerStateMachine.Selection.cs";

    public static readonly DomainMutant[] All =
    [
        new("the nanny is told of a retirement last", "5.2", new Edit(
            Outbox,
            "            sink.Send(nanny, message);\n        }\n\n        _nannies.Clear();\n        foreach (var worker in _workers)\n        {\n            worker.Dispatch.SendAll(worker, sink);\n        }\n",
            "            _ = (nanny, message);\n        }\n\n        foreach (var worker in _workers)\n        {\n            worker.Dispatch.SendAll(worker, sink);\n        }\n\n        foreach (var (nanny, message) in _nannies)\n        {\n            sink.Send(nanny, message);\n        }\n\n        _nannies.Clear();\n")),
        new("the nanny is not told of a retirement", "I1", new Edit(Retirement, "        Tell(worker, IntentOf(terms.Reason), terms.Reason, \"it is being retired\");\n", string.Empty)),
        new("the worker is not asked to take nothing more", "I2", new Edit(Retirement, "        _outbox.Send(worker, new CloseAdmission(retirement.Number)); // Behind", "        //")),
        new("a worker that leaves is still given work", "I5", new Edit(Retirement, "        SetStatus(worker, Status.ClosingGracefully);\n", "        worker.Status = Status.ClosingGracefully;\n")),
        new("a worker is removed before it has said what it has", "I2 R2", new Edit(Leaving, "IsAcknowledged: true, WorkLeft", "WorkLeft")),
        new("a worker is removed while it runs something", "I3 R5", new Edit(Leaving, "Worker.Processing.Count: 0, Moving", "Moving")),
        new("a worker is removed while values are on their way", "I2", new Edit(Leaving, "Moving.Count: 0, Stuck", "Stuck")),
        new("a worker is removed although nobody could take its values", "I2 R3", new Edit(Leaving, ", Stuck.Count: 0 };", " };")),
        new("there is no last look before the removal", "I2 R2", new Edit(Leaving, "IsReady(retirement) && !FindUnique(retirement)", "IsReady(retirement)")),
        new("work of plugins is not waited for", "5.2", new Edit(Leaving, "WorkLeft: 0, ", string.Empty)),
        new("values move to one that is known to leave no later", "5.2", new Edit(Replicas, "            && !(worker.Leaves <= source.Leaves);", "            ;")),
        new("a copy on one that leaves counts as staying", "I2", new Edit(Replicas, "var count = _workers[task.Worker - 1]!.Stays ? 1 : 0;", "var count = 1;")),
        new("further copies on those that leave count as staying", "I2", new Edit(Replicas, "count += holder.Stays ? 1 : 0;", "count++;")),
        new("another that leaves relies on the copies of this one", "I2", new Edit(Retirement, "        RelyOnNoneThatLeaves(worker);\n        SetDeadline", "        SetDeadline")),
        new("the answer to an older request for a copy counts", "I7", new Edit(Replicas, "is var awaited && awaited != copy.Number)", "is var awaited && awaited < 0)")),
        new("a copy that was asked of one that goes is awaited for ever", "I6", new Edit(Membership, "        AbandonCopies(worker);\n        _workers[worker.Index] = null;", "        _workers[worker.Index] = null;")),
        new("a copy that was asked of one that pauses counts as coming", "I2", new Edit(Liveness, "            AbandonCopies(worker);\n", string.Empty)),
        new("values that could not be moved are not tried again when somebody comes", "I6", new Edit(
            Membership, "        RetryStuckMoves();\n        AnswerWorkerWaits();\n        OnSuccessor(worker);", "        AnswerWorkerWaits();\n        OnSuccessor(worker);")),
        new("a nanny is not told that a retirement was aborted", "I8", new Edit(Leaving, "        Tell(worker, NannyIntent.Run, CloseReason.Retired, \"its retirement was aborted\");\n", string.Empty)),
        new("a worker that stays takes nothing any more", "I8", new Edit(Leaving, "        _outbox.Send(worker, OpenAdmission.Instance);\n", string.Empty)),
        new("a worker that stays is given nothing any more", "I8", new Edit(Leaving, "        SetStatus(worker, retirement.Before);\n", string.Empty)),
        new("a retirement that can't succeed goes on for ever", "I6", new Edit(
            Leaving, "retirement.Deadline is null && IsHopeless(retirement)", "retirement.Deadline is null && retirement.Number < 0")),
        new("a deadline is ignored", "5.2", new Edit(Leaving, "        if (retirement.Deadline <= _now)\n", "        if (retirement.Deadline <= TimeSpan.MinValue)\n")),
        new("at the deadline everything is thrown away although it should abort", "I2", new Edit(
            Leaving, "if (retirement.Terms.OnDeadline == Engine.OnDeadline.Abort)", "if (retirement.Terms.OnDeadline != Engine.OnDeadline.Abort)")),
        new("what was lost is not in the report", "5.2", new Edit(Leaving, "        row.Lost = lost;\n", string.Empty)),
        new("what is computed again is not in the report", "5.2", new Edit(Leaving, "        row.Recomputed = recomputed;\n", string.Empty)),
        new("one that vanished is reported as retired", "5.2", new Edit(Leaving, "isRetired ? RetirementOutcome.Retired : RetirementOutcome.Vanished", "RetirementOutcome.Retired")),
        new("a retired worker is not told to end", "5.2", new Edit(Leaving, "                _outbox.Send(worker, new CloseWorker(reason, detail));\n", string.Empty)),
        new("a worker is ended although its owner wants to do that", "5.2", new Edit(Leaving, "if (retirement.Terms.CloseWorkers)", "if (retirement.Number > 0)")),
        new("the acknowledgement of an aborted retirement counts for the next", "I7", new Edit(Retirement, "is not { IsAcknowledged: false } retirement || retirement.Number != closed.Retirement)", "is not { IsAcknowledged: false } retirement)")),
        new("running tasks are interrupted although they were to be waited for", "I3 R5", new Edit(
            Retirement, "if (retirement.Terms.RunningTasks == RunningTasks.Interrupt)", "if (retirement.Terms.RunningTasks != RunningTasks.Interrupt)")),
        new("an interrupted task is not told so", "5.2", new Edit(Retirement, "            _outbox.Interrupt(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);\n", string.Empty)),
        new("a second caller can't hurry a retirement", "5.2", new Edit(Retirement, "        SetDeadline(retirement, terms.Deadline);\n        if (isFinal)", "        if (isFinal)")),
        new("a plugin's veto is ignored", "5.2", new Edit(Retirement, "answer.VetoReason is { } veto)", "answer.VetoReason is { Length: 99 } veto)")),
        new("a retirement of one that is leaving begins a second one", "5.2", new Edit(Retirement, "            else if (worker.Retirement is { } retirement)\n", "            else if (worker.Retirement is { Number: < 0 } retirement)\n")),
        new("a result that comes during a retirement is not moved", "I2", new Edit(
            "Engine/Scheduling/Machine/SchedulerStateMachine.Finish.cs", "            MayHaveToMove(retirement, _tasks.KeyOf(handle));\n", string.Empty)),
        new("the last copy is dropped", "I11", new Edit(ActiveMemory, "leftOver < needed || ", string.Empty)),
        new("copies that were wished for are dropped", "I11", new Edit(ActiveMemory, "        var needed = Math.Max(1, task.Extras?.WantedReplicas ?? 1);\n        WorkerState? best", "        var needed = 1;\n        WorkerState? best")),
        new("a copy that is about to be read is dropped", "5.2", new Edit(ActiveMemory, " || IsReadOn(handle, holder)", string.Empty)),
        new("the only copy of data is given up because the way there is bad", "I11", new Edit(Failure, "(isUnreachable && MustBeKept(handle, worker, isForCopy))", "(isUnreachable && handle < 0)")),
        new("a value that can't be fetched to be copied is computed again", "I11", new Edit(Failure, "(isForCopy || task.Work is null || holder", "(task.Work is null || holder")),
        new("workers with tasks that have left their slot are chosen to go", "5.2", new Edit(Selection, "worker.Stays && worker.LongRunningCount == 0", "worker.Stays")),
        new("of those that can be done without, the busy ones go first", "5.2", new Edit(Selection, ".OrderBy(static group => group.Any(static info => info.ProcessingCount > 0))", ".OrderByDescending(static group => group.Any(static info => info.ProcessingCount > 0))")),
    ];
}
