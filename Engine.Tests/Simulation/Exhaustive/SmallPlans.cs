using Engine.Protocol;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>The small worlds that are taken through every order: a retirement, and something that goes wrong.</summary>
internal static class SmallPlans
{
    private static readonly SmallEvent s_retire = Retire(0);
    private static readonly SmallEvent s_leave = new(
        "w0 retires and is left to its host", TheClient, static world => AskToRetire(world, 0, new RetirementOptions { CloseWorkers = false }));

    private static readonly SmallEvent s_pause = new(
        "w1 pauses", static world => world.Worker(1), static world => world.Worker(1).Call(static machine => machine.SetPaused(true)));

    private static readonly SmallEvent s_cut = new(
        "the connection of w0 breaks", static _ => null, static world => world.LinkOf(0)?.Link.Cut(world.Worker(0).Dice, TimeSpan.Zero));

    private static readonly SmallEvent s_restart = new(
        "w0 is restarted", TheClient, static world => world.Client.Ask(new RestartWorkersRequest(WorkerSelector.ByName("w0"), TimeSpan.FromMilliseconds(200), wait: true)));

    private static readonly SmallEvent s_killNanny = new("the nanny of w0 is killed", static world => world.Host(0).Nanny, static world => world.Host(0).Nanny?.Die());

    /// <summary>Those that <c>.ci/run</c> explores.</summary>
    public static IReadOnlyList<SmallPlan> All { get; } =
    [
        Plan(2, s_retire),
        .. Each(2, Kill(1), s_killNanny, LoseHost(0), Heartbeat(0), HoldUpWords(0.1), HoldUpOrders(0.1), s_pause, Retire(1)),
        Plan(2, s_retire, HoldUpWords(20)) with { Open = TimeSpan.FromSeconds(25) },
        Plan(2, s_retire, HoldUpOrders(20)) with { Open = TimeSpan.FromSeconds(25) },
        Plan(2, s_leave, Heartbeat(0)),
        Plan(2, s_leave, LoseHost(0)),
        Plan(2, s_retire, Kill(0)) with { HasNanny = false },
        Plan(2, s_retire, s_cut) with { HasNanny = false },
        Plan(3, s_retire),
        .. Each(3, Kill(1), s_killNanny, LoseHost(0), Heartbeat(0), HoldUpWords(0.1), HoldUpOrders(0.1), s_pause),
        Plan(3, s_retire, Kill(0)) with { HasNanny = false },
        Plan(3, s_leave, LoseHost(0)),
    ];

    /// <summary>Those that take several minutes, or hours, or were never taken to their end: for a night.</summary>
    public static IReadOnlyList<SmallPlan> Large { get; } =
    [
        Plan(2, s_retire, Kill(0)) with { Values = 1 },
        Plan(2, s_retire, s_cut) with { Values = 1 },
        Plan(2, s_retire, s_restart) with { Values = 1 },
        .. Each(2, Kill(0), s_cut, s_restart),
        .. Each(3, Kill(0), s_cut, Retire(1), s_restart),
    ];

    private static IEnumerable<SmallPlan> Each(int workers, params SmallEvent[] faults) => faults.Select(fault => Plan(workers, s_retire, fault));

    private static SmallPlan Plan(int workers, params SmallEvent[] events) => new(workers, events);

    private static SmallEvent Retire(int number) => new($"w{number} retires", TheClient, world => AskToRetire(world, number, null));

    private static SmallEvent Kill(int number) => new($"w{number} is killed", world => world.Worker(number), world => world.Worker(number).Process.Die());

    private static SmallEvent LoseHost(int number) => new($"the host of w{number} is lost", static _ => null, world => world.Host(number).PowerOff());

    private static SmallEvent Heartbeat(int number) => new($"w{number} says that it lives", world => world.Worker(number), world => world.Worker(number).Beat());

    private static SmallEvent HoldUpWords(double seconds) => new(
        $"what w0 says is held up for {seconds} s", static world => world.World.Scheduler, world => world.LinkOf(0)?.Other.Freeze(world.World.Now + TimeSpan.FromSeconds(seconds)));

    private static SmallEvent HoldUpOrders(double seconds) => new(
        $"what w0 is told is held up for {seconds} s", static world => world.Worker(0), world => world.LinkOf(0)?.Freeze(world.World.Now + TimeSpan.FromSeconds(seconds)));

    private static void AskToRetire(SmallWorld world, int number, RetirementOptions? options) =>
        world.Client.Ask(new RetireRequest(WorkerSelector.ByName($"w{number}"), RetirementTerms.Of(options)));

    private static SimClient TheClient(SmallWorld world) => world.Client;
}
