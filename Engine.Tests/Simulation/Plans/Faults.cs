using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Plans;

/// <summary>What goes wrong.</summary>
internal sealed class Faults(World world)
{
    public void Take(Act act, Dice dice)
    {
        switch (act)
        {
            case Act.KillWorker:
                Any(world.Workers, static worker => worker.IsAlive, dice)?.Process.Die();
                break;
            case Act.KillNanny:
                Any(world.Nannies, static nanny => nanny.IsAlive, dice)?.Die();
                break;
            case Act.LoseHost:
                Any(world.Hosts, static host => host.IsUp, dice)?.PowerOff();
                break;
            case Act.CutLink:
                AnyMembersLink(dice)?.Link.Cut(dice, TimeSpan.FromMilliseconds(2));
                break;
            case Act.SilenceLink:
                AnyMembersLink(dice)?.Link.Cut(dice, world.Settings.SilenceMax);
                break;
            case Act.FreezeLink:
                AnyLink(dice)?.Freeze(world.Now + Long(dice));
                break;
            case Act.SlowNetwork:
                world.Network.SlowDown(dice.Milliseconds(1, 30));
                break;
            case Act.StopWorker:
                Any(world.Workers, static worker => worker.IsAlive, dice)?.Process.Stop(Long(dice));
                break;
            case Act.StopNanny:
                Any(world.Nannies, static nanny => nanny.IsAlive, dice)?.Stop(Long(dice));
                break;
            case Act.StopScheduler:
                world.Scheduler.Stop(dice.Milliseconds(1, 100));
                break;
            default:
                Last(act, dice);
                break;
        }
    }

    /// <summary>From now on nothing goes wrong, and what stands still goes on.</summary>
    public void Heal()
    {
        world.StartsFailUntil = TimeSpan.Zero;
        world.Scheduler.Continue();
        world.Nannies.ForEach(static nanny => nanny.Continue());
        foreach (var worker in world.Workers)
        {
            worker.Continue();
            worker.Store.BrokenUntil = TimeSpan.Zero;
            worker.Call(static machine => machine.SetPaused(false));
        }

        if (world.Cluster is { } cluster)
        {
            cluster.KillsLateUntil = TimeSpan.Zero;
            cluster.Adapt(false);
        }
    }

    private void Last(Act act, Dice dice)
    {
        var until = world.Now + dice.Milliseconds(5, 60);
        switch (act)
        {
            case Act.ExceedMemory when Any(world.Nannies, static nanny => nanny is { IsAlive: true, Worker: not null }, dice) is { } nanny:
                nanny.Post(nanny.ExceedMemory);
                break;
            case Act.BreakStore when Any(world.Workers, static worker => worker.IsAlive, dice) is { } worker:
                worker.Store.BrokenUntil = until;
                break;
            case Act.FailStarts:
                world.StartsFailUntil = until;
                break;
            case Act.KillLate when world.Cluster is { } cluster:
                cluster.KillsLateUntil = until;
                break;
        }
    }

    /// <summary>Often the connection that makes a worker a member: one that breaks has it come back.</summary>
    private LinkEnd? AnyMembersLink(Dice dice) => dice.OneIn(2)
        ? Any(world.Workers, static worker => worker.SchedulerLink is { Link.IsOpen: true }, dice)?.SchedulerLink
        : AnyLink(dice);

    /// <summary>An end of a connection of a worker or a nanny: to the scheduler, or to a peer.</summary>
    private LinkEnd? AnyLink(Dice dice)
    {
        var ends = world.Workers.SelectMany(static worker => worker.Links)
            .Concat(world.Nannies.SelectMany(static nanny => nanny.Links))
            .Where(static end => end.Link.IsOpen)
            .ToList();
        return ends.Count == 0 ? null : dice.OneIn(2) ? dice.Of(ends) : dice.Of(ends).Other;
    }

    /// <summary>A short time, or one that is longer than workers may be silent.</summary>
    private static TimeSpan Long(Dice dice) => dice.OneIn(3) ? dice.Milliseconds(300, 3000) : dice.Milliseconds(1, 50);

    private static T? Any<T>(List<T> all, Predicate<T> condition, Dice dice)
        where T : class => all.FindAll(condition) is { Count: > 0 } some ? dice.Of(some) : null;
}
