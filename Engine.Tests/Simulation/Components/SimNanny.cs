using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Components;

/// <summary>A nanny process: its machine, what its shell does around it, and the worker process that it starts.</summary>
internal sealed class SimNanny : SimComponent, INannySink
{
    private readonly SimHost _host;
    private LinkEnd? _scheduler;
    private SimProcess? _process;
    private long _number;
    private bool _isCancelled;
    private bool _hasToldExit;

    public SimNanny(World world, ulong place, string name, SimHost host)
        : base(world, name, place)
    {
        _host = host;
        Id = new NannyId(new Guid((int)place, (short)(place >> 32), (short)(place >> 48), new byte[8]));
        Machine = new NannyStateMachine(world.Settings.Nanny, this);
        Post(() =>
        {
            World.Watch.Connected(this, isRegistered: false);
            Machine.Start(World.Now);
        });
    }

    public NannyId Id { get; }

    public NannyStateMachine Machine { get; }

    /// <summary>Its worker, if there is one.</summary>
    public SimWorker? Worker => _process?.Current;

    protected override TimeSpan? NextDeadline => Machine.NextDeadline;

    /// <summary>Its process is killed. Its worker notices that its parent is gone, and ends.</summary>
    public void Die(bool isHostGone = false)
    {
        if (IsAlive)
        {
            World.Tracer.Add("dies", Place, isHostGone ? 1UL : 0UL);
            World.Watch.Dies(this);
            End(isHostGone, new Disconnect(DisconnectKind.Aborted, "its process was killed"));
            if (_process is { } process)
            {
                if (isHostGone)
                {
                    process.Die(isHostGone: true);
                }
                else
                {
                    process.Order(() => process.Die(), Dice.Milliseconds(0, 20));
                }
            }

            _host.OnNannyEnded(this, CloseReason.Crashed);
        }
    }

    /// <summary>Its worker has more in memory than it may. Measured now: one that has ended has nothing.</summary>
    public void ExceedMemory()
    {
        if (_process is { IsAlive: true, Number: var number })
        {
            Machine.OnMemory(number, 1L << 30, World.Now);
        }
    }

    public void OnWorkerRegistered(SimProcess process, WorkerId id) => Post(() => OnRegistered(process, id), Pipe());

    /// <summary>Its worker was let in again.</summary>
    public void OnWorkerReturned(SimProcess process, WorkerId id) => Post(() => Machine.OnWorkerReturned(process.Number, id, World.Now), Pipe());

    /// <summary>Its worker's launch has failed: it was not let in.</summary>
    public void OnWorkerRefused(SimProcess process, string detail) => Post(
        () =>
        {
            Forget(process);
            FailStart(process.Number, CloseReason.Refused, new WorkerRefusedException(detail));
        },
        Pipe());

    public void OnWorkerCloses(SimProcess process, CloseReason reason, string detail)
    {
        World.Watch.Announced(this, reason);
        Machine.OnWorkerCloses(process.Number, reason, detail, World.Now);
    }

    protected override void Handle(in Arrival arrival)
    {
        if (arrival.Link != _scheduler)
        {
            return; // Of a connection that was given up.
        }

        if (arrival.End is { } end)
        {
            _scheduler = null;
            World.Watch.Connected(this, isRegistered: false);
            Machine.OnConnectionLost(end.Kind == DisconnectKind.Closed, end.Detail, World.Now);
            return;
        }

        World.Tracer.Add(arrival.Message!.GetType().Name, Place, 0);
        switch (arrival.Message)
        {
            case NannyRegistered:
                World.Watch.Connected(this, isRegistered: true);
                Machine.OnRegistered(World.Now);
                break;
            case RegistrationRefused refused:
                Machine.OnRefused(refused.Detail, World.Now);
                break;
            case TellNanny told:
                if (_process is not null && told.Worker.Number >= Machine.Worker.Number)
                {
                    World.Watch.Told(this, told); // Or it is late.
                }

                var (isOthers, before) = (told.Worker != Machine.Worker, Machine.Status);
                Machine.OnTold(told, World.Now);
                if (isOthers)
                {
                    Invariants.StalenessInvariants.ToldOfAnother(this, before);
                }

                break;
        }
    }

    protected override void Tick() => Machine.Tick(World.Now);

    protected override void EndTurn()
    {
        // Its machine needs no settling.
    }

    void INannySink.StartWorker(long number)
    {
        if (_process is { IsAlive: true, Current: var other })
        {
            throw new SimFailure("I1", $"a nanny has one worker at a time, but {Name} starts another one beside {other.Name}");
        }

        World.Watch.Starts(this);
        (_number, _isCancelled, _hasToldExit) = (number, false, false);
        Post(() => Launch(number), World.Settings.Latency + (Dice.OneIn(4) ? Dice.Milliseconds(1, 20) : TimeSpan.Zero), touchesAll: true);
    }

