using Engine.Protocol;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Plans;

/// <summary>Who joins, and what those who look after a cluster do with its workers; several of them at the same time.</summary>
internal sealed class Steering(World world)
{
    public void Take(Act act, Dice dice, ulong place)
    {
        switch (act)
        {
            case Act.AddClient:
                world.Clients.Add(new SimClient(world, place, world.Clients.Count + 1));
                break;
            case Act.AddWorker:
                AddHost(place, hasNanny: false, Watchdog.None);
                break;
            case Act.AddNanny:
                AddHost(place, hasNanny: true, Watchdog.None);
                break;
            case Act.AddWatchedWorker:
                AddHost(place, hasNanny: false, dice.OneIn(2) ? Watchdog.Attentive : Watchdog.Stubborn);
                break;
            case Act.AddWatchedNanny:
                AddHost(place, hasNanny: true, dice.OneIn(2) ? Watchdog.Attentive : Watchdog.Stubborn);
                break;
            case Act.MakeCluster when world.Cluster is null:
                world.Cluster = new SimCluster(world, place);
                world.Cluster.Scale(1 + dice.Below(3), null);
                break;
            case Act.Scale when world.Cluster is { } cluster:
                cluster.Scale(dice.Below(5), dice.OneIn(2) ? null : Options(dice));
                break;
            case Act.Adapt when world.Cluster is { } cluster:
                cluster.Adapt(dice.Percent(75));
                break;
            case Act.Pause or Act.Resume or Act.CloseWorker:
                OneWorker(act, dice);
                break;
            default:
                Ask(act, dice);
                break;
        }
    }

    /// <summary>A host joins that needn't come again.</summary>
    public void AddHost(ulong place, bool hasNanny, Watchdog watchdog)
    {
        var host = new SimHost(world, place, null, hasNanny, watchdog);
        world.Hosts.Add(host);
        host.Start();
    }

    private void OneWorker(Act act, Dice dice)
    {
        var workers = world.Workers.FindAll(static worker => worker is { IsAlive: true, IsClosing: false, Machine: not null });
        if (workers.Count == 0)
        {
            return;
        }

        var worker = dice.Of(workers);
        if (act == Act.CloseWorker)
        {
            worker.Post(() => worker.Close(CloseReason.UserRequest, "its user wants it"));
        }
        else
        {
            worker.Call(machine => machine.SetPaused(act == Act.Pause));
        }
    }

    private void Ask(Act act, Dice dice)
    {
        var clients = world.Clients.FindAll(static client => client is { IsAlive: true, IsRegistered: true });
        if (clients.Count == 0)
        {
            return;
        }

        var client = dice.Of(clients);
        var members = world.Scheduler.Machine.Workers.ToList();
        switch (act)
        {
            case Act.Retire when members.Count > 0:
                var ids = members.Where(_ => dice.Percent(60)).Select(static worker => worker.Id).DefaultIfEmpty(members[0].Id).ToList();
                client.Ask(new RetireRequest(dice.OneIn(4) ? WorkerSelector.ByName(dice.Of(members).Address.Name) : WorkerSelector.ById(ids), RetirementTerms.Of(Options(dice))));
                break;
            case Act.RetireByCount:
                client.Ask(new RetireRequest(WorkerSelector.ByCount(1 + dice.Below(2)), RetirementTerms.Of(Options(dice))));
                break;
            case Act.RestartWorkers when members.FindAll(static worker => worker.Nanny is not null) is { Count: > 0 } nannied:
                client.Ask(new RestartWorkersRequest(WorkerSelector.ById(dice.Of(nannied).Id), TimeSpan.FromMilliseconds(200), wait: dice.OneIn(2)));
                break;
            case Act.RestartAll:
                client.Ask(new RestartRequest(TimeSpan.FromMilliseconds(200), wait: dice.OneIn(2)));
                break;
            case Act.Readmit:
                Readmit(client, dice);
                break;
            case Act.Rebalance:
                client.Ask(new ActiveMemoryRequest(dice.OneIn(3) ? ActiveMemoryCommand.AddRebalance : ActiveMemoryCommand.RunOnce));
                break;
        }
    }

    private void Readmit(SimClient client, Dice dice)
    {
        if (dice.OneIn(2) && world.Nannies.Count > 0)
        {
            client.Ask(new ReadmitRequest(dice.Of(world.Nannies).Id, null));
        }
        else if (world.Hosts.FindAll(static host => host.Label is not null) is { Count: > 0 } labelled)
        {
            client.Ask(new ReadmitRequest(null, dice.Of(labelled).Label));
        }
    }

    private static RetirementOptions Options(Dice dice) => new()
    {
        Deadline = dice.OneIn(3) ? TimeSpan.FromMilliseconds(dice.Below(40)) : null,
        RunningTasks = dice.OneIn(4) ? RunningTasks.Interrupt : RunningTasks.WaitFor,
        OnDeadline = dice.OneIn(3) ? OnDeadline.GiveUp : OnDeadline.Abort,
        CloseWorkers = !dice.OneIn(4),
    };
}
