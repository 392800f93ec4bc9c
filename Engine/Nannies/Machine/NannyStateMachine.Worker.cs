using Engine.Plugins;
using Engine.Protocol;

namespace Engine.Nannies.Machine;

/// <summary>The worker's life in the nanny's hands, and the nanny's own end.</summary>
internal sealed partial class NannyStateMachine
{
    /// <summary>What is done when the worker has ended: what the scheduler intends, or else what the reason says.</summary>
    // Guard I1: what the scheduler intends is stronger than the reason of an end.
    private NannyAction ActionFor(CloseReason reason) => _intent switch
    {
        NannyIntent.Retire => NannyAction.CloseTogether,
        NannyIntent.Restart => NannyAction.Restart,
        _ => CloseTable.ActionOf(reason),
    };

    private void StartWorker()
    {
        _number++;
        (_hasWorker, _worker, _announced, _early, _killAt, _isKilled) = (true, default, null, null, null, false);
        sink.StartWorker(_number);
    }

    private void StopWorker(CloseReason reason, string detail)
    {
        if (_hasWorker && _killAt is null)
        {
            _announced = (reason, detail);
            _killAt = _now + settings.KillGrace;
            sink.StopWorker(_number, reason, detail);
        }
    }

    /// <summary>The scheduler is told first, so that the worker's tasks are blamed for what it was, and not for a crash.</summary>
    private void Kill(CloseReason reason, string detail)
    {
        _isKilled = true;
        _announced = (reason, detail);
        _killAt = _now + settings.KillGrace;
        sink.SendToScheduler(new WorkerExited(_worker, reason, detail));
        sink.KillWorker(_number, reason, detail);
    }

    // Guard I6: a worker that does not end is killed, and a nanny does not wait for it for ever.
    private void OnKillDue()
    {
        if (!_isKilled)
        {
            var (reason, detail) = _announced ?? (CloseReason.NannyClosing, "it was asked to end");
            Kill(reason, $"{detail}; it did not end within {settings.KillGrace}, so it was killed");
        }
        else
        {
            // No successor beside one that may still run; and nobody waits for ever.
            End(Status.Failed, CloseReason.Crashed, $"its worker was killed and was not seen to end within {settings.KillGrace}");
        }
    }

    private void OnWorkerEnded(CloseReason reason, string detail)
    {
        var exited = _worker;
        var action = ActionFor(reason);
        var isFinal = _intent is NannyIntent.Retire or NannyIntent.Close;
        LastExit = new WorkerExit(exited, reason, detail, IsEnding ? NannyAction.CloseTogether : action);
        var isIntended = _intent == NannyIntent.Restart || CloseTable.IsExpected(reason);
        (_hasWorker, _worker, _killAt, _lifetimeAt, _intent) = (false, default, null, null, NannyIntent.Run);
        if (exited.Number > 0)
        {
            sink.SendToScheduler(new WorkerExited(exited, reason, detail)); // It may have broken off without a goodbye.
        }

        if (_ending is { } ending)
        {
            End(Status.Closed, isFinal ? FinalReason(ending.Reason) : ending.Reason, ending.Detail);
        }
        else if (action == NannyAction.CloseTogether)
        {
            End(Status.Closed, FinalReason(reason), detail);
        }
        else if (action == NannyAction.Fail)
        {
            End(Status.Failed, reason, detail);
        }
        else if (isIntended)
        {
            StartAgainAt(_now);
        }
        else
        {
            StartAfterBackOff(reason, detail);
        }
    }

    /// <summary>Whoever watches the nanny must not start it again either, whatever its worker ended by (I1).</summary>
    // Guard I1: whoever watches a nanny that ends for good does not start it again.
    private static CloseReason FinalReason(CloseReason reason) =>
        CloseTable.ActionOf(reason) == NannyAction.CloseTogether ? reason : CloseReason.Retired;

    private void StartAfterBackOff(CloseReason reason, string detail)
    {
        while (_restarts.TryPeek(out var first) && first + settings.RestartWindow <= _now)
        {
            _restarts.Dequeue();
        }

        if (_restarts.Count >= settings.RestartsMax)
        {
            LastExit = LastExit! with { Action = NannyAction.Fail };
            End(Status.Failed, reason, $"its worker ended {_restarts.Count + 1} times within {settings.RestartWindow}, the last time because: {detail}");
            return;
        }

        var delay = _restarts.Count == 0 ? TimeSpan.Zero
            : TimeSpan.FromTicks((long)Math.Min(settings.BackOffMax.Ticks, settings.BackOff.Ticks * Math.Pow(2, _restarts.Count - 1)));
        _restarts.Enqueue(_now);
        sink.SendToScheduler(new LogEventMessage("nannies", $"a worker ended ({reason}: {detail}) and is started again{(delay > TimeSpan.Zero ? $" in {delay}" : string.Empty)}"));
        StartAgainAt(_now + delay);
    }

    private void StartAgainAt(TimeSpan time)
    {
        Status = Status.Init;
        if (time > _now)
        {
            _startAt = time;
        }
        else if (_isConnected)
        {
            StartWorker();
        }

        // Otherwise it is started when the scheduler is there again, or the nanny gives up on that.
    }

    private void BeginEnding(CloseReason reason, string detail)
    {
        if (HasEnded || (_ending is { } ending && CloseTable.StrengthOf(reason) <= CloseTable.StrengthOf(ending.Reason)))
        {
            return;
        }

        _ending = (reason, detail);
        (_startAt, _connectAt, _lifetimeAt, _lostSince) = (null, null, null, null);
        Status = Status.Closing;
        if (_hasWorker)
        {
            StopWorker(reason, detail);
        }
        else
        {
            End(Status.Closed, reason, detail);
        }
    }

    private void End(Status status, CloseReason reason, string detail)
    {
        (_startAt, _connectAt, _lifetimeAt, _lostSince, _killAt) = (null, null, null, null, null);
        Status = status;
        if (status == Status.Failed)
        {
            sink.SendToScheduler(new LogEventMessage("nannies", $"a nanny failed: {reason}: {detail}"));
        }

        sink.End(status, reason, detail, _error);
    }
}