    void INannySink.StopWorker(long number, CloseReason reason, string detail)
    {
        _isCancelled = true;
        if (_process is { } process)
        {
            process.Order(() => process.Close(reason, detail), Pipe());
        }
    }

    void INannySink.KillWorker(long number, CloseReason reason, string detail)
    {
        Invariants.Watch.Require("I10", _hasToldExit, $"the scheduler is told why {Name} kills its worker before it is killed");
        _isCancelled = true;
        if (_process is { } process)
        {
            process.IsBeingKilled = true;
            World.Agenda.After(Pipe(), () => process.Die(), Group); // The system does it, whatever the worker does.
        }
    }

    void INannySink.SendToScheduler(Message message)
    {
        _hasToldExit |= message is WorkerExited;
        _scheduler?.TrySend(message);
    }

    void INannySink.Connect()
    {
        Post(
            () =>
            {
                _scheduler = World.Network.Connect(this, World.Scheduler).Near;
                _scheduler.TrySend(new RegisterNanny(Id, Name, _host.Label));
            },
            Pipe());
    }

    /// <summary>A lifetime is over: the worker is retired like any other, by a client of the nanny.</summary>
    void INannySink.RetireWorker(WorkerId worker, bool restart)
    {
        if (World.IsCalm)
        {
            Post(() => Machine.OnRetirementEnded(worker, isRefused: true, World.Now)); // Or nothing would ever come to rest.
            return;
        }

        var terms = new RetirementTerms(null, RunningTasks.WaitFor, OnDeadline.Abort, true, restart ? CloseReason.LifetimeRestart : CloseReason.LifetimeOver);
        var asker = new SimAsker(World, NextPlace(), $"{Name} asks");
        asker.Ask(new RetireRequest(WorkerSelector.ById(worker), terms), (value, _) =>
        {
            var isRefused = value is not RetirementReport report || report.Rows[0].Outcome == RetirementOutcome.Refused;
            asker.Leave();
            Post(() => Machine.OnRetirementEnded(worker, isRefused, World.Now), Pipe());
        });
    }

    void INannySink.End(Status status, CloseReason reason, string detail, Exception? error)
    {
        World.Tracer.Add("nanny ends", Place, (ulong)reason);
        World.Coverage?.Closes(reason);
        World.Watch.Ends(this, status, reason);
        if (_process is { } process)
        {
            World.Agenda.After(Pipe(), () => process.Die(), Group);
        }

        End(false, new Disconnect(DisconnectKind.Closed, detail));
        _host.OnNannyEnded(this, reason);
    }

    private void OnRegistered(SimProcess process, WorkerId id)
    {
        process.HasStarted = true;
        Machine.OnWorkerStarted(process.Number, id, World.Now);
        if (Machine.Status == Status.Closing)
        {
            process.Order(() => process.Close(CloseReason.NannyClosing, "its nanny closes"), TimeSpan.Zero); // It was asked to while it came up.
        }
    }

    private void Launch(long number)
    {
        if (_isCancelled)
        {
            FailStart(number, CloseReason.NannyClosing, new OperationCanceledException());
        }
        else if (World.Now < World.StartsFailUntil && Dice.OneIn(2))
        {
            FailStart(number, CloseReason.StartFailed, new IOException("no memory"));
        }
        else
        {
            _process = _host.StartWorker(this, number, OnExited);
        }
    }

    private void FailStart(long number, CloseReason reason, Exception error)
    {
        World.Watch.Ended(this, reason, wasKilled: false);
        Machine.OnWorkerStartFailed(number, reason, error, World.Now);
    }

    private void OnExited(SimProcess process, CloseReason reason, string detail) => Post(
        () =>
        {
            Forget(process);
            if (process.HasStarted)
            {
                World.Watch.Ended(this, reason, process.IsBeingKilled);
                Machine.OnWorkerExited(process.Number, reason, detail, World.Now);
                return;
            }

            // It ended before it was up: its launch has failed, or was given up.
            var isGivenUp = _isCancelled && process.Number == _number;
            FailStart(
                process.Number,
                isGivenUp ? CloseReason.NannyClosing : CloseReason.StartFailed,
                isGivenUp ? new OperationCanceledException() : new StartFailedException(detail));
        },
        Pipe());

    private void Forget(SimProcess process)
    {
        if (_process == process)
        {
            _process = null;
        }
    }

    private TimeSpan Pipe() => Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1));
}
