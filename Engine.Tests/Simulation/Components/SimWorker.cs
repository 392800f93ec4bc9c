using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Network;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>An incarnation of a worker: its machine, and what its shell does around it. Its process is a <see cref="SimProcess"/>.</summary>
/// <remarks>Files: Closing (how it ends), Peers (values from other workers), Return (how it comes back). Functions run in a <see cref="SimExecutor"/>.</remarks>
internal sealed partial class SimWorker : SimComponent, IWorkerSink
{
    private readonly WorkerOutbox _outbox;
    private LinkEnd? _scheduler;
    private WorkerStateMachine? _machine;
    private TimeSpan _beatInterval;
    private readonly Dictionary<TaskKey, int> _made = [];
    private int _heldCount;

    public SimWorker(World world, ulong place, string name, string address, WorkerSettings settings, SimProcess process, SimWorker? before = null)
        : base(world, name, place)
    {
        (Address, Settings, Process, _before) = (address, settings, process, before);
        _outbox = new WorkerOutbox(this) { TellsTransitions = world.Coverage is not null };
        Executor = new SimExecutor(this, before?.Executor);
        Store = before?.Store ?? new SimStore(this);
    }

    public string Address { get; }

    public WorkerSettings Settings { get; }

    public SimExecutor Executor { get; }

    public SimStore Store { get; }

    public SimProcess Process { get; }

    /// <summary>The nanny that started its process; null: none did.</summary>
    public SimNanny? Nanny => Process.Nanny;

    /// <summary>The label of its host, or null.</summary>
    public string? HostLabel { get; init; }

    /// <summary>The scheduler's record; null: it was never let in.</summary>
    public WorkerState? Record { get; set; }

    /// <summary>Its machine; null until it is registered.</summary>
    public WorkerStateMachine? Machine => _machine;

    /// <summary>Its end of the connection to the scheduler.</summary>
    public LinkEnd? SchedulerLink => _scheduler;

    public WorkerId Id => Record?.Id ?? default;

    public override ulong Group => Process.Group;

    public bool Holds(TaskKey key) => IsAlive && !_isLetGo && _machine?.Holds(key) == true;

    protected override TimeSpan? NextDeadline => null;

    public void Start()
    {
        World.Addresses[Address] = this;
        _scheduler = World.Network.Connect(this, World.Scheduler).Near;
        _scheduler.TrySend(new RegisterWorker(Name, Address, Settings.Slots, Settings.Resources)
        {
            Nanny = Nanny?.Id,
            Host = HostLabel,
            MemoryLimit = Settings.MemoryLimit,
            After = After,
            Offer = Offer,
        });
    }

    /// <summary>A heartbeat goes out, beside what the worker does, unless its whole process stands still.</summary>
    public void Beat()
    {
        if (IsAlive && !IsClosing && !IsStopped && _machine is { } machine)
        {
            _scheduler!.TrySend(new Heartbeat(machine.Self.Id, Dice.OneIn(50), machine.ManagedBytes, machine.SpilledBytes));
        }
    }

    /// <summary>Something has happened to its machine.</summary>
    public void Call(Action<WorkerStateMachine> call, TimeSpan delay = default) => Post(
        () =>
        {
            if (_machine is { } machine && !IsClosing)
            {
                call(machine);
            }
        },
        delay);

    /// <summary>Has the store read at once what it is to read; for who looks at values at the end.</summary>
    public void FinishReads()
    {
        do
        {
            EndTurn();
            Store.CarryOutAll();
            EndTurn();
        }
        while (Store.OrderCount > 0);
    }

    /// <summary>The attempt that made a value here; 0: none did, or it may be a copy.</summary>
    public int AttemptOf(TaskKey key) => _made.GetValueOrDefault(key);

    private void Note(FinishedBatch batch)
    {
        foreach (ref readonly var finished in batch.Span)
        {
            for (var i = 0; i < finished.Count; i++)
            {
                _made[TaskKey.FromValue(finished.Key.Value + (ulong)i)] = finished.Attempt;
            }
        }
    }

