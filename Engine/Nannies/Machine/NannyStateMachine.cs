using Engine.Plugins;
using Engine.Protocol;

namespace Engine.Nannies.Machine;

/// <summary>
/// All decisions of a nanny: when its worker is started, ended, started again, and when it ends itself. Events go in with
/// the time, instructions come out.
/// </summary>
/// <remarks>
/// dask: <c>Nanny</c>. What becomes of it when its worker has ended is decided by the reason alone
/// (<see cref="CloseTable"/>), unless the scheduler has told it what is intended.
/// </remarks>
internal sealed partial class NannyStateMachine(NannySettings settings, INannySink sink)
{
    private readonly Queue<TimeSpan> _restarts = new();
    private TimeSpan _now;
    private bool _isConnected;
    private TimeSpan? _lostSince;
    private TimeSpan? _connectAt;
    private NannyIntent _intent;
    private (CloseReason Reason, string Detail)? _ending;
    private Exception? _error;

    // The worker: none, starting, running, or ending.
    private long _number;
    private bool _hasWorker;
    private WorkerId _worker;
    private (CloseReason Reason, string Detail)? _announced;
    private TellNanny? _early;
    private TimeSpan? _startAt;
    private TimeSpan? _lifetimeAt;
    private TimeSpan? _killAt;
    private bool _isKilled;

    public Status Status { get; private set; } = Status.Init;

    /// <summary>The incarnation that it looks after; number 0 if there is none, or none that was let in.</summary>
    public WorkerId Worker => _worker;

    /// <summary>How its last worker ended, and what it did then; for plugins.</summary>
    public WorkerExit? LastExit { get; private set; }

