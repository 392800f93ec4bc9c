using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>Looks on and says what must not be. Each group of invariants has a file; this one hands on what happens.</summary>
internal sealed class Watch
{
    private readonly World _world;
    private readonly MembershipInvariants _membership;
    private readonly DataInvariants _data;
    private readonly SendingInvariants _sending;
    private readonly StalenessInvariants _staleness;
    private readonly BlameInvariants _blame;
    private readonly NannyInvariants _nannies;
    private readonly TellingInvariants _telling;

    public Watch(World world)
    {
        _world = world;
        _data = new DataInvariants(world);
        _sending = new SendingInvariants(world);
        _staleness = new StalenessInvariants(world);
        _blame = new BlameInvariants(world);
        _nannies = new NannyInvariants(world);
        _telling = new TellingInvariants(world);
        _membership = new MembershipInvariants(world, _telling);
    }

    /// <summary>A retirement has been asked for, and plugins have said what they think of it.</summary>
    public void Retires(RetirementChoice choice, RetirementTerms terms, IReadOnlyDictionary<WorkerId, PluginAnswer> answers)
    {
        foreach (var (worker, _) in choice.Rows)
        {
            if (worker is not null && !(answers.TryGetValue(worker.Id, out var answer) && answer.VetoReason is not null))
            {
                _data.Retires(worker.Id, terms);
                _telling.Retires(worker.Id, terms);
            }
        }
    }

    /// <summary>The scheduler sends something to a worker.</summary>
    public void Sent(WorkerState worker, Message message)
    {
        _sending.Sent(worker, message);
        _staleness.Sent(worker, message);
        _data.Sent(worker, message);
        _telling.Sent(worker, message);
    }

    /// <summary>The scheduler sends something to a nanny.</summary>
    public void Sent(Message message) => _telling.Told(message);

    /// <summary>The scheduler has let a nanny in.</summary>
    public void NannyCame(NannyId nanny) => _telling.NannyCame(nanny);

    /// <summary>The scheduler has lost the connection to a nanny.</summary>
    public void NannyLeft(NannyId nanny) => _telling.NannyLeft(nanny);

    /// <summary>The scheduler doesn't let somebody in.</summary>
    public void Refused(NannyId? nanny, string? host) => _membership.Refused(nanny, host);

    /// <summary>The scheduler was asked to let somebody in again.</summary>
    public void Readmitted(ReadmitRequest request) => _membership.Readmitted(request);

    /// <summary>The scheduler is about to handle a worker's message.</summary>
    public void BeforeWorkersMessage(WorkerState worker, Message message)
    {
        _data.BeforeWorkersMessage(worker, message);
        _staleness.BeforeWorkersMessage(worker, message);
        if (message is TaskLongRunning longRunning)
        {
            _blame.LeftSlot(worker, longRunning.Key);
        }
    }

    /// <summary>The scheduler has handled a worker's message.</summary>
    public void AfterWorkersMessage(WorkerState worker, Message message) => _staleness.AfterWorkersMessage(worker, message);

    /// <summary>The scheduler has handled something.</summary>
    public void Handled() => _sending.Handled();

    /// <summary>A worker is about to be told to give up values.</summary>
    public void BeforeFree(SimWorker worker, FreeKeys free) => _staleness.BeforeFree(worker, free);

    public void AfterFree(SimWorker worker) => _staleness.AfterFree(worker);

    public void Replied(Reply reply)
    {
        if (reply.Value is RetirementReport report)
        {
            _membership.Reported(report);
            _data.Reported(report);
        }
    }

    /// <summary>What plugins are told.</summary>
    public void Happened(object happened)
    {
        _membership.Happened(happened);
        _data.Happened(happened);
        _blame.Happened(happened);
        _telling.Happened(happened);
        _world.Coverage?.Happened(happened, _world.Scheduler.Machine);
    }

    /// <summary>A nanny starts a worker.</summary>
    public void Starts(SimNanny nanny)
    {
        _membership.Starts(nanny);
        _nannies.Starts(nanny);
    }

    /// <summary>A nanny hears what is intended with the worker that it has.</summary>
    public void Told(SimNanny nanny, TellNanny told) => _nannies.Told(nanny, told);

    /// <summary>A nanny's connection to the scheduler is good, or has ended.</summary>
    public void Connected(SimNanny nanny, bool isRegistered) => _nannies.Connected(nanny, isRegistered);

    /// <summary>A nanny hears that its worker ends.</summary>
    public void Announced(SimNanny nanny, CloseReason reason) => _nannies.Announced(nanny, reason);

    /// <summary>A nanny is about to hear that its worker has ended.</summary>
    public void Ended(SimNanny nanny, CloseReason reason, bool wasKilled) => _nannies.Ended(nanny, reason, wasKilled);

    /// <summary>A nanny ends.</summary>
    public void Ends(SimNanny nanny, Status status, CloseReason reason) => _nannies.Ends(nanny, status, reason);

    /// <summary>A nanny is killed.</summary>
    public void Dies(SimNanny nanny) => _nannies.Dies(nanny);

    /// <summary>A worker's machine hands tasks to its executor.</summary>
    public static void Executes(SimWorker worker, ExecutionRun run) => SendingInvariants.Executes(worker, run);

    /// <summary>A cluster ends a host.</summary>
    public void EndsHost(string name, RetirementRow row) => _membership.EndsHost(name, row);

    /// <summary>A worker's process is about to be gone, with all that it holds.</summary>
    public void Ends(SimWorker worker) => _data.Ends(worker);

    /// <summary>A store can't read a value.</summary>
    public void CannotRead(TaskKey key) => _data.CannotRead(key);

    /// <summary>Somewhere there are fewer values than before, or more is known of them.</summary>
    public void MayHaveLost() => _data.MayHaveLost();

    public void AfterSchedulersTurn()
    {
        _membership.AfterSchedulersTurn();
        _telling.AfterSchedulersTurn();
        _sending.AfterSchedulersTurn();
        _blame.AfterSchedulersTurn();
    }

    public void AfterWorkersTurn(SimWorker worker) => _sending.AfterWorkersTurn(worker);

    public void AfterStep() => _data.AfterStep();

    /// <summary>Whether something has happened that explains how a future ended.</summary>
    public bool IsExplained(SimNodeEnd end) => _blame.IsExplained(end);

    public bool WasCancelled(Plans.SimNode node) => _blame.WasCancelled(node);

    /// <exception cref="SimFailure">It doesn't hold.</exception>
    public static void Require(string invariant, bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref Invariant.Text what)
    {
        if (!holds)
        {
            throw new SimFailure(invariant, $"it should hold that {what.ToString()}");
        }
    }
}
