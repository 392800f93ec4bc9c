using Engine.Plugins;

namespace Engine.Clusters.Machine;

/// <summary>Starting and ending hosts.</summary>
internal sealed partial class SpecClusterStateMachine
{
    private const int StopTries = 3;

    /// <summary>A host was started.</summary>
    public void OnStarted(string name, ProvisionedWorker host, TimeSpan now)
    {
        _now = now;
        if (Starting(name) is not { } worker)
        {
            return;
        }

        worker.Host = host;
        worker.IsStartCancelled = false; // It came too late.
        if (worker.DoesStartHang)
        {
            worker.DoesStartHang = false;
            _hangingCount--;
        }

        SetState(worker, worker.IsMember ? SpecWorkerState.Member : SpecWorkerState.Absent);
        if (!worker.IsMember && !_isClosing)
        {
            SetDeadline(worker, now + settings.WorkerStartTimeout);
        }
    }

    /// <summary>A start failed, and by its contract has left nothing: it is tried again after a pause.</summary>
    public void OnStartFailed(string name, Exception error, TimeSpan now)
    {
        _now = now;
        if (Starting(name) is not { } worker)
        {
            return;
        }

        if (!worker.IsStartCancelled)
        {
            Report(worker, $"the start of its host failed, and is tried again if it is still wanted: {error.Message}", error);
        }

        worker.Failures++;
        if (worker.IsWanted && worker.Id == default)
        {
            SetState(worker, SpecWorkerState.Waiting);
            SetDeadline(worker, now + Pause(worker.Failures));
            return;
        }

        Replace(worker); // It was a member: its name may still be known to the scheduler.
        Forget(worker);
    }

    /// <summary>A start did not end in its time although it was cancelled. Another host is started in its place; if this one comes up after all, it is ended.</summary>
    public void OnStartHangs(string name, TimeSpan now)
    {
        _now = now;
        if (Starting(name) is { DoesStartHang: false } worker)
        {
            worker.DoesStartHang = worker.IsStartCancelled = true;
            _hangingCount++;
            worker.Failures++;
            Report(worker, "the start of its host did not end in its time, not even after it was cancelled; another host is started in its place");
            Replace(worker);
        }
    }

    /// <summary>A host is gone, whoever ended it.</summary>
    public void OnHostEnded(string name, TimeSpan now)
    {
        _now = now;
        if (!_byName.TryGetValue(name, out var worker))
        {
            return;
        }

        worker.HasHostEnded = true;
        if (worker.State is SpecWorkerState.Absent or SpecWorkerState.Member && !_isClosing)
        {
            Lose(worker, "its host ended");
        }
    }

    /// <summary>A host was ended.</summary>
    public void OnStopped(string name, TimeSpan now)
    {
        _now = now;
        if (_byName.TryGetValue(name, out var worker) && worker.State == SpecWorkerState.Stopping)
        {
            Forget(worker);
        }
    }

    /// <summary>A host could not be ended. That is tried again, but not for ever.</summary>
    public void OnStopFailed(string name, Exception error, TimeSpan now)
    {
        _now = now;
        if (!_byName.TryGetValue(name, out var worker) || worker.State != SpecWorkerState.Stopping)
        {
            return;
        }

        if (worker.StopCount < StopTries && !_isSchedulerClosed)
        {
            Report(worker, $"its host could not be ended, which is tried again: {error.Message}", error);
            if (!RetireBeforeNextStop(worker))
            {
                SetDeadline(worker, now + settings.RetryDelay);
            }

            return;
        }

        Report(worker, $"its host could not be ended and may still be there; end it by hand: {error.Message}", error);
        Forget(worker);
    }

    private SpecWorker? Starting(string name) =>
        _byName.TryGetValue(name, out var worker) && worker.State == SpecWorkerState.Starting ? worker : null;

    /// <summary>A worker with a host is gone, by itself: it is replaced if it was wanted, and what is left of its host is ended.</summary>
    private void Lose(SpecWorker worker, string detail)
    {
        if (worker.IsWanted)
        {
            Report(worker, $"{detail}; it is replaced");
            var wasStable = worker.Id != default && _now - worker.JoinedAt >= settings.RetryDelayMax;
            worker.Failures = wasStable ? 0 : worker.Failures + 1;
        }

        Replace(worker);
        Stop(worker, RowOf(worker, detail));
    }

    /// <summary>Has another worker take the place of one that is wanted and won't be had.</summary>
    private void Replace(SpecWorker worker)
    {
        if (!worker.IsWanted)
        {
            return;
        }

        Unwant(worker, null, 0);
        var successor = WorkerAt(worker.Place);
        successor.Failures = worker.Failures;
        Want(successor);
        if (successor.Failures > 0)
        {
            SetDeadline(successor, _now + Pause(successor.Failures));
        }
    }

    private void Stop(SpecWorker worker, RetirementRow row)
    {
        SetState(worker, SpecWorkerState.Stopping);
        SetDeadline(worker, null);
        worker.Row = row;
        SendStop(worker);
    }

    private void SendStop(SpecWorker worker)
    {
        worker.StopCount++;
        sink.Stop(worker.Name, worker.Host!, worker.Row!); // Not null: only a worker with a host is ended, and with a row.
    }

    /// <summary>The row of a worker that ended without a retirement of ours.</summary>
    private static RetirementRow RowOf(SpecWorker worker, string detail) => new(worker.Id, worker.Name, worker.Address)
    {
        Outcome = worker is { IsMember: false, LeftBecause: CloseReason.Retired } ? RetirementOutcome.Retired : RetirementOutcome.Vanished,
        Detail = detail,
    };

    private TimeSpan Pause(int failures)
    {
        var pause = settings.RetryDelay;
        for (var i = 1; i < failures && pause < settings.RetryDelayMax; i++)
        {
            pause *= 2;
        }

        return pause < settings.RetryDelayMax ? pause : settings.RetryDelayMax;
    }
}