    /// <summary>When <see cref="Tick"/> has something to do; null: never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            var deadline = Min(Min(_startAt, _killAt), Min(_lifetimeAt, _connectAt));
            return Min(deadline, _lostSince + settings.DeathTimeout);
        }
    }

    private bool HasEnded => Status is Status.Closed or Status.Failed;

    private bool IsEnding => _ending is not null;

    /// <summary>The nanny begins: it registers first, so that the scheduler knows whose worker comes.</summary>
    public void Start(TimeSpan now)
    {
        _lostSince = now;
        sink.Connect();
    }

    public void OnRegistered(TimeSpan now)
    {
        if (!Begin(now))
        {
            return;
        }

        (_isConnected, _lostSince, _connectAt) = (true, null, null);
        if (!_hasWorker && _startAt is null && !IsEnding)
        {
            StartWorker();
        }
    }

    /// <summary>The scheduler doesn't let the nanny in: what it looks after is to end with it (I1).</summary>
    public void OnRefused(string detail, TimeSpan now)
    {
        if (Begin(now))
        {
            BeginEnding(CloseReason.Refused, detail);
        }
    }

    /// <summary>The connection to the scheduler has ended, or could not be had.</summary>
    /// <param name="isOrderly">Whether the scheduler closed, rather than broke off.</param>
    /// <param name="detail">Why, for people.</param>
    /// <param name="now">The time of the step.</param>
    public void OnConnectionLost(bool isOrderly, string detail, TimeSpan now)
    {
        if (!Begin(now))
        {
            return;
        }

        _isConnected = false;
        if (isOrderly)
        {
            BeginEnding(CloseReason.SchedulerClosed, detail);
        }
        else if (!IsEnding) // Or it doesn't matter any more.
        {
            _lostSince ??= now;
            _connectAt = now + settings.ReconnectDelay;
        }
    }

    /// <summary>What the scheduler intends. Of a worker that is no longer the nanny's it changes nothing (I7).</summary>
    public void OnTold(TellNanny told, TimeSpan now)
    {
        if (!Begin(now))
        {
            return;
        }

        // Guard I7: an order about an older worker changes nothing.
        if (told.Worker != _worker)
        {
            // The scheduler may have let the worker in, or in again, before the nanny has heard of it; or it means an older one.
            _early = told;
            return;
        }

        _intent = told.Intent;
        switch (told.Intent)
        {
            case NannyIntent.Run:
                Status = IsEnding ? Status : Status.Running;
                break;
            case NannyIntent.Retire:
                Status = IsEnding ? Status : Status.ClosingGracefully;
                break;
            case NannyIntent.Restart:
                StopWorker(told.Reason, told.Detail);
                break;
            case NannyIntent.Close:
                BeginEnding(told.Reason, told.Detail);
                break;
        }
    }

    public void OnWorkerStarted(long number, WorkerId worker, TimeSpan now)
    {
        if (!Begin(now) || !IsPresent(number))
        {
            return;
        }

        _lifetimeAt = settings.Lifetime is { } lifetime ? now + lifetime : null;
        if (!IsEnding)
        {
            Status = Status.Running;
        }

        Know(worker, now);
    }

    /// <summary>
    /// The worker's connection to the scheduler broke, and it was let in again as a new incarnation. What was intended with the older one
    /// changes nothing any more (I7); the worker lives on, so its lifetime does.
    /// </summary>
    public void OnWorkerReturned(long number, WorkerId worker, TimeSpan now)
    {
        if (!Begin(now) || !IsPresent(number) || worker.Number <= _worker.Number)
        {
            return;
        }

        if (settings.Lifetime is not null && _worker.Number > 0)
        {
            _lifetimeAt ??= now; // It was over: that was the older one's retirement.
        }

        if (!IsEnding && _killAt is null)
        {
            (_intent, Status) = (NannyIntent.Run, Status.Running);
        }

        Know(worker, now);
    }

    /// <summary>Its worker has this incarnation now, of which the scheduler may have spoken already.</summary>
    private void Know(WorkerId worker, TimeSpan now)
    {
        if (worker.Number > _worker.Number) // One that came back may say so before its start is over.
        {
            _worker = worker;
        }

        if (_early is { } early)
        {
            OnTold(early, now);
        }
    }

    /// <summary>The worker did not come up. That is not tried again: what was wrong is told once.</summary>
    public void OnWorkerStartFailed(long number, CloseReason reason, Exception error, TimeSpan now)
    {
        if (Begin(now) && IsPresent(number))
        {
            _error = error;
            OnWorkerEnded(reason, error.Message);
        }
    }

    /// <summary>The worker says that it ends and why, before anybody else is told.</summary>
    public void OnWorkerCloses(long number, CloseReason reason, string detail, TimeSpan now)
    {
        if (Begin(now) && IsPresent(number))
        {
            if (_announced is not { } announced || CloseTable.StrengthOf(reason) >= CloseTable.StrengthOf(announced.Reason))
            {
                _announced = (reason, detail);
            }

            _killAt ??= now + settings.KillGrace;
        }
    }

    /// <summary>The worker has ended; it is gone for certain.</summary>
    public void OnWorkerExited(long number, CloseReason reason, string detail, TimeSpan now)
    {
        if (Begin(now) && IsPresent(number))
        {
            // What was done to it, or what it said of its end, is nearer to the truth than a crash; and one that is killed may hear
            // meanwhile that it is missing, because the scheduler has been told of the kill.
            var isTold = _announced is { } announced && CloseTable.StrengthOf(announced.Reason) > CloseTable.StrengthOf(reason);
            var (why, what) = isTold ? _announced!.Value : (reason, detail);
            OnWorkerEnded(why, what);
        }
    }

    /// <summary>The bytes that the worker has in memory.</summary>
    public void OnMemory(long number, long bytes, TimeSpan now)
    {
        if (Begin(now) && IsPresent(number) && bytes > settings.TerminateBytes && !_isKilled && !IsEnding)
        {
            Kill(CloseReason.MemoryLimit, $"it had {bytes} bytes in memory, more than the {settings.TerminateBytes} at which it is ended");
        }
    }

    /// <summary>A retirement that the nanny asked for has ended. If the worker was refused it lives on, and it is asked for again.</summary>
    public void OnRetirementEnded(WorkerId worker, bool isRefused, TimeSpan now)
    {
        if (Begin(now) && worker == _worker && isRefused && settings.Lifetime is { } lifetime)
        {
            _lifetimeAt = now + TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerSecond, lifetime.Ticks / 10));
        }
    }

    /// <summary>The nanny is to end, and its worker with it.</summary>
    public void Close(CloseReason reason, string detail, TimeSpan now)
    {
        _now = now;
        BeginEnding(reason, detail);
    }

    public void Tick(TimeSpan now)
    {
        _now = now;
        if (_lostSince + settings.DeathTimeout <= now && !IsEnding)
        {
            BeginEnding(CloseReason.SchedulerLost, $"the scheduler could not be reached for {settings.DeathTimeout}");
        }

        if (_connectAt <= now)
        {
            _connectAt = null;
            sink.Connect();
        }

        if (_startAt <= now)
        {
            _startAt = null;
            if (_isConnected) // And not ending, which takes the time back.
            {
                StartWorker();
            }
        }

        if (_lifetimeAt <= now)
        {
            _lifetimeAt = null;
            if (!IsEnding)
            {
                sink.RetireWorker(_worker, settings.LifetimeRestart);
            }
        }

        if (_killAt <= now)
        {
            OnKillDue();
        }
    }

    /// <summary>Begins a step; says whether there is anything left to decide.</summary>
    private bool Begin(TimeSpan now)
    {
        _now = now;
        return !HasEnded;
    }

    /// <summary>Whether a number is that of the worker that it has: one that is late names an older one, or one that was seen to end (I7).</summary>
    // Guard I7: a word of an older worker changes nothing.
    private bool IsPresent(long number) => _hasWorker && number == _number;

    private static TimeSpan? Min(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right : left;
}