    protected override void Handle(in Arrival arrival)
    {
        var link = arrival.Link!;
        if (arrival.End is { } end)
        {
            OnDisconnected(link, end);
        }
        else if (arrival.Message is GetData get)
        {
            Serve(link, get);
        }
        else if (link == _scheduler)
        {
            HandleScheduler(arrival.Message!);
        }
        else
        {
            OnDataReply(link, (DataReply)arrival.Message!);
        }
    }

    protected override void Tick() => throw new NotSupportedException("A worker's machine knows no time.");

    protected override void EndTurn()
    {
        if (_machine is not { } machine || IsClosing)
        {
            return;
        }

        machine.Settle();
        _outbox.Flush();
        Executor.EndStep();
        if (World.Coverage is { } coverage)
        {
            _outbox.TellTransitions(coverage.AtWorker);
        }

        if (machine.HeldCount < _heldCount)
        {
            World.Watch.MayHaveLost();
        }

        _heldCount = machine.HeldCount;
        World.Watch.AfterWorkersTurn(this);
    }

    void IWorkerSink.SendToScheduler(Message message)
    {
        switch (message)
        {
            case FinishedBatch finished:
                Note(finished);
                break;
            case ReplicasAdded added:
                foreach (ref readonly var copy in added.Span)
                {
                    _made.Remove(copy.Key);
                }

                break;
        }

        _scheduler!.TrySend(message);
    }

    void IWorkerSink.Execute(ExecutionRun run)
    {
        Invariants.Watch.Executes(this, run);
        Executor.Execute(run);
    }

    void IWorkerSink.Cancel(WorkerTask task, CancellationCause cause) => Executor.Cancel(task);

    void IWorkerSink.Recall()
    {
        var recalled = Executor.Recall();
        _machine!.OnRecalled(recalled);
        Post(static () => { }); // The step is over: what came back is handed out in the next.
    }

    void IWorkerSink.Spill(in SpillOrder order) => Store.Add(order);

    void IWorkerSink.Reply(IConnection requester, DataReply reply) => requester.TrySend(reply);

    private void HandleScheduler(Message message)
    {
        World.Tracer.Add(message.GetType().Name, Place, 0);
        switch (message)
        {
            case WorkerRegistered registered:
                OnRegistered(registered);
                break;
            case RegistrationRefused refused:
                if (_before is null)
                {
                    Nanny?.OnWorkerRefused(Process, refused.Detail);
                }

                Close(refused.Reason, refused.Detail);
                break;
            case CloseWorker close:
                Close(close.Reason, close.Detail);
                break;
            case HeartbeatOk ok:
                _beatInterval = ok.Interval;
                break;
            case HeartbeatMissing missing:
                WasMissing |= missing.Reason == CloseReason.Missing && !IsClosing && !Process.IsBeingKilled;
                Close(missing.Reason, $"the scheduler no longer has it: {missing.Detail}");
                break;
            case WorkersDeparted departed:
                Array.ForEach(departed.Workers, peer => FailFetches(_peers.Forget(peer)));
                break;
            default:
                if (!IsClosing)
                {
                    World.Tracer.Add(message, Id.Number);
                    Handle(_machine!, message);
                    MessagePools.Return(message);
                }

                break;
        }
    }

    private void Handle(WorkerStateMachine machine, Message message)
    {
        if (message is FreeKeys free)
        {
            World.Watch.BeforeFree(this, free);
            machine.Handle(message);
            World.Watch.AfterFree(this);
        }
        else
        {
            machine.Handle(message);
        }
    }

    private void OnRegistered(WorkerRegistered registered)
    {
        if (IsClosing)
        {
            return;
        }

        _machine = new WorkerStateMachine(Settings, _outbox) { Self = registered.Self };
        _beatInterval = registered.HeartbeatInterval;
        if (_before is { } before)
        {
            TakeOver(before, registered.Declined);
        }
        else
        {
            Nanny?.OnWorkerRegistered(Process, Id);
        }

        PlanBeat();
    }

    private void PlanBeat() => World.Agenda.After(_beatInterval, BeatAgain, Group, this, isRecurring: true);

    private void BeatAgain()
    {
        if (IsAlive && !IsClosing)
        {
            Beat();
            PlanBeat();
        }
    }
}
