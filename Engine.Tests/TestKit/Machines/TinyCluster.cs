using Engine.Collections;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Workers.Machine;

using static Engine.Collections.Invariant;

namespace Engine.Tests.TestKit.Machines;

/// <summary>
/// A scheduler, workers and clients in one thread: the real machines, with queues in the place of connections and a
/// seed in the place of chance. Each step one queue moves on: order is kept within a queue and is anybody's guess
/// between them. All machines check themselves after every step of theirs.
/// </summary>
/// <remarks>Files: Script (what clients and fate do), Check (what must hold at the end).</remarks>
internal sealed partial class TinyCluster : ISchedulerSink
{
    private IReadOnlyList<TaskKey> _declined = []; // Of the last offer.
    private readonly Random _random;
    private readonly TinyPlan _plan;
    private readonly SchedulerOutbox _outbox;
    private readonly Dictionary<TaskKey, TinyNode> _nodes = [];
    private readonly Dictionary<WorkerState, TinyWorker> _workersByState = [];
    private readonly Dictionary<ClientState, TinyClient> _clientsByState = [];
    private readonly List<Action> _moves = [];
    private readonly HashSet<WorkerId> _present = [];
    private readonly HashSet<WorkerId> _past = [];
    private readonly HashSet<NannyId> _barred = [];
    private TimeSpan _now;
    private ulong _trace = 14695981039346656037;
    private int _steps;

    public TinyCluster(int seed, TinyPlan? plan = null)
    {
        _random = new Random(seed);
        _plan = plan ?? TinyPlan.Of(new Random(seed));
        _outbox = new SchedulerOutbox(this);
        Scheduler = new SchedulerStateMachine(_plan.Scheduler, _outbox);
    }

    public SchedulerStateMachine Scheduler { get; }

    public List<TinyWorker> Workers { get; } = [];

    public List<TinyClient> Clients { get; } = [];

    public List<TinyNanny> Nannies { get; } = [];

    public TimeSpan Now => _now;

    /// <summary>A number that stands for all that has happened, in order.</summary>
    public ulong TraceHash => _trace;

    public int StepCount => _steps;

    /// <summary>What has happened, if the plan asks for it.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Runs the script to its end, lets everything come to rest, checks it, gives everything up, and checks again.</summary>
    public void Run()
    {
        for (var i = 0; i < _plan.ClientCount; i++)
        {
            AddClient();
        }

        for (var i = 0; i < _plan.WorkerCount; i++)
        {
            AddWorker();
        }

        for (var operation = 0; operation < _plan.OperationCount; operation++)
        {
            Operate();
            for (var quiet = _random.Next(_plan.QuietMax); quiet > 0 && Step(); quiet--)
            {
            }
        }

        Replenish();
        Settle();
        Beat();
        Settle();
        CheckEnds();
        GiveUp();
        Settle();
        CheckEmpty();
    }

    public void Trace(string what, TaskKey key, long more = 0)
    {
        foreach (var letter in what)
        {
            Mix(letter);
        }

        Mix(key.Value);
        Mix((ulong)more);
        if (_plan.KeepsLog)
        {
            Log.Add($"{_steps}: {what} {key} {more}");
        }
    }

    void ISchedulerSink.Send(WorkerState worker, Message message)
    {
        if (message is WorkerRegistered registered)
        {
            _declined = registered.Declined;
            return;
        }

        TraceSent(worker, message);
        _workersByState[worker].FromScheduler.Enqueue(message);
    }

    void ISchedulerSink.Send(ClientState client, Message message)
    {
        if (message is not ClientRegistered)
        {
            _clientsByState[client].FromScheduler.Enqueue(message);
        }
    }

    void ISchedulerSink.Send(NannyState nanny, Message message) =>
        Nannies.Find(known => known.State == nanny)?.FromScheduler.Enqueue(message);

    void ISchedulerSink.Publish(ReadOnlySpan<Engine.Plugins.TaskTransition> transitions)
    {
        // Not looked at.
    }

