using Engine.Clusters.Machine;
using Engine.Collections;
using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Network;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>Something that is done, or goes wrong, at any time from the opening on.</summary>
/// <param name="Name">For people.</param>
/// <param name="Owner">Who does it, or to whom it happens; null: it touches everything.</param>
/// <param name="Happen">What it is.</param>
internal sealed record SmallEvent(string Name, Func<SmallWorld, SimComponent?> Owner, Action<SmallWorld> Happen);

/// <summary>A small world and all that happens in it, in every order.</summary>
/// <param name="Workers">How many: w0, which holds the values, and those that join later.</param>
/// <param name="Events">What happens at any time.</param>
internal sealed record SmallPlan(int Workers, IReadOnlyList<SmallEvent> Events)
{
    /// <summary>Whether w0 has a nanny; the others have none.</summary>
    public bool HasNanny { get; init; } = true;

    /// <summary>How many values w0 holds: three, or one that was computed, in a world that would be too large with three.</summary>
    public int Values { get; init; } = 3;

    /// <summary>For people.</summary>
    public string Name => $"{Workers} workers{(Values == 1 ? " with 1 value" : string.Empty)}{(HasNanny ? string.Empty : " without a nanny")}: {string.Join(", ", Events.Select(static happens => happens.Name))}";

    /// <summary>How long every order counts: as long as anything takes that the events bring about.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromMilliseconds(900);
}

/// <summary>
/// A scheduler, a client and two or three workers. The first holds a scattered value and two that were computed: from it, and from both. Or just one that was computed.
/// </summary>
internal sealed class SmallWorld
{
    private static readonly TimeSpan s_opening = TimeSpan.FromMilliseconds(500);
    private readonly World _world;
    private readonly SmallPlan _plan;
    private readonly EveryOrder _order;
    private readonly bool _isAgain;
    private readonly List<SimHost> _hosts = [];
    private readonly List<SimNode> _nodes = [];

    public SmallWorld(SmallPlan plan, EveryOrder order, bool isAgain)
    {
        (_plan, _order, _isAgain) = (plan, order, isAgain);
        _world = new World(new SimPlan(0, SmallSettings.Value, []), new PlainChooser(order), keepsStory: isAgain);
    }

    public World World => _world;

    public SimClient Client => _world.Clients[0];

    public void Run()
    {
        var agenda = _world.Agenda;
        _order.Begin(_world, _isAgain);
        _world.Clients.Add(new SimClient(_world, 2, 1));
        AddHost(0);
        if (_plan.Values > 1)
        {
            agenda.After(TimeSpan.FromMilliseconds(10), () => Submit(isScattered: true), group: 0);
            agenda.After(TimeSpan.FromMilliseconds(20), () => Submit(isScattered: false), group: 0);
        }

        agenda.After(TimeSpan.FromMilliseconds(25), () => Submit(isScattered: false), group: 0);
        for (var number = 1; number < _plan.Workers; number++)
        {
            var joins = number;
            agenda.After(TimeSpan.FromMilliseconds(20 + (10 * number)), () => AddHost(joins), group: 0);
        }

        agenda.After(s_opening, Open, group: 0);
        agenda.After(s_opening + _plan.Open, _order.Close, group: 0);
        _world.Run(s_opening + _plan.Open);
    }

    public SimHost Host(int number) => _hosts[number];

    /// <summary>The worker of a host; the last one that there was, if none is left.</summary>
    public SimWorker Worker(int number) => _world.Workers.FindLast(worker => worker.Name == $"w{number}")!; // It has joined before the opening.

    /// <summary>A worker's end of its connection to the scheduler; null: it has none.</summary>
    public LinkEnd? LinkOf(int number) => Worker(number).SchedulerLink;

    /// <summary>Submits a function of all that there is.</summary>
    public void Submit(bool isScattered)
    {
        var work = new SimWork(_nodes.Count + 1, 40) { IsScattered = isScattered }.Ready();
        var node = new SimNode(Client.NextKey(), work, 0, [.. _nodes], null);
        var batch = BatchPool<SubmitBatch>.Get();
        batch.First = node.Key;
        batch.Add(work, null);
        foreach (var input in _nodes)
        {
            batch.AddDependency(input.Key);
        }

        _nodes.Add(node);
        _world.Nodes.Add(node.Key, node);
        Client.Hold(node.Key);
        Client.Send(batch);
    }

    private void AddHost(int number)
    {
        var host = new SimHost(_world, 10 + (ulong)number, $"w{number}", number == 0 && _plan.HasNanny, Watchdog.None);
        _hosts.Add(host);
        _world.Hosts.Add(host);
        host.Start();
    }

    private void Open()
    {
        foreach (var happens in _plan.Events)
        {
            _world.Agenda.After(
                TimeSpan.Zero,
                () =>
                {
                    _world.Tracer.Tell($"-- {happens.Name}");
                    happens.Happen(this);
                },
                happens.Owner(this)?.Group ?? 0);
        }

        _order.Open();
    }
}

/// <summary>What small worlds are like: nothing takes time; what is awaited for a time is awaited longer than all else takes.</summary>
internal static class SmallSettings
{
    public static readonly SimSettings Value = new()
    {
        Scheduler = new SchedulerSettings
        {
            Validate = true,
            AllowedFailures = 3,
            TransferLatencySeconds = 1e-5,
            HeartbeatInterval = TimeSpan.FromSeconds(1),
            WorkerTimeToLive = TimeSpan.FromSeconds(10),
            ActiveMemoryInterval = TimeSpan.FromHours(1),
            NannysWordLimit = TimeSpan.FromMilliseconds(600),
            MoveRetryDelay = TimeSpan.FromMilliseconds(5),
            SessionGrace = TimeSpan.Zero,
            UnreachableMax = 3,
            TransitionLogLength = 1 << 9,
        },
        Nanny = new NannySettings
        {
            BackOff = TimeSpan.FromMilliseconds(5),
            BackOffMax = TimeSpan.FromMilliseconds(100),
            KillGrace = TimeSpan.FromMilliseconds(300),
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
            DeathTimeout = TimeSpan.FromMinutes(1),
            RestartsMax = 3,
        },
        Cluster = new SpecClusterSettings { SchedulerAddress = "sim://scheduler", WorkerName = static place => $"s{place}" },
        Latency = TimeSpan.Zero,
        TurnDelayMax = TimeSpan.Zero,
        RunMax = TimeSpan.Zero,
        SilenceMax = TimeSpan.FromMilliseconds(500),
    };
}
