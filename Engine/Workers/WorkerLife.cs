using Engine.Workers.Machine;

namespace Engine.Workers;

/// <summary>
/// A worker of a nanny, over its incarnations: when its connection to the scheduler breaks, the next one begins with the values that the last
/// one held. If it can't come back in time, it has ended.
/// </summary>
#pragma warning disable CA1001 // A source without a timer owns nothing, and who asks it to end may come late.
internal sealed class WorkerLife
#pragma warning restore CA1001
{
    private readonly WorkerHost _host;
    private readonly Func<WorkerHost, WorkerRemains?, Worker> _create;
    private readonly TimeProvider _time;
    private readonly TaskScheduler _scheduler;
    private readonly long _started;
    private readonly ComebackRule _rule = new();
    private readonly CancellationTokenSource _stopping = new();
    private volatile Worker _current = null!; // Set by the start.
    private volatile WorkerEnd? _asked;
    private volatile bool _isKilled;
    private volatile bool _hasStarted;
    private long _id;

    private WorkerLife(WorkerHost host, Func<WorkerHost, WorkerRemains?, Worker> create, TimeProvider time, TaskScheduler scheduler)
    {
        (_create, _time, _scheduler, _started) = (create, time, scheduler, time.GetTimestamp());
        _host = host with
        {
            MayComeBack = () => _hasStarted && _asked is null && _rule.TakeBreak(_time.GetElapsedTime(_started)),
            TellReturned = id =>
            {
                Volatile.Write(ref _id, id.Number);
                host.TellReturned?.Invoke(id);
            },
        };
    }

    /// <summary>The incarnation that was let in last.</summary>
    public WorkerId Id => new(Volatile.Read(ref _id));

    /// <summary>The worker that runs, or tries to come back.</summary>
    public Worker Current => _current;

    /// <summary>Ends when the worker has ended for good.</summary>
    public Task<(WorkerEnd End, Status Status)> Ended { get; private set; } = null!; // Set by the start.

    /// <summary>Starts a worker; ends when the scheduler has let it in.</summary>
    /// <param name="host">Where it lives.</param>
    /// <param name="create">Makes an incarnation.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="scheduler">Where it runs.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    public static async Task<WorkerLife> StartAsync(
        WorkerHost host, Func<WorkerHost, WorkerRemains?, Worker> create, TimeProvider time, TaskScheduler scheduler, CancellationToken cancellationToken)
    {
        var life = new WorkerLife(host, create, time, scheduler);
        var worker = life._current = create(life._host, null);
        try
        {
            await worker.StartAsync(scheduler, cancellationToken);
        }
        catch
        {
            await worker.CloseAsync(CloseReason.StartFailed, "it did not come up");
            throw;
        }

        life._id = worker.Self.Id.Number;
        life._hasStarted = true;
        life.Ended = life.LiveAsync(worker);
        return life;
    }

    /// <summary>Asks it to end.</summary>
    public void Stop(CloseReason reason, string detail)
    {
        Ask(reason, detail);
        _ = _current.CloseAsync(reason, detail);
    }

    /// <summary>Ends it without its help, as far as that is possible within a process.</summary>
    public void Kill(CloseReason reason, string detail)
    {
        _isKilled = true;
        Ask(reason, detail);
        _current.Kill(reason, detail);
    }

    private void Ask(CloseReason reason, string detail)
    {
        _asked ??= new WorkerEnd(reason, detail);
        Interlocked.MemoryBarrier(); // Who comes back sets the worker, then looks whether it is asked to end. One of the two sees the other.

        // Not on the thread of whoever asks, which would run what follows.
        _ = Task.Factory.StartNew(_stopping.Cancel, CancellationToken.None, TaskCreationOptions.None, _scheduler);
    }

    private async Task<(WorkerEnd End, Status Status)> LiveAsync(Worker worker)
    {
        while (await worker.BrokeOff is { } remains)
        {
            var (next, end) = await ComeBackAsync(remains);
            if (next is null)
            {
                return await EndAsync(remains, end);
            }

            worker = next;
        }

        return (await worker.Ended, worker.Status);
    }

    /// <summary>Tries to come back: at once, then after pauses. As long as the scheduler can't be reached it is tried again; any other end is final.</summary>
    private async Task<(Worker? Next, WorkerEnd End)> ComeBackAsync(WorkerRemains remains)
    {
        var broke = _time.GetTimestamp();
        var end = new WorkerEnd(CloseReason.SchedulerLost, "its connection to the scheduler broke");
        for (var tries = 0; ComebackRule.PauseBefore(tries, _time.GetElapsedTime(broke)) is { } pause; tries++)
        {
            await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (_asked is { } asked)
            {
                return (null, asked);
            }

            var worker = _current = _create(_host with { Leaves = _host.Leaves - _time.GetElapsedTime(_started) }, remains);
            Interlocked.MemoryBarrier();

            // Who was asked meanwhile is started all the same, and given up at once: only what was started can be closed.
            var error = await TryStartAsync(worker, _asked is null ? ComebackRule.Limit - _time.GetElapsedTime(broke) : TimeSpan.Zero);
            if (worker.Self.Id.Number > 0)
            {
                if (error is not null)
                {
                    _ = worker.CloseAsync(CloseReason.SchedulerLost, $"it came back and could not go on: {error.Message}");
                }

                return (worker, end);
            }

            await worker.CloseAsync(CloseReason.SchedulerLost, $"it could not come back: {error?.Message}");
            end = await worker.Ended;
            if (end.Reason != CloseReason.SchedulerLost)
            {
                break;
            }
        }

        return (null, _asked ?? end);
    }

    private async Task<Exception?> TryStartAsync(Worker worker, TimeSpan limit)
    {
        using var late = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        try
        {
            await worker.StartAsync(_scheduler, either.Token);
            return null;
        }
#pragma warning disable CA1031 // However the try failed, the worker tries again or ends.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    private async Task<(WorkerEnd End, Status Status)> EndAsync(WorkerRemains remains, WorkerEnd end)
    {
        var letGo = remains.Worker.LetGo();
        if (!_isKilled)
        {
            await TellNannyAsync(end);
            await letGo;
        }

        return (end, remains.Worker.Status);
    }

    private async Task TellNannyAsync(WorkerEnd end)
    {
        if (_host.TellNanny is { } tell)
        {
            try
            {
                await tell(end.Reason, end.Detail).WaitAsync(Worker.NannyLimit, _time);
            }
#pragma warning disable CA1031 // A nanny that can't be reached sees the end itself.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }
}
