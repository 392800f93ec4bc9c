namespace Engine.Mutation.Mutants;

/// <summary>What a worker makes of its tasks and values.</summary>
internal static class WorkerMutants
{
    private const string Compute = "Engine/Workers/Machine/WorkerStateMachine.Compute.cs";
    private const string Execute = "Engine/Workers/Machine/WorkerStateMachine.Execute.cs";
    private const string Fetch = "Engine/Workers/Machine/WorkerStateMachine.Fetch.cs";
    private const string Leave = "Engine/Workers/Machine/WorkerStateMachine.Leave.cs";
    private const string Release = "Engine/Workers/Machine/WorkerStateMachine.Release.cs";
    private const string Return = "Engine/Workers/Machine/WorkerStateMachine.Return.cs";
    private const string Peers = "Engine/Workers/Machine/PeerLinks.cs";

    public static readonly DomainMutant[] All =
    [
        new("what is sent to a worker that leaves is started", "I5", new Edit(Compute, "            if (IsLeaving)\n", "            if (batch.Count < 0)\n")),
        new("a worker that leaves starts what it had", "I3", new Edit(Execute, "=> !IsLeaving && ExecutingCount < most;", "=> ExecutingCount < most;")),
        new("a paused worker starts tasks", "5.1", new Edit(Execute, "        if (Status != Status.Running)\n", "        if (Status == Status.Failed)\n")),
        new("a worker says that it takes nothing more before its executor has", "I2 R2", new Edit(Leave, "            _isRecalling = true;\n", string.Empty)),
        new("a worker says that it takes nothing more before what waits was given back", "I2", new Edit(
            Leave, "            if (_rows.IsPresent(handle) && _rows[handle].Task is { State: WorkerTaskState.Waiting } task)\n            {\n                GiveBack(task);", "            if (_rows.IsPresent(handle) && _rows[handle].Task is { State: WorkerTaskState.Waiting } task)\n            {")),
        new("a worker that stays gives everything back", "I8", new Edit(Leave, "(IsLeaving, _admissionToClose) = (false, null);", "_admissionToClose = null;")),
        new("an interrupted task is not told that its worker retires", "5.2", new Edit(Leave, "GiveUp(task, interrupted.Key, CancellationCause.Retiring);", "GiveUp(task, interrupted.Key, CancellationCause.Cancelled);")),
        new("an older free ends a newer attempt", "I7", new Edit(Release, "&& task.Attempt <= freed.Attempt)", "&& task.Attempt >= 0)")),
        new("an older free drops a newer value", "I7", new Edit(Release, "if (row.HasValue && row.Attempt <= freed.Attempt)", "if (row.HasValue)")),
        new("a freed value stays", "I12", new Edit(Release, "            if (row.HasValue && row.Attempt <= freed.Attempt)\n            {\n                DropValue(handle);", "            if (row.HasValue && row.Attempt <= freed.Attempt)\n            {")),
        new("a steal gives up what runs", "I7", new Edit(Release, "is not { State: WorkerTaskState.Waiting or WorkerTaskState.Ready or WorkerTaskState.Constrained } task)", "is not { } task)")),
        new("who waits for an input that won't come waits for ever", "I6", new Edit(Fetch, "                outbox.Send(new InputMissing(waiter.Key, waiter.Attempt, flight.Key, holder, isUnreachable));\n", string.Empty)),
        new("a copy that could not be had is not told", "I6", new Edit(Fetch, "            outbox.Send(new DataMissing(flight.Key, holder, isUnreachable));\n", string.Empty)),
        new("a copy that has come is not told", "I2", new Edit(Fetch, "            outbox.ReplicaAdded(entry.Key, flight.CopyNumber);\n", string.Empty)),
        new("a copy that was asked for goes with its last reader", "I2", new Edit(Fetch, "var isTransient = flight.CopyNumber == 0 && entry", "var isTransient = entry")),
        new("the number of a request for a copy is forgotten", "I7", new Edit(Fetch, "            row.Task.CopyNumber = wanted.Number;\n", string.Empty)),
        new("a connection that was opened for an older asking takes the place of the newer one", "I6", new Edit(Peers, "        if (_links.GetValueOrDefault(link.Peer.Id) != link)\n        {", "        if (!_links.TryGetValue(link.Peer.Id, out link!))\n        {")),
        new("an answer of another peer is taken", "I7", new Edit(Peers, "        if (link.Connection != connection)\n", "        if (link.Connection is null)\n")),
        new("what is freed as the connection breaks stays in the store", "I12", new Edit(Return, "        outbox.FlushSpills();", "        _ = outbox;")),
        new("resources are never free again", "I12", new Edit(Execute, "            Occupy(task.Options!, 1);\n", string.Empty)),
        new("resources are taken by nobody", "I12", new Edit(Execute, "            Occupy(constrained.Options!, -1);\n", string.Empty)),
        new("the end of an attempt that was given up is told", "I7", new Edit(Execute, "        if (handle < 0 || _rows[handle].Task != task)\n        {\n            return; // Freed", "        if (handle < 0)\n        {\n            return; // Freed")),
        new("a slot that was left counts twice", "I12", new Edit(Execute, "            task.HasLeftSlot = true;\n", string.Empty)),
        new("a task that has left its slot keeps it at the scheduler", "5.1", new Edit(Execute, "                outbox.Send(new TaskLongRunning(task.Key, task.Attempt));\n", string.Empty)),
        new("a time limit ends a newer attempt", "I7", new Edit(Execute, "if (task.Key != key || task.Attempt != attempt || !IsCurrent(task))", "if (task.Key != key || !IsCurrent(task))")),
        new("what waits for a value made here is not started", "I6", new Edit(Execute, "            if (waiter.State == WorkerTaskState.Waiting && --waiter.WaitingFor == 0)\n            {\n                SetReady(waiter);", "            if (waiter.State == WorkerTaskState.Waiting && --waiter.WaitingFor < 0)\n            {\n                SetReady(waiter);")),
        new("a new attempt forgets who waits for the value", "I6", new Edit(Compute, "            task.Waiters.AddRange(older.Waiters);\n", string.Empty)),
        new("elements that have not run are lost with their run", "I9", new Edit(Execute, "        RequeueElements(task, result.Done);\n", string.Empty)),
    ];
}