    void ISchedulerSink.Publish(object happened)
    {
        switch (happened)
        {
            case WorkerAdded added:
                Require(_present.Add(added.Worker.Id) && !_past.Contains(added.Worker.Id), $"{added.Worker.Id} is told once to have joined (I4)");
                Require(
                    added.Worker.Nanny is not { } owner || !_barred.Contains(owner),
                    $"{added.Worker.Id} has a nanny whose worker was retired, so it is not let in (I1)");
                break;
            case WorkerRemoved removed:
                Require(_present.Remove(removed.Worker.Id) && _past.Add(removed.Worker.Id), $"{removed.Worker.Id} is told once to have left, after it joined (I4)");
                Require(Scheduler.Workers.All(worker => worker.Id != removed.Worker.Id), $"{removed.Worker.Id} is told to have left when it has (I4)");
                if (removed is { Reason: CloseReason.Retired, Worker.Nanny: { } retired })
                {
                    _barred.Add(retired);
                }

                Require(
                    removed.Reason != CloseReason.Retired || _hasGivenUp || removed.Lost.Count + removed.Recomputed.Count + removed.Processing.Count == 0,
                    $"{removed.Worker.Id} was retired and took {removed.Lost.Count} and {removed.Recomputed.Count} values and {removed.Processing.Count} tasks along (I2, I3)");
                break;
        }
    }

    private void Mix(ulong value) => _trace = (_trace ^ value) * 1099511628211;

    private TinyClient AddClient()
    {
        var client = new TinyClient(this);
        Clients.Add(client);
        client.State = Scheduler.AddClient($"client{Clients.Count}", null, _now);
        _clientsByState.Add(client.State, client);
        EndTurn();
        return client;
    }

    /// <summary>A worker joins, or a nanny that will start one.</summary>
    private void AddWorker()
    {
        if (_plan.HasNannies && Percent(50))
        {
            var nanny = new TinyNanny(this, Nannies.Count + 1, Percent(30) ? $"host{_random.Next(2)}" : null);
            Nannies.Add(nanny);
            nanny.Start();
        }
        else
        {
            Join(NewWorker($"w{_random.Next(_plan.WorkerNames)}", _plan.NextWorker(_random), null, 0));
        }
    }

    /// <summary>A nanny's worker comes up; null: it is not let in.</summary>
    public TinyWorker? Start(TinyNanny nanny, long number) =>
        Join(NewWorker($"w{_random.Next(_plan.WorkerNames)}", _plan.NextWorker(_random), nanny, number));

    private TinyWorker? Join(TinyWorker worker) => Register(worker, null, []) is null ? worker : null;

    /// <summary>A worker whose connection broke comes back. Gives why it has to end; null: it is back.</summary>
    public CloseReason? Return(TinyWorker before)
    {
        var remains = before.Machine.Leave();
        var worker = new TinyWorker(this, before.Name, before.Settings, before.Store) { Nanny = before.Nanny, Number = before.Number };
        var refusal = Register(worker, before.State.Id, [.. remains.Values.Select(static held => held.Key)]);
        if (refusal is null)
        {
            Trace("is back", default, worker.State.Id.Number);
            worker.Machine.TakeOver(remains, _declined);
            worker.EndTurn();
            worker.Nanny!.OnWorkerReturned(worker);
        }

        Scheduler.OnConnectionLost(before.State, "the network broke it", _now); // It may not have noticed yet.
        EndTurn();
        return refusal?.Reason;
    }

    private RegistrationRefused? Register(TinyWorker worker, WorkerId? after, IReadOnlyList<TaskKey> offer)
    {
        var registration = new RegisterWorker(worker.Name, $"test://{Workers.Count % 6}", worker.Settings.Slots, worker.Settings.Resources)
        {
            Nanny = worker.Nanny?.Id,
            Host = worker.Nanny?.Host,
            After = after,
            Offer = offer,
        };
        if (Scheduler.Knock(registration, _now) is { } refusal)
        {
            EndTurn();
            return refusal;
        }

        Workers.Add(worker);
        worker.State = Scheduler.AddWorker(registration, null, _now);
        _workersByState.Add(worker.State, worker);
        Trace("joins", default, worker.State.Id.Number);
        EndTurn();
        return null;
    }

    /// <summary>A nanny has connected.</summary>
    /// <param name="nanny">Which.</param>
    /// <param name="known">Told its record, before anything is sent to it.</param>
    public void AddNanny(TinyNanny nanny, Action<NannyState> known)
    {
        known(Scheduler.AddNanny(new RegisterNanny(nanny.Id, $"{nanny.Id}", nanny.Host), null, _now));
        EndTurn();
    }

