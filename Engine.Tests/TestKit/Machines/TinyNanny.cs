using Engine.Collections;
using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>
/// A nanny of a tiny cluster: its machine, its ends of queues, and the operating system that starts and ends its workers when the seed says.
/// </summary>
internal sealed class TinyNanny : INannySink
{
    private readonly TinyCluster _cluster;
    private readonly Queue<Action> _system = new();
    private bool _isConnecting;
    private long? _starting;

    public TinyNanny(TinyCluster cluster, int number, string? host)
    {
        (_cluster, Id, Host) = (cluster, SchedulerFixture.NannyIdOf(number), host);
        Machine = new NannyStateMachine(
            new NannySettings
            {
                BackOff = TimeSpan.FromMilliseconds(5),
                KillGrace = TimeSpan.FromMilliseconds(50),
                ReconnectDelay = TimeSpan.FromMilliseconds(10),
                DeathTimeout = TimeSpan.FromSeconds(2),
                RestartsMax = 3,
            },
            this);
    }

    public NannyId Id { get; }

    public string? Host { get; }

    public NannyStateMachine Machine { get; }

    /// <summary>The scheduler's record while it is connected.</summary>
    public NannyState? State { get; private set; }

    public Queue<Message> FromScheduler { get; } = new();

    public Queue<Message> ToScheduler { get; } = new();

    public TinyWorker? Worker { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>Whether something is on its way to it or from it.</summary>
    public bool CanMove => !HasEnded ? _isConnecting || _system.Count > 0 || FromScheduler.Count > 0 || ToScheduler.Count > 0
        : _system.Count > 0 || ToScheduler.Count > 0 || State is not null;

    public void Start() => Machine.Start(_cluster.Now);

    /// <summary>One of the things that can happen next happens.</summary>
    public void Move(Random random)
    {
        var moves = new List<Action>();
        if (_isConnecting)
        {
            moves.Add(Register);
        }

        if (_system.Count > 0)
        {
            moves.Add(() => _system.Dequeue()());
        }

        if (FromScheduler.Count > 0)
        {
            moves.Add(Receive);
        }

        if (ToScheduler.Count > 0 || (HasEnded && State is not null))
        {
            moves.Add(Deliver);
        }

        moves[random.Next(moves.Count)]();
    }

    /// <summary>Its connection breaks: what was on the way is lost, and both sides hear of it.</summary>
    public void Cut()
    {
        if (State is { } state)
        {
            State = null;
            FromScheduler.Clear();
            ToScheduler.Clear();
            _cluster.OnNannyGone(state);
            _system.Enqueue(() => Machine.OnConnectionLost(isOrderly: false, "the network broke it", _cluster.Now));
        }
    }

    /// <summary>Its host is taken away: nobody is told anything.</summary>
    public void Abort()
    {
        Worker?.Die();
        _system.Clear();
        (HasEnded, _isConnecting) = (true, false);
        ToScheduler.Clear();
    }

    /// <summary>Its worker says that it ends, and does.</summary>
    public void OnWorkerCloses(TinyWorker worker, CloseReason reason, string detail)
    {
        _system.Enqueue(() => Machine.OnWorkerCloses(worker.Number, reason, detail, _cluster.Now));
        OnWorkerExited(worker, reason, detail);
    }

    /// <summary>The operating system says that its worker has ended.</summary>
    public void OnWorkerExited(TinyWorker worker, CloseReason reason, string detail) => _system.Enqueue(() =>
    {
        if (Worker?.Number == worker.Number)
        {
            Worker = null;
        }

        Machine.OnWorkerExited(worker.Number, reason, detail, _cluster.Now);
    });

    /// <summary>Its worker has come back, as another incarnation.</summary>
    public void OnWorkerReturned(TinyWorker worker)
    {
        Worker = worker;
        _system.Enqueue(() => Machine.OnWorkerReturned(worker.Number, worker.State.Id, _cluster.Now));
    }

    void INannySink.StartWorker(long number)
    {
        if (Worker is not null || _starting is not null)
        {
            throw new InvariantViolationException($"a nanny has one worker at a time, but {Id} starts another one beside {Worker?.Name}");
        }

        _starting = number;
        _system.Enqueue(() => Launch(number));
    }

    void INannySink.StopWorker(long number, CloseReason reason, string detail)
    {
        if (Worker is { } worker && worker.Number == number)
        {
            worker.Own.Enqueue(() => worker.Close(reason));
        }
    }

    void INannySink.KillWorker(long number, CloseReason reason, string detail)
    {
        if (Worker is { IsDead: false } worker && worker.Number == number)
        {
            worker.Die();
        }
    }

    void INannySink.SendToScheduler(Message message)
    {
        if (State is not null)
        {
            ToScheduler.Enqueue(message);
        }
    }

    void INannySink.Connect() => _isConnecting = true;

    void INannySink.RetireWorker(WorkerId worker, bool restart) => throw new NotSupportedException("Its workers have no lifetime.");

    void INannySink.End(Status status, CloseReason reason, string detail, Exception? error)
    {
        if (HasEnded)
        {
            throw new InvariantViolationException($"a nanny ends once, but {Id} ends again ({reason}: {detail})");
        }

        HasEnded = true;
        _cluster.Trace($"nanny {status} {reason}", default, 0);
        if (Worker is { IsDead: false } worker)
        {
            worker.Die();
        }
    }

    private void Register()
    {
        _isConnecting = false;
        if (_cluster.Scheduler.FindRefusal(Id, Host, _cluster.Now) is { } refusal)
        {
            _system.Enqueue(() => Machine.OnRefused(refusal, _cluster.Now));
        }
        else
        {
            _cluster.AddNanny(this, state => State = state);
        }
    }

    private void Launch(long number)
    {
        _starting = null;
        if (HasEnded)
        {
            return;
        }

        if (Machine.Status == Status.Closing)
        {
            Machine.OnWorkerStartFailed(number, CloseReason.NannyClosing, new OperationCanceledException(), _cluster.Now);
        }
        else if (_cluster.Start(this, number) is { } worker)
        {
            Worker = worker;
            _system.Enqueue(() => Machine.OnWorkerStarted(number, worker.State.Id, _cluster.Now));
        }
        else
        {
            Machine.OnWorkerStartFailed(number, CloseReason.Refused, new WorkerRefusedException("it was not let in"), _cluster.Now);
        }
    }

    private void Receive()
    {
        switch (FromScheduler.Dequeue())
        {
            case NannyRegistered:
                Machine.OnRegistered(_cluster.Now);
                break;
            case TellNanny told:
                Machine.OnTold(told, _cluster.Now);
                break;
        }
    }

    private void Deliver()
    {
        if (State is { } state && ToScheduler.TryDequeue(out var message))
        {
            _cluster.Receive(state, message);
        }
        else if (State is { } gone)
        {
            State = null;
            _cluster.OnNannyGone(gone);
        }
        else
        {
            ToScheduler.Clear();
        }
    }
}
