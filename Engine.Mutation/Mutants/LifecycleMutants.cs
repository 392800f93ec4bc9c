namespace Engine.Mutation.Mutants;

/// <summary>Who may come, who has to go, and what an end means.</summary>
internal static class LifecycleMutants
{
    private const string Table = "Engine/Nannies/Machine/CloseTable.cs";
    private const string Nanny = "Engine/Nannies/Machine/NannyStateMachine.cs";
    private const string NannysWorker = "Engine/Nannies/Machine/NannyStateMachine.Worker.cs";
    private const string Ledger = "Engine/Scheduling/Machine/DepartureLedger.cs";
    private const string Membership = "Engine/Scheduling/Machine/SchedulerStateMachine.Membership.cs";
    private const string Liveness = "Engine/Scheduling/Machine/SchedulerStateMachine.Liveness.cs";
    private const string Restarts = "Engine/Scheduling/Machine/SchedulerStateMachine.Restart.cs";
    private const string Scheduler = "Engine/Scheduling/Machine/SchedulerStateMachine.cs";

    public static readonly DomainMutant[] All =
    [
        new("a worker that is missing leaves its nanny running", "I1 #8522", Row("Missing", "CloseTogether, true, 2", "Restart, true, 2")),
        new("a retired worker leaves its nanny running", "I1", Row("Retired", "CloseTogether, true, 2", "Restart, true, 2")),
        new("a refused worker is started again", "I1", Row("Refused", "CloseTogether, true, 2", "Restart, true, 2")),
        new("a failing heartbeat leaves the nanny running", "I1", Row("HeartbeatFailed", "CloseTogether, true, 2", "Restart, true, 2")),
        new("a lifetime that is over starts a successor that nobody asked for", "I1", Row("LifetimeOver", "CloseTogether, true, 2", "Restart, true, 2")),
        new("a crash ends the nanny too", "5.1", Row("Crashed", "Restart, false, 0", "CloseTogether, false, 0")),
        new("a restart ends the nanny", "5.1", Row("Restart", "Restart, true, 1", "CloseTogether, true, 1")),
        new("a lost scheduler ends the nanny at once", "5.1", Row("SchedulerLost", "Restart, false, 1", "CloseTogether, false, 1")),
        new("a failed start is tried for ever", "5.1", Row("StartFailed", "Fail, true, 3", "Restart, true, 3")),
        new("an expired worker counts as announced", "I10", Row("Expired", "Restart, false, 3", "Restart, true, 3")),
        new("a kill for memory counts as announced", "I10", Row("MemoryLimit", "Restart, false, 3", "Restart, true, 3")),
        new("a crash counts as announced", "I10", Row("Crashed", "Restart, false, 0", "Restart, true, 0")),
        new("a retirement counts as unannounced", "I10", Row("Retired", "CloseTogether, true, 2", "CloseTogether, false, 2")),
        new("a kill is no stronger than a close", "5.1", Row("Expired", "Restart, false, 3", "Restart, false, 1")),
        new("the nanny does what the reason says although its worker is retired", "I1", new Edit(
            NannysWorker, "NannyIntent.Retire => NannyAction.CloseTogether,", string.Empty)),
        new("a restart that was asked for follows the reason instead", "5.1", new Edit(
            NannysWorker, "NannyIntent.Restart => NannyAction.Restart,", string.Empty)),
        new("a nanny starts workers while there is no scheduler", "5.1", new Edit(NannysWorker, "        else if (_isConnected)\n", "        else\n")),
        new("a worker that doesn't end is not killed", "I6", new Edit(NannysWorker, "        sink.KillWorker(_number, reason, detail);\n", string.Empty)),
        new("a kill is not told before it is done", "I10", new Edit(
            NannysWorker, "        sink.SendToScheduler(new WorkerExited(_worker, reason, detail));\n        sink.KillWorker", "        sink.KillWorker")),
        new("a nanny restarts without end", "5.1", new Edit(NannysWorker, "if (_restarts.Count >= settings.RestartsMax)", "if (_restarts.Count < 0)")),
        new("a nanny restarts without a pause", "5.1", new Edit(NannysWorker, "StartAgainAt(_now + delay);", "StartAgainAt(_now);")),
        new("a successor is started beside one that may still run", "5.1", new Edit(
            NannysWorker, "            End(Status.Failed, CloseReason.Crashed, $\"its worker was killed", "            StartWorker();\n            End(Status.Failed, CloseReason.Crashed, $\"its worker was killed")),
        new("a weaker reason overtakes a stronger one", "5.1", new Edit(
            NannysWorker, "CloseTable.StrengthOf(reason) <= CloseTable.StrengthOf(ending.Reason)", "CloseTable.StrengthOf(reason) > CloseTable.StrengthOf(ending.Reason)")),
        new("a nanny listens to what is said of an older worker", "I7", new Edit(Nanny, "        if (told.Worker != _worker)\n", "        if (told.Worker.Number < 0)\n")),
        new("what is intended with a worker that is just coming is forgotten", "I1", new Edit(
            Nanny, "            _early = told;\n", string.Empty)),
        new("the late end of an older worker counts for its successor", "I7", new Edit(Nanny, "=> _hasWorker && number == _number;", "=> _hasWorker;")),
        new("a nanny outlives its scheduler for ever", "I6", new Edit(
            Nanny, "if (_lostSince + settings.DeathTimeout <= now && !IsEnding)", "if (_lostSince + settings.DeathTimeout <= now && IsEnding)")),
        new("a retirement at the end of a lifetime that was refused is not tried again", "I8", new Edit(
            Nanny, "worker == _worker && isRefused && settings.Lifetime", "worker == _worker && !isRefused && settings.Lifetime")),
        new("the ledger is not consulted at the door", "I1", new Edit(Membership, "_ledger.FindBar(nanny, host, now) is { } bar", "_ledger.FindBar(null, null, now) is { } bar")),
        new("a retired nanny is let in again", "I1", new Edit(Ledger, "            _barredNannies[nanny] = departure;\n", string.Empty)),
        new("a retired host is let in again", "I1", new Edit(Ledger, "            _barredHosts[host] = departure;\n", string.Empty)),
        new("a host is barred although others run there", "5.3", new Edit(Ledger, "if (barsHost && departure.Host is { } host)", "if (departure.Host is { } host)")),
        new("the ledger never forgets", "I12", new Edit(Ledger, "oldest.Time + expiry <= now", "oldest.Time + expiry < TimeSpan.Zero")),
        new("the ledger grows without bound", "I12", new Edit(Ledger, "_order.Count + room > capacity ||", string.Empty)),
        new("a restart bars its own successor", "5.3", new Edit(
            Membership, "CloseReason.Restart or CloseReason.LifetimeRestart => Disposition.Restarting,", "CloseReason.Restart or CloseReason.LifetimeRestart => Disposition.Retired,")),
        new("a worker that dies on its way out may come back", "I1", new Edit(
            Membership, "        _ when LeavesForGood(worker) => Disposition.Retired,", "        _ when worker.Index < 0 => Disposition.Retired,")),
        new("a missing worker is told that it restarts", "I1 #8522", new Edit(
            Liveness, "departure is { Disposition: Disposition.Restarting } ? CloseReason.Restart : CloseReason.Missing", "departure is null ? CloseReason.Missing : CloseReason.Restart")),
        new("a restarting worker is told that it is missing", "5.3", new Edit(
            Liveness, "departure is { Disposition: Disposition.Restarting } ? CloseReason.Restart : CloseReason.Missing", "CloseReason.Missing")),
        new("a departure is told twice", "I4", new Edit(
            Membership, "        Forget(worker);\n        var moved", "        _outbox.Publish(new WorkerRemoved { Worker = before, Reason = reason, Detail = detail, IsExpected = true, Processing = [] });\n        Forget(worker);\n        var moved")),
        new("a departure is not told", "I4", new Edit(Membership, "        _outbox.Publish(new WorkerRemoved\n        {\n            Worker = before,", "        GC.KeepAlive(new WorkerRemoved\n        {\n            Worker = before,")),
        new("an arrival is not told", "I4", new Edit(Membership, "        _outbox.Publish(new WorkerAdded(Info(worker)));\n", string.Empty)),
        new("a departure is told as expected although it was not", "I4", new Edit(Membership, "var expected = isAnnounced || CloseTable.IsExpected(reason);", "var expected = true;")),
        new("peers are not told who has gone", "5.2", new Edit(Membership, "                _outbox.Send(worker, departed);\n", string.Empty)),
        new("a predecessor of a nanny's new worker stays a member", "I4", new Edit(
            Membership, "            EndForSuccessor(older, registration);\n", "            _workersByNanny.Remove(nanny);\n")),
        new("what a removed incarnation says counts", "I7", new Edit(
            Scheduler, "        if (!worker.IsMember)\n        {\n            return; // A late", "        if (worker.Index < 0)\n        {\n            return; // A late")),
        new("a heartbeat of a removed worker is answered as of a member", "5.3", new Edit(Liveness, "        if (!worker.IsMember)\n", "        if (worker.Index < 0)\n")),
        new("a silent worker is kept for ever", "5.1", new Edit(Liveness, "        if (worker.LastSeen + limit > _now)\n", "        if (worker.LastSeen + limit > TimeSpan.Zero)\n")),
        new("the nanny of a silent worker is not told to end it", "5.1", new Edit(
            Liveness, "        Tell(worker, isReplaced ? NannyIntent.Restart : NannyIntent.Close, CloseReason.Expired, detail);", "       ")),
        new("a silent worker that is being retired is replaced", "I1", new Edit(
            Liveness, "worker.Nanny is not null && !LeavesForGood(worker);", "worker.Nanny is not null;")),
        new("a nanny is not told of a restart", "5.1", new Edit(Restarts, "        Tell(worker, NannyIntent.Restart, CloseReason.Restart, detail);\n", string.Empty)),
        new("a nanny that reports the end of another's worker is believed", "I7", new Edit(
            Scheduler, "if (FindWorker(exited.Worker) is { } worker && worker.Nanny == nanny.Id)", "if (FindWorker(exited.Worker) is { } worker)")),
        new("a worker that is being retired can be restarted by its nanny's plugin", "I1", new Edit(
            Scheduler, "own.Nanny == nanny.Id && !LeavesForGood(own)", "own.Nanny == nanny.Id")),
    ];

    private static Edit Row(string reason, string find, string replace) => new(
        Table, $"CloseReason.{reason} => (NannyAction.{find})", $"CloseReason.{reason} => (NannyAction.{replace})");
}