    public void OnNannyGone(NannyState nanny)
    {
        Scheduler.RemoveNanny(nanny, _now);
        EndTurn();
    }

    public void Receive(NannyState nanny, Message message)
    {
        Trace(message.GetType().Name, default, 0);
        Scheduler.Handle(nanny, message, _now);
        EndTurn();
    }

    private TinyWorker NewWorker(string name, WorkerSettings settings, TinyNanny? nanny, long number)
    {
        var worker = new TinyWorker(this, name, settings) { Nanny = nanny, Number = number };
        (worker.Store.WriteFailures, worker.Store.ReadFailures) = (_plan.WriteFailures, _plan.ReadFailures);
        return worker;
    }

    /// <summary>Moves until nothing moves, and no retirement and no nanny's word waits for its time.</summary>
    private void Settle()
    {
        for (var steps = 0; Step() || LetTimePass(); steps++)
        {
            if (steps > _plan.StepsMax)
            {
                throw new InvariantViolationException($"the cluster comes to rest, but it has not after {steps} steps");
            }
        }
    }

    private bool LetTimePass()
    {
        var waiting = Scheduler.Workers.FirstOrDefault(static worker => worker.Retirement is not null || worker.Cut is not null);
        if (waiting is not null && Scheduler.NextDeadline is null)
        {
            throw new InvariantViolationException(waiting.Retirement is not { } retirement
                ? $"{waiting} goes in the end, whatever its nanny says (I6)"
                : $"a retirement ends (I6), but that of {waiting} waits, {(retirement.IsAcknowledged ? "acknowledged" : "not acknowledged")}, "
                    + $"{waiting.Processing.Count} running, {retirement.ToMove.Count} to move, {retirement.Moving.Count} moving, {retirement.Stuck.Count} stuck");
        }

        var next = waiting is null ? null : Scheduler.NextDeadline;
        foreach (var nanny in Nannies)
        {
            next = !nanny.HasEnded && nanny.Machine.NextDeadline is { } deadline && !(next < deadline) ? deadline : next;
        }

        if (next is not { } time)
        {
            return false;
        }

        _now = time > _now ? time : _now;
        EndTurn();
        return true;
    }

    /// <summary>One queue moves on; false if all are empty.</summary>
    private bool Step()
    {
        _moves.Clear();
        foreach (var worker in Workers)
        {
            CollectMoves(worker);
        }

        foreach (var client in Clients)
        {
            if (client.ToScheduler.Count > 0)
            {
                _moves.Add(() => ReceiveFrom(client));
            }

            if (client.FromScheduler.Count > 0)
            {
                _moves.Add(client.Receive);
            }
        }

        foreach (var nanny in Nannies)
        {
            if (nanny.CanMove)
            {
                _moves.Add(() => nanny.Move(_random));
            }
        }

        if (_moves.Count == 0)
        {
            return false;
        }

        _steps++;
        _now += TimeSpan.FromMilliseconds(1);
        _moves[_random.Next(_moves.Count)]();
        return true;
    }

    private void CollectMoves(TinyWorker worker)
    {
        if (worker.IsGone)
        {
            return;
        }

        if (worker.Frozen > 0)
        {
            worker.Frozen--;
            _moves.Add(static () => { }); // Time passes.
            return;
        }

        if (worker is { Own.Count: > 0, IsDead: false })
        {
            _moves.Add(() => worker.Own.Dequeue()());
        }

        if (worker.ToScheduler.Count > 0 || worker.IsDead)
        {
            _moves.Add(() => ReceiveFrom(worker));
        }

        if (worker.IsDead)
        {
            return;
        }

        if (worker.FromScheduler.Count > 0)
        {
            _moves.Add(() => worker.Receive(1 + _random.Next(3)));
        }

        if (worker.HasRecalled)
        {
            _moves.Add(worker.EndTurn);
        }

        if (worker.HasExecutions)
        {
            _moves.Add(() => worker.Work(_random));
        }

        if (worker.Store.Orders.Count > 0)
        {
            _moves.Add(() => worker.UseStore(_random));
        }

        foreach (var fetch in worker.Fetches)
        {
            if (fetch.IsAnswered)
            {
                _moves.Add(() => worker.ReceiveAnswer(fetch));
            }
            else if (!fetch.IsPending || HolderOf(fetch).IsDead)
            {
                _moves.Add(() => Serve(fetch));
            }
        }
    }

