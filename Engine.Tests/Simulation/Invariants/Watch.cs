using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>Looks on and says what must not be. Each group of invariants has a file; this one hands on what happens.</summary>
internal sealed class Watch(World world)
{
    private readonly MembershipInvariants _membership = new(world);
    private readonly DataInvariants _data = new(world);
    private readonly SendingInvariants _sending = new(world);
    private readonly StalenessInvariants _staleness = new(world);
    private readonly BlameInvariants _blame = new(world);

    /// <summary>A retirement has been asked for, and plugins have said what they think of it.</summary>
    public void Retires(RetirementChoice choice, RetirementTerms terms, IReadOnlyDictionary<WorkerId, PluginAnswer> answers) =>
        _data.Retires(choice, terms, answers);

    /// <summary>The scheduler sends something to a worker.</summary>
    public void Sent(WorkerState worker, Message message)
    {
        _sending.Sent(worker, message);
        _staleness.Sent(worker, message);
        _data.Sent(worker, message);
    }

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
        world.Coverage?.Happened(happened, world.Scheduler.Machine);
    }

    /// <summary>A nanny starts a worker.</summary>
    public void Starts(SimNanny nanny) => _membership.Starts(nanny);

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
