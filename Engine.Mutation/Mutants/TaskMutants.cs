namespace Engine.Mutation.Mutants;

/// <summary>What the scheduler and clients make of tasks and futures.</summary>
internal static class TaskMutants
{
    private const string Finish = "Engine/Scheduling/Machine/SchedulerStateMachine.Finish.cs";
    private const string Failure = "Engine/Scheduling/Machine/SchedulerStateMachine.Failure.cs";
    private const string Membership = "Engine/Scheduling/Machine/SchedulerStateMachine.Membership.cs";
    private const string Stealing = "Engine/Scheduling/Machine/SchedulerStateMachine.Stealing.cs";
    private const string Release = "Engine/Scheduling/Machine/SchedulerStateMachine.Release.cs";
    private const string Placement = "Engine/Scheduling/Machine/SchedulerStateMachine.Placement.cs";
    private const string RunAhead = "Engine/Scheduling/Machine/SchedulerStateMachine.RunAhead.cs";
    private const string Client = "Engine/Clients/Machine/ClientStateMachine.cs";

    public static readonly DomainMutant[] All =
    [
        new("the answer to an older attempt counts", "I7", new Edit(Finish, "task.Worker == worker.Index + 1 && task.Attempt == attempt;", "task.Worker == worker.Index + 1;")),
        new("the answer of a worker that no longer has the task counts", "I7", new Edit(Finish, "task.Worker == worker.Index + 1 && task.Attempt == attempt;", "task.Attempt == attempt;")),
        new("a result that nobody wants any more stays on its worker", "I12", new Edit(
            Finish, "                _outbox.Free(worker, finished.Key, finished.Attempt); // Given up", "                // Given up")),
        new("an announced death blames tasks", "I10", new Edit(Membership, "HandOver(worker, expected ? null : $", "HandOver(worker, $")),
        new("an unannounced death blames what had not started", "I10", new Edit(Membership, "(!task.IsAhead && running-- > 0)", "running > 0")),
        new("an unannounced death blames nobody", "I10", new Edit(Membership, "return ++extras.Suspicious <= _settings", "return extras.Suspicious <= _settings")),
        new("a task that is tried again has as many tries as before", "I9", new Edit(Failure, "            extras.RetriesLeft--;\n", string.Empty)),
        new("a client is not told of an error", "I9", new Edit(Failure, "        Notify(ref task, new KeyNotice { Key = _tasks.KeyOf(handle), Count = 1, Status = status, Error = error });\n", string.Empty)),
        new("what needs a task that failed waits for ever", "I9", new Edit(
            Failure, "            if (_tasks[dependent].State == SchedulerTaskState.Waiting)\n            {\n                _failed", "            if (_tasks[dependent].State == SchedulerTaskState.NoWorker)\n            {\n                _failed")),
        new("a lost value is not computed again", "I9", new Edit(Failure, "FutureStatus.Pending });\n            _needed.Enqueue(handle);\n        }\n", "FutureStatus.Pending });\n        }\n")),
        new("what waits is started although its input was lost", "I5", new Edit(Failure, "        RevertDependents(task.FirstDependent);\n", string.Empty)),
        new("a cancelled future is not told so", "I9", new Edit(Failure, "                _outbox.Notify(client, new KeyNotice\n", "                GC.KeepAlive(new KeyNotice\n")),
        new("a stolen task runs twice", "I7", new Edit(Stealing, "!IsCurrent(handle, victim, answer.Attempt)", "_tasks[handle].State != SchedulerTaskState.Processing")),
        new("a refused steal is asked for again and again", "#5370", new Edit(Stealing, "(task.Flags & (SchedulerTaskFlags.StealRequested | SchedulerTaskFlags.LongRunning)) == 0", "(task.Flags & SchedulerTaskFlags.LongRunning) == 0")),
        new("a task that nobody wants is kept because its value was", "I12", new Edit(Release, "        if (task.FirstDependent == 0)\n        {\n            Forget(handle);", "        if (task.FirstDependent == -1)\n        {\n            Forget(handle);")),
        new("a value that a task needs is let go", "I11", new Edit(Release, "task.IsWanted || task.Waiters > 0\n", "task.IsWanted\n")),
        new("a freed run goes on at its worker", "I12", new Edit(Release, "                EndRun(worker, handle, ref task);\n                _outbox.Free(worker, _tasks.KeyOf(handle), task.Attempt);", "                EndRun(worker, handle, ref task);")),
        new("a holder that is about to go is given tasks", "I5", new Edit(Placement, "if (cost < bestCost && worker.TakesWork)", "if (cost < bestCost)")),
        new("restrictions are forgotten", "#5", new Edit(Placement, "options.Meets(worker.Resources) && options.Allows(worker.Address))\n            {\n                _holders", "options.Meets(worker.Resources))\n            {\n                _holders")),
        new("a worker gets more than it has room for", "I12", new Edit(Placement, "SlotsOf(worker) - worker.ActiveCount;", "int.MaxValue;")),
        new("tasks are sent ahead to a worker that is leaving", "I5", new Edit(RunAhead, "MakerOfInputs(ref task) is { TakesWork: true } maker)", "MakerOfInputs(ref task) is { } maker)")),
        new("what was sent ahead waits at a worker that won't make its input", "I6", new Edit(RunAhead, "                _stranded.Enqueue(_edges[number].Dependent);\n", string.Empty)),
        new("what was sent ahead and taken back runs there as well", "I7", new Edit(RunAhead, "        _outbox.Free(worker, _tasks.KeyOf(handle), _tasks[handle].Attempt);\n", string.Empty)),
        new("all that needs a task is sent after it", "9", new Edit(RunAhead, "            if (--most < 0)\n", "            if (--most < -1000)\n")),
        new("a future ends twice", "I9", new Edit(Client, "        if (future.IsEnded && !canChange)\n", "        if (future.IsEnded && handle < 0)\n")),
        new("who awaits a future that is given up waits for ever", "I6", new Edit(Client, "            CollectWaiters(key, ref future, FutureStatus.Released);\n", string.Empty)),
        new("futures stay pending when the scheduler is gone", "I6", new Edit(Client, "            if (_futures[handle] is { StatusPlusOne: > 0, IsEnded: false })\n            {\n                Apply", "            if (_futures[handle] is { StatusPlusOne: > 9, IsEnded: false })\n            {\n                Apply")),
        new("a value that was lost can't be asked for again", "I9", new Edit(Client, "        if (notice.Status == FutureStatus.Pending)\n        {\n            Reopen(ref future);", "        if (notice.Status == FutureStatus.Pending)\n        {")),
    ];
}
