using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Components;

/// <summary>The scheduler: its machine, and what its shell does around it.</summary>
internal sealed class SimScheduler : SimComponent, ISchedulerSink
{
    private readonly SchedulerOutbox _outbox;
    private SimCluster? _observer;

    public SimScheduler(World world)
        : base(world, "scheduler", 1)
    {
        _outbox = new SchedulerOutbox(this);
        Machine = new SchedulerStateMachine(world.Settings.Scheduler, _outbox) { TellsTransitions = world.Coverage is not null };
    }

    public SchedulerStateMachine Machine { get; }

    protected override TimeSpan? NextDeadline => Machine.NextDeadline;

    /// <summary>A cluster of the same process hears of members as soon as they are.</summary>
    public void Subscribe(SimCluster cluster) => _observer = cluster;

    protected override void Handle(in Arrival arrival)
    {
        var link = arrival.Link!;
        if (arrival.End is { } end)
        {
            OnDisconnected(link, end);
            return;
        }

        var message = arrival.Message!;
        World.Tracer.Add(message.GetType().Name, link.Owner.Place, link.Other.Owner.Place);
        switch (link.Partner)
        {
            case WorkerState worker:
                World.Watch.BeforeWorkersMessage(worker, message);
                Machine.Handle(worker, message, World.Now);
                World.Watch.AfterWorkersMessage(worker, message);
                break;
            case NannyState nanny:
                Machine.Handle(nanny, message, World.Now);
                break;
            case ClientState client:
                Handle(client, message);
                break;
            default:
                Register(link, message);
                break;
        }

        World.Watch.Handled();
        MessagePools.Return(message);
    }

    protected override void Tick() => Machine.Tick(World.Now);

    protected override void EndTurn()
    {
        Machine.Settle();
        if (_observer is { } cluster)
        {
            foreach (var happened in _outbox.Happened)
            {
                cluster.Observe(happened);
            }
        }

        _outbox.Flush();
        World.Watch.AfterSchedulersTurn();
    }

    void ISchedulerSink.Send(WorkerState worker, Message message)
    {
        World.Watch.Sent(worker, message);
        World.Tracer.Add(message, worker.Id.Number);
        ((LinkEnd)worker.Connection!).TrySend(message);
    }

    void ISchedulerSink.Send(ClientState client, Message message)
    {
        if (message is Reply reply)
        {
            World.Watch.Replied(reply);
        }

        ((LinkEnd)client.Connection!).TrySend(message);
    }

    void ISchedulerSink.Send(NannyState nanny, Message message)
    {
        World.Watch.Sent(message);
        ((LinkEnd)nanny.Connection!).TrySend(message);
    }

    void ISchedulerSink.Publish(ReadOnlySpan<TaskTransition> transitions) => World.Coverage?.AtScheduler(transitions);

    void ISchedulerSink.Publish(object happened)
    {
        World.Watch.Happened(happened);
        if (happened is RetirementProposed proposed)
        {
            Post(() =>
            {
                if (proposed.Worker.IsMember)
                {
                    Retire(null, 0, WorkerSelector.ById(proposed.Worker.Id), RetirementTerms.Of(null));
                }
            });
        }
    }

    private void Handle(ClientState client, Message message)
    {
        switch (message)
        {
            case RetireRequest retire:
                Retire(client, retire.RequestId, retire.Workers, retire.Terms);
                break;
            case WorkersToCloseRequest toClose:
                ((ISchedulerSink)this).Send(client, new Reply(toClose.RequestId, Machine.WorkersToClose(toClose.Rule, Machine.ValidForDownscaling()), null));
                break;
            default:
                if (message is ReadmitRequest readmit)
                {
                    World.Watch.Readmitted(readmit);
                }

                if (Machine.Handle(client, message, World.Now) is { } violation)
                {
                    throw new SimFailure("protocol", $"a client keeps to the protocol, but: {violation}");
                }

                break;
        }
    }

    private void Retire(ClientState? client, long requestId, WorkerSelector selector, RetirementTerms terms)
    {
        if (Machine.Choose(selector, Machine.ValidForDownscaling()) is not RetirementChoice choice)
        {
            if (client is not null)
            {
                var error = (Exception)Machine.Choose(selector, Machine.ValidForDownscaling());
                ((ISchedulerSink)this).Send(client, new Reply(requestId, null, error));
            }

            return;
        }

        var answers = new Dictionary<WorkerId, PluginAnswer>();
        foreach (var (worker, _) in choice.Rows)
        {
            if (worker is { Retirement: null } && World.Settings.HasPlugins)
            {
                answers[worker.Id] = AskPlugins(worker);
            }
        }

        World.Watch.Retires(choice, terms, answers);
        Machine.Retire(client, requestId, choice, terms, answers, World.Now);
    }

    /// <summary>Plugins may veto, or have something to do first, which takes its time.</summary>
    private PluginAnswer AskPlugins(WorkerState worker)
    {
        if (Dice.Percent(10))
        {
            return new PluginAnswer("a plugin needs it", 0);
        }

        var work = Dice.Below(3);
        for (var i = 0; i < work; i++)
        {
            Post(() => Machine.OnRetirementWorkDone(worker, World.Now), Dice.Milliseconds(0, 30));
        }

        return new PluginAnswer(null, work);
    }

    private void Register(LinkEnd link, Message message)
    {
        switch (message)
        {
            case RegisterWorker registration when Machine.Knock(registration, World.Now) is { } refusal:
                if (refusal.Reason == CloseReason.Refused)
                {
                    World.Watch.Refused(registration.Nanny, registration.Host);
                }

                Refuse(link, refusal);
                break;
            case RegisterNanny registration when Machine.FindRefusal(registration.Id, registration.Host, World.Now) is { } refusal:
                World.Watch.Refused(registration.Id, registration.Host);
                Refuse(link, new RegistrationRefused(CloseReason.Refused, refusal));
                break;
            case RegisterWorker registration:
                link.Partner = Machine.AddWorker(registration, link, World.Now);
                ((SimWorker)link.Other.Owner).Record = (WorkerState)link.Partner;
                break;
            case RegisterNanny registration:
                link.Partner = Machine.AddNanny(registration, link, World.Now);
                World.Watch.NannyCame(registration.Id);
                break;
            case RegisterClient registration:
                link.Partner = Machine.AddClient(registration.Name, link, World.Now);
                break;
            default:
                if (link.End is null) // Otherwise it was refused before this came.
                {
                    throw new SimFailure("protocol", $"who connects says who it is, but {link.Other.Owner.Name} says {message.GetType().Name}");
                }

                break;
        }
    }

    private static void Refuse(LinkEnd link, RegistrationRefused refusal)
    {
        link.TrySend(refusal);
        link.Close(new Disconnect(DisconnectKind.Closed, refusal.Detail));
    }

    private void OnDisconnected(LinkEnd link, Disconnect end)
    {
        World.Tracer.Add("lost", link.Other.Owner.Place, 0);
        switch (link.Partner)
        {
            case WorkerState worker:
                Machine.OnConnectionLost(worker, $"its connection ended without a goodbye: {end}", World.Now);
                break;
            case NannyState nanny:
                Machine.RemoveNanny(nanny, World.Now);
                World.Watch.NannyLeft(nanny.Id);
                break;
            case ClientState client:
                Machine.LoseClient(client, end, World.Now);
                break;
        }
    }
}
