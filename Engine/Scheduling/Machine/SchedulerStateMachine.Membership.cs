using Engine.Nannies.Machine;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Workers, nannies and clients come and go. There is one way in for a worker, and one way out.</summary>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<WorkerState?> _workers = [];
    private readonly Stack<int> _freeWorkerIndexes = new();
    private readonly Dictionary<WorkerId, WorkerState> _workersById = [];
    private readonly Dictionary<NannyId, NannyState> _nannies = [];
    private readonly Dictionary<NannyId, WorkerState> _workersByNanny = [];
    private readonly Dictionary<string, int> _workersOnHost = new(StringComparer.Ordinal);
    private readonly Dictionary<ClientId, ClientState> _clients = [];
    private readonly List<(int Count, ClientState Client, long RequestId)> _workerWaits = [];
    private readonly WorkerList _runningWorkers = new(static (worker, place) => worker.RunningPlace = place);
    private readonly List<WorkerId> _departed = [];
    private readonly DepartureLedger _ledger;
    private long _workerNumber;
    private int _clientNumber;

    /// <summary>Workers that run: those that tasks and data may be sent to.</summary>
    public int RunningCount => _runningWorkers.Count;

    /// <summary>The members, in the order of their places.</summary>
    public IEnumerable<WorkerState> Workers => _workers.OfType<WorkerState>();

    /// <summary>Whether a worker or a nanny is let in; null: it is, otherwise why not.</summary>
    // Guard I1: who was retired is not let in.
    public string? FindRefusal(NannyId? nanny, string? host, TimeSpan now) =>
        _ledger.FindBar(nanny, host, now) is { } bar
            ? $"{(bar.Nanny == nanny && nanny is not null ? $"Its nanny {nanny}" : $"Its host \"{host}\"")} was retired with {bar.Worker} ({bar.Name}), so nothing "
                + "is started there any more. Whoever owns the host can take it off the ledger with ReadmitAsync."
            : null;

    /// <summary>What the ledger says of a worker that has left; for tests.</summary>
    public Departure? FindDeparture(WorkerId id) => _ledger.Find(id);

    /// <summary>
    /// A worker asks to be let in. If its nanny has one already, that one has ended, which was not noticed yet: it leaves first, so that
    /// what was intended with it holds for its successor. Only one that comes back takes its place when it is let in.
    /// </summary>
    /// <returns>Why it is not let in; null: it is.</returns>
    public RegistrationRefused? Knock(RegisterWorker registration, TimeSpan now)
    {
        Begin(now);
        if (registration.Nanny is { } nanny && _workersByNanny.TryGetValue(nanny, out var older) && FindBefore(registration) is null)
        {
            EndForSuccessor(older, registration);
            Drain();
        }

        return FindRefusal(registration.Nanny, registration.Host, now) is { } refusal ? new RegistrationRefused(CloseReason.Refused, refusal)
            : FindOrderToStartAnew(registration);
    }

    /// <summary>Takes a worker in, with a new incarnation.</summary>
    /// <param name="registration">What the worker says of itself; it has knocked and was not refused (<see cref="Knock"/>).</param>
    /// <param name="connection">Where what is meant for it is sent; opaque here.</param>
    /// <param name="now">The time of the step.</param>
    public WorkerState AddWorker(RegisterWorker registration, IConnection? connection, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.WorkerAdded;
        var index = _freeWorkerIndexes.TryPop(out var free) ? free : _workers.Count;
        if (index == _workers.Count)
        {
            _workers.Add(null);
        }

        var before = FindBefore(registration);
        var address = new WorkerAddress(new WorkerId(++_workerNumber), registration.Address, registration.Name);
        var worker = new WorkerState(index, address, registration.Threads, registration.Resources)
        {
            Connection = connection,
            After = registration.After,
            Nanny = registration.Nanny,
            Host = registration.Host,
            MemoryLimit = registration.MemoryLimit,
            Leaves = registration.Leaves is { } leaves ? now + leaves : null,
            LastSeen = now,
        };
        _workers[index] = worker;
        _workersById.Add(worker.Id, worker);
        if (worker.Nanny is { } owner)
        {
            _workersByNanny[owner] = worker;
        }

        if (worker.Host is { } host)
        {
            _workersOnHost[host] = _workersOnHost.GetValueOrDefault(host) + 1;
        }

        _runningWorkers.Set(worker, worker.RunningPlace, true);
        var adopted = before is null ? [] : Adopt(worker, before, registration.Offer);
        _outbox.Send(worker, new WorkerRegistered(address, HeartbeatInterval()) { Declined = [.. registration.Offer.Except(adopted)] });
        WatchForLife(worker);
        UpdateRoom(worker);
        // Guard I4: an arrival is told.
        _outbox.Publish(new WorkerAdded(Info(worker)));
        LogEvent("workers", $"{worker.Id} ({worker}) joined");
        if (before is not null)
        {
            Depart(before, CloseReason.SchedulerLost, $"{before.Cut ?? "its connection broke"}; it came back as {worker.Id}", isAnnounced: true, adopted);
        }

        PlaceUnrunnable();
        RetryStuckMoves();
        AnswerWorkerWaits();
        OnSuccessor(worker);
        Drain();
        return worker;
    }

    /// <summary>
    /// A worker's connection has ended without a goodbye. What became of it its nanny knows, and says over a connection of its own,
    /// which may be later: it is waited for, so that no task is blamed for an end that was announced (I10). Meanwhile nothing is sent to
    /// the worker (I5).
    /// </summary>
    public void OnConnectionLost(WorkerState worker, string detail, TimeSpan now)
    {
        Begin(now);
        if (!worker.IsMember || worker.Cut is not null)
        {
            return; // It has said goodbye, or this is known.
        }

        if (NannyOf(worker) is null)
        {
            Depart(worker, CloseReason.Crashed, detail);
        }
        else
        {
            worker.Cut = detail;
            _cutCount++;
            OnStatusChanged(worker, Status.Closing);
            _deadlines.Add(now + _settings.NannysWordLimit, DeadlineKind.NannysWord, worker.Id.Number);
        }

        Drain();
    }

    private void OnNannySilent(WorkerState worker) =>
        Depart(worker, CloseReason.Crashed, $"{worker.Cut}; its nanny did not say why within {_settings.NannysWordLimit}");

    /// <summary>The scheduler closes, and all workers with it. Their tasks and values are not looked at any more.</summary>
    public void RemoveAll(TimeSpan now)
    {
        Begin(now);
        // Guard I6: who waits for a retirement is released when the scheduler closes.
        foreach (var retirement in _retirements.ToList())
        {
            AnswerAskers(retirement, Refusal(retirement.Worker, RefusalReason.SchedulerClosed, "the scheduler closed"));
        }

        foreach (var worker in Workers)
        {
            _outbox.Publish(new WorkerRemoved
            {
                Worker = Info(worker),
                Reason = CloseReason.SchedulerClosed,
                Detail = "the scheduler closed",
                IsExpected = true,
                Processing = [.. HandlesOn(worker.Processing).Select(_tasks.KeyOf)],
            });
        }
    }

    /// <summary>A nanny has connected; not refused (<see cref="FindRefusal"/>).</summary>
    public NannyState AddNanny(RegisterNanny registration, IConnection? connection, TimeSpan now)
    {
        Begin(now);
        var nanny = new NannyState(registration.Id, registration.Name, registration.Host) { Connection = connection };
        _nannies[nanny.Id] = nanny;
        _outbox.Send(nanny, NannyRegistered.Instance);
        if (_workersByNanny.TryGetValue(nanny.Id, out var worker))
        {
            // It may have been away when that was decided, or aborted.
            var terms = worker.Retirement?.Terms;
            Tell(worker, terms is null ? NannyIntent.Run : IntentOf(terms.Reason), terms?.Reason ?? CloseReason.Retired, terms is null ? "it runs" : "it is being retired");
        }

        return nanny;
    }

    /// <summary>A nanny's connection has ended. Its worker has one of its own.</summary>
    public void RemoveNanny(NannyState nanny, TimeSpan now)
    {
        Begin(now);
        if (_nannies.GetValueOrDefault(nanny.Id) != nanny)
        {
            return; // It is there again already.
        }

        _nannies.Remove(nanny.Id);
        EndAwaiting(nanny.Id, RestartOutcome.NoNanny, null);
        if (_workersByNanny.GetValueOrDefault(nanny.Id) is { Cut: { } cut } worker)
        {
            Depart(worker, CloseReason.Crashed, $"{cut}; so did its nanny's");
            Drain();
        }
    }

    /// <summary>
    /// The one way out. In one turn: the ledger first, so that whoever asks is told why; then the state; then peers and
    /// plugins are told, once (I4).
    /// </summary>
    /// <param name="worker">Who.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">Why, for people.</param>
    /// <param name="isAnnounced">Whether it said so itself, whatever the reason: then no task is blamed.</param>
    /// <param name="adopted">Values that its next incarnation has taken over.</param>
    // Guard I4: there is one way out, it is told once, and after the state has changed.
    private void Depart(WorkerState worker, CloseReason reason, string detail, bool isAnnounced = false, IReadOnlyList<TaskKey>? adopted = null)
    {
        var expected = isAnnounced || CloseTable.IsExpected(reason);
        var retirement = worker.Retirement;
        var row = retirement is null ? null : RowOf(retirement);
        var before = Info(worker);
        _stimulus = Stimulus.WorkerRemoved;
        _ledger.Record(
            new Departure(worker.Id, worker.Address.Name, worker.Nanny, worker.Host, DispositionOf(worker, reason), reason, detail, _now)
            {
                Row = row,
            },
            barsHost: worker.Host is { } host && _workersOnHost[host] == 1);
        Forget(worker);
        var moved = adopted ?? retirement?.Moved ?? [];
        var (lost, recomputed) = LoseAll(worker);
        var processing = HandOver(worker, expected ? null : $"{reason}: {detail}");
        AbandonCopies(worker);
        _workers[worker.Index] = null;
        _freeWorkerIndexes.Push(worker.Index);
        _departed.Add(worker.Id);
        if (retirement is not null)
        {
            EndRetirement(retirement, row!, reason, detail, lost, recomputed); // There is a row if there is a retirement.
        }

        if (worker.Cut is not null)
        {
            AnswerCutWaits(); // Who waited to see whether it comes back. Tasks that did have lost their input, or wait for another.
        }

        LogEvent("workers", $"{worker.Id} ({worker}) left, {(expected ? "as announced" : "unannounced")}: {detail}");
        _outbox.Publish(new WorkerRemoved
        {
            Worker = before,
            Reason = reason,
            Detail = detail,
            IsExpected = expected,
            Processing = processing,
            Moved = moved,
            Lost = lost,
            Recomputed = recomputed,
        });
    }

    // Guard I1: what a departure means for who comes after.
    private static Disposition DispositionOf(WorkerState worker, CloseReason reason) => reason switch
    {
        CloseReason.Retired or CloseReason.LifetimeOver or CloseReason.SchedulerRequest => Disposition.Retired,
        CloseReason.Restart or CloseReason.LifetimeRestart => Disposition.Restarting,
        _ when LeavesForGood(worker) => Disposition.Retired, // It died on its way out; whoever owns its host ends that next.
        CloseReason.Expired => worker.Nanny is null ? Disposition.Expired : Disposition.Restarting,
        _ => Disposition.Failed,
    };

    /// <summary>Whether a worker is being retired and no successor is wanted: its end is final, whatever it comes from.</summary>
    // Guard I1: who leaves for good has no successor, however he ends.
    private static bool LeavesForGood(WorkerState worker) =>
        worker.Retirement is { } retirement && IntentOf(retirement.Terms.Reason) == NannyIntent.Retire;

    /// <summary>Takes a worker out of all lists of workers.</summary>
    private void Forget(WorkerState worker)
    {
        worker.Status = Status.Closed;
        _cutCount -= worker.Cut is null ? 0 : 1;
        LeaveLists(worker);
        _stealsUnderWay -= worker.StealsUnderWay;
        _workersById.Remove(worker.Id);
        if (worker.Nanny is { } nanny && _workersByNanny.GetValueOrDefault(nanny) == worker)
        {
            _workersByNanny.Remove(nanny); // Otherwise it is its next incarnation's already.
        }

        if (worker.Host is { } host && --_workersOnHost[host] == 0)
        {
            _workersOnHost.Remove(host);
        }
    }

    /// <summary>From now on nothing is sent to a worker (I5).</summary>
    // Guard I5: a worker that is about to go is on no list of those that are given something.
    private void LeaveLists(WorkerState worker)
    {
        _runningWorkers.Set(worker, worker.RunningPlace, false);
        _open.Set(worker, worker.OpenPlace, false);
        _idle.Set(worker, worker.IdlePlace, false);
        _busy.Set(worker, worker.BusyPlace, false);
    }

    /// <summary>A worker may be sent work again.</summary>
    private void EnterLists(WorkerState worker)
    {
        _runningWorkers.Set(worker, worker.RunningPlace, true);
        UpdateRoom(worker);
        PlaceUnrunnable();
        RetryStuckMoves();
        AnswerWorkerWaits();
    }

    /// <summary>What a worker held is gone with it. Gives what had no other copy: data for good, and results that can be computed again.</summary>
    private (List<TaskKey> Lost, List<TaskKey> Recomputed) LoseAll(WorkerState worker)
    {
        var lost = new List<TaskKey>();
        var recomputed = new List<TaskKey>();
        foreach (var handle in HandlesOn(worker.Held).Concat(worker.Replicas.Order()).ToList())
        {
            ref var task = ref _tasks[handle];
            if (task.Extras?.MoreHolders is null or { Count: 0 })
            {
                (task.Work is null ? lost : recomputed).Add(_tasks.KeyOf(handle));
            }

            LoseReplica(handle, worker);
        }

        return (lost, recomputed);
    }

    /// <summary>What a worker had to do is done elsewhere. An unannounced end counts against what ran there, and only that (I10).</summary>
    private List<TaskKey> HandOver(WorkerState worker, string? blame)
    {
        // Guard I10: an announced end blames nobody.
        var blames = blame is not null;
        var running = worker.Threads;
        var keys = new List<TaskKey>();
        foreach (var handle in HandlesOn(worker.Processing).ToList())
        {
            keys.Add(_tasks.KeyOf(handle));

            // Those that were assigned first run, as many as there are slots; the scheduler doesn't hear of each start.
            ref var task = ref _tasks[handle];
            // Guard I10: only what ran is blamed.
            var ran = task.Has(SchedulerTaskFlags.LongRunning) || (!task.IsAhead && running-- > 0);
            task.Flags |= blames ? SchedulerTaskFlags.NotAhead : SchedulerTaskFlags.None;
            if (blame is not null && ran && Suspect(handle, worker, blame) is { } error)
            {
                Fail(handle, error);
            }
            else
            {
                StartOver(handle, worker);
            }
        }

        return keys;
    }

    private WorkerState? FindWorker(WorkerId id) => _workersById.GetValueOrDefault(id);

    private NannyState? NannyOf(WorkerState worker) => worker.Nanny is { } nanny ? _nannies.GetValueOrDefault(nanny) : null;

    /// <summary>Tells a worker's nanny what is intended; to be called before the worker is told anything.</summary>
    private void Tell(WorkerState worker, NannyIntent intent, CloseReason reason, string detail)
    {
        if (NannyOf(worker) is { } nanny)
        {
            _outbox.Send(nanny, new TellNanny(intent, worker.Id, reason, detail));
        }
    }

    /// <summary>Counts an unannounced death against a task that ran; gives the error if it was one too many.</summary>
    private TaskError? Suspect(int handle, WorkerState worker, string reason)
    {
        var extras = _tasks[handle].Extras ??= new SchedulerTaskExtras();
        return ++extras.Suspicious <= _settings.AllowedFailures ? null : new TaskError(
            TaskErrorKind.KilledWorker,
            _tasks.KeyOf(handle),
            $"{Describe(handle)} ran on {extras.Suspicious} workers that died while they had it; the last was {worker} ({reason}). "
            + "It may be what kills them: run it alone to see.");
    }

    private void PlaceUnrunnable()
    {
        foreach (var handle in _unrunnable.ToArray())
        {
            ref var task = ref _tasks[handle];
            if (task.Extras?.Options is not { IsRestricted: true })
            {
                _unrunnable.Remove(handle); // Any worker will do, and there is one now.
            }

            _ready.Enqueue(handle);
        }
    }

    private void AnswerWorkerWaits()
    {
        foreach (var wait in _workerWaits.Where(wait => wait.Count <= RunningCount).ToList())
        {
            _workerWaits.Remove(wait);
            Reply(wait.Client, wait.RequestId, RunningCount);
        }
    }

    /// <summary>Workers that have gone in this step: who waits for something from them is told at once, before any plugin.</summary>
    private void TellOfDeparted()
    {
        if (_departed.Count == 0)
        {
            return;
        }

        var departed = new WorkersDeparted([.. _departed]);
        _departed.Clear();
        foreach (var worker in Workers)
        {
            if (worker.Stays) // One that leaves has given back what waits for inputs.
            {
                _outbox.Send(worker, departed);
            }
        }
    }
}