    private void ReceiveFrom(TinyClient client)
    {
        for (var most = 1 + _random.Next(2); most > 0 && client.ToScheduler.TryDequeue(out var message); most--)
        {
            Scheduler.Handle(client.State, message, _now);
            MessagePools.Return(message);
        }

        EndTurn();
    }

    private void ReceiveFrom(TinyWorker worker)
    {
        for (var most = 1 + _random.Next(2); most > 0 && worker.ToScheduler.TryDequeue(out var message); most--)
        {
            TraceReceived(worker.State, message);
            Scheduler.Handle(worker.State, message, _now);
            MessagePools.Return(message);
        }

        if (worker is { IsDead: true, ToScheduler.Count: 0 })
        {
            worker.IsGone = true;
            Trace("leaves", default, worker.State.Id.Number);
            Scheduler.OnConnectionLost(worker.State, "it died", _now);
        }

        EndTurn();
    }

    private void Serve(TinyFetch fetch)
    {
        var holder = HolderOf(fetch);
        if (holder.IsDead || (_plan.HasBadLinks && _random.Next(20) == 0))
        {
            fetch.IsAnswered = true;
            Trace("unreachable", fetch.Keys[0], fetch.Holder.Id.Number);
            return;
        }

        holder.Serve(fetch);
        Trace(fetch.IsAnswered ? "served" : "looked for", fetch.Keys[0], fetch.Holder.Id.Number);
    }

    private TinyWorker HolderOf(TinyFetch fetch) => Workers.Find(worker => worker.State.Id == fetch.Holder.Id)!;

    private void EndTurn()
    {
        if (Scheduler.NextDeadline <= _now)
        {
            Scheduler.Tick(_now);
        }

        Scheduler.Settle();
        _outbox.Flush();
        foreach (var nanny in Nannies)
        {
            if (!nanny.HasEnded && nanny.Machine.NextDeadline <= _now)
            {
                nanny.Machine.Tick(_now);
            }
        }
    }

    private void TraceSent(WorkerState worker, Message message)
    {
        switch (message)
        {
            case ComputeBatch batch:
                foreach (ref readonly var task in batch.Span)
                {
                    Trace($"compute {task.Count} attempt {task.Attempt}", task.Key, worker.Id.Number);
                }

                break;
            case FreeKeys batch:
                TraceAll("free", worker, batch.Span);
                break;
            case StealRequest batch:
                TraceAll("steal", worker, batch.Span);
                break;
            case AcquireReplicas batch:
                foreach (ref readonly var replica in batch.Span)
                {
                    Trace("acquire", replica.Key, worker.Id.Number);
                }

                break;
        }
    }

    private void TraceAll(string what, WorkerState worker, ReadOnlySpan<TaskAttempt> attempts)
    {
        foreach (ref readonly var attempt in attempts)
        {
            Trace(what, attempt.Key, (worker.Id.Number << 16) + attempt.Attempt);
        }
    }

    private void TraceReceived(WorkerState worker, Message message)
    {
        switch (message)
        {
            case FinishedBatch batch:
                foreach (ref readonly var finished in batch.Span)
                {
                    Trace($"finished {finished.Count} attempt {finished.Attempt}", finished.Key, worker.Id.Number);
                }

                break;
            case TaskErred erred:
                Trace($"erred attempt {erred.Attempt}", erred.Key, worker.Id.Number);
                break;
            case InputMissing missing:
                Trace($"lacks {missing.Input}", missing.Key, worker.Id.Number);
                break;
            case ReplicasAdded added:
                foreach (ref readonly var copy in added.Span)
                {
                    Trace("copied", copy.Key, (worker.Id.Number << 16) + copy.Number);
                }

                break;
            case StealResponse response:
                foreach (ref readonly var answer in response.Span)
                {
                    Trace(answer.GivenUp ? "gives up" : "keeps", answer.Key, worker.Id.Number);
                }

                break;
            default:
                Trace(message.GetType().Name, default, worker.Id.Number);
                break;
        }
    }
}
