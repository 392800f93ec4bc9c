using Engine.Plugins;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Heartbeats, time to live, pauses: what workers say of themselves. dask: <c>heartbeat_worker</c>, <c>worker-ttl</c>.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>When a heartbeat is due: less often if there are many workers, so that the scheduler has no more to do for it.</summary>
    /// <remarks>dask: <c>heartbeat_interval</c>, whose steps these are.</remarks>
    private TimeSpan HeartbeatInterval() => _settings.HeartbeatInterval ?? TimeSpan.FromSeconds(_workersById.Count switch
    {
        <= 10 => 0.5,
        < 50 => 1,
        < 200 => 2,
        var many => 1 + (many / 200.0),
    });

    /// <summary>How long a worker may be silent; null: for ever.</summary>
    private TimeSpan? TimeToLive()
    {
        var interval = HeartbeatInterval();
        return _settings.WorkerTimeToLive is not { } limit || interval == Timeout.InfiniteTimeSpan ? null
            : limit > 10 * interval ? limit : 10 * interval;
    }

    private void WatchForLife(WorkerState worker)
    {
        if (TimeToLive() is { } limit)
        {
            _deadlines.Add(worker.LastSeen + limit, DeadlineKind.TimeToLive, worker.Id.Number);
        }
    }

    /// <summary>Answers a heartbeat. Of a worker that is no member the answer is why; what it does then is in the table of closing.</summary>
    private void OnHeartbeat(WorkerState worker, Heartbeat heartbeat)
    {
        // Guard I1: who is no member is told so, and to be replaced only if that was recorded.
        if (!worker.IsMember)
        {
            var departure = _ledger.Find(worker.Id);
            var reason = departure is { Disposition: Disposition.Restarting } ? CloseReason.Restart : CloseReason.Missing;
            _outbox.Send(worker, new HeartbeatMissing(reason, departure?.Detail ?? "the scheduler doesn't know it"));
            LogEvent("workers", $"{worker.Id} ({worker}) is missing: {departure?.Detail ?? "nothing is known of it"}");
            return;
        }

        worker.SpilledBytes = heartbeat.SpilledBytes;
        if (worker.IsStalled != heartbeat.IsStalled)
        {
            worker.IsStalled = heartbeat.IsStalled;
            LogEvent("workers", $"{worker.Id} ({worker}) {(worker.IsStalled ? "is stalled: its program blocks its threads, but it lives" : "is no longer stalled")}");
        }

        _outbox.Send(worker, new HeartbeatOk(HeartbeatInterval()));
    }

    private void OnTimeToLive(WorkerState worker)
    {
        if (TimeToLive() is not { } limit)
        {
            return;
        }

        if (worker.LastSeen + limit > _now)
        {
            WatchForLife(worker);
            return;
        }

        var detail = $"it was silent for {_now - worker.LastSeen}, longer than its time to live of {limit}";
        // Guard I1: a silent worker that leaves for good is not replaced.
        var isReplaced = worker.Nanny is not null && !LeavesForGood(worker);
        Tell(worker, isReplaced ? NannyIntent.Restart : NannyIntent.Close, CloseReason.Expired, detail); // It may hang: the nanny kills it.
        _outbox.Send(worker, new CloseWorker(isReplaced ? CloseReason.Restart : CloseReason.Missing, detail));
        Depart(worker, CloseReason.Expired, detail);
    }

    private void OnStatusChanged(WorkerState worker, Status status)
    {
        if (worker.Retirement is { } retirement)
        {
            // What it is to be again, if it stays. It says so itself when it is told that it stays.
            retirement.Before = status;
            return;
        }

        SetStatus(worker, status);
    }

    /// <summary>Begins to count a pause anew. Whoever proposes, aborts or pauses comes here, so that a pause that lasts is never overlooked.</summary>
    private void WatchPause(WorkerState worker)
    {
        worker.PausedSince = _now;
        if (_settings.PausedLimit is { } limit)
        {
            _deadlines.Add(_now + limit, DeadlineKind.Pause, worker.Id.Number);
        }
    }

    /// <summary>A worker that stays paused keeps its queue from those that could work on it: it hands it back and retires.</summary>
    private void OnPausedLong(WorkerState worker)
    {
        if (worker.Status == Status.Paused && _settings.PausedLimit is { } limit && worker.PausedSince + limit <= _now)
        {
            WatchPause(worker); // If it is held back it is tried again after as long.
            _outbox.Publish(new RetirementProposed(worker, $"it has been paused for {limit}"));
        }
    }

    private void SetStatus(WorkerState worker, Status status)
    {
        var before = worker.Status;
        if (before == status)
        {
            return;
        }

        worker.Status = status;
        // Guard I5: only who runs is given something, and copies are awaited from nobody else.
        if (status == Status.Running)
        {
            EnterLists(worker);
        }
        else
        {
            LeaveLists(worker);
            AbandonCopies(worker);
        }

        if (status == Status.Paused)
        {
            WatchPause(worker);
        }

        LogEvent("workers", $"{worker.Id} ({worker}) was {before} and is {status}");
        _outbox.Publish(new WorkerStatusChanged(Info(worker), before));
    }
}

/// <summary>For the shell: the scheduler wants a worker to be retired; plugins have a say first.</summary>
internal sealed record RetirementProposed(WorkerState Worker, string Detail);
