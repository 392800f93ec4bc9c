using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Invariants;
using Engine.Tests.Simulation.Network;
using Engine.Tests.Simulation.Plans;
using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation;

/// <summary>
/// A whole cluster on one thread, in virtual time: the production machines of scheduler, workers, nannies, clients, cluster and adaptive
/// scaling, on a network and on hosts that are simulated. What is open the chooser decides; after every step all that must hold is looked at.
/// </summary>
/// <remarks>Files: Ending (how a schedule ends, and what must hold then).</remarks>
internal sealed partial class World
{
    private readonly SimPlan _plan;
    private readonly Workload _workload;
    private readonly Steering _steering;
    private readonly Faults _faults;
    private int _stepsLeft;

    public World(SimPlan plan, IChooser chooser, Coverage? coverage = null, bool keepsStory = false)
    {
        (_plan, Chooser, Coverage) = (plan, chooser, coverage);
        Agenda = new Agenda(chooser.Order);
        Tracer = new Tracer(this, keepsStory);
        Network = new SimNetwork(Agenda, chooser, plan.Settings);
        Watch = new Watch(this);
        Scheduler = new SimScheduler(this);
        _workload = new Workload(this);
        _steering = new Steering(this);
        _faults = new Faults(this);
        _stepsLeft = plan.Steps.Count;
        HasBadStores = chooser.At(Choice.Outcome, 0xE3).OneIn(4);
    }

    public SimSettings Settings => _plan.Settings;

    public IChooser Chooser { get; }

    public Agenda Agenda { get; }

    public SimNetwork Network { get; }

    public Tracer Tracer { get; }

    public Coverage? Coverage { get; }

    public Watch Watch { get; }

    public SimScheduler Scheduler { get; }

    /// <summary>All worker processes that there were, in the order of their starts.</summary>
    public List<SimWorker> Workers { get; } = [];

    public List<SimNanny> Nannies { get; } = [];

    public List<SimHost> Hosts { get; } = [];

    public List<SimClient> Clients { get; } = [];

    public List<SimAsker> Askers { get; } = [];

    public SimCluster? Cluster { get; set; }

    /// <summary>What the test knows of the tasks, by their keys.</summary>
    public Dictionary<TaskKey, SimNode> Nodes { get; } = [];

    /// <summary>Who listens where.</summary>
    public Dictionary<string, SimWorker> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether stores of workers fail now and then, until nothing goes wrong any more.</summary>
    public bool HasBadStores { get; }

    /// <summary>Until when starts fail now and then.</summary>
    public TimeSpan StartsFailUntil { get; set; }

    public TimeSpan Now => Agenda.Now;

    public int StepCount { get; private set; }

    /// <summary>Runs the plan to its end, lets all come to rest, looks at it, gives everything up, and looks again.</summary>
    /// <param name="atLeast">How long it goes on before all comes to rest, if the plan is shorter.</param>
    /// <exception cref="SimFailure">Something that must hold did not.</exception>
    public void Run(TimeSpan atLeast = default)
    {
        foreach (var step in _plan.Steps)
        {
            Agenda.After(step.At, () => Take(step), group: 0);
        }

        while (_stepsLeft > 0 || Now < atLeast)
        {
            Step();
        }

        End();
    }

    /// <summary>An address that nobody listens at; maybe one that somebody had before.</summary>
    public string FreeAddress(Dice dice)
    {
        for (var number = dice.Below(Settings.Addresses); ; number++)
        {
            var address = AddressOf(number);
            if (!Addresses.ContainsKey(address))
            {
                return address;
            }
        }
    }

    /// <summary>The first incarnation that came back as this one, or as the one before it if this one never heard that it was let in; null: none did.</summary>
    /// <param name="id">Whose next one.</param>
    /// <param name="isLetIn">Whether only those count that were let in.</param>
    public SimWorker? FindNext(WorkerId id, bool isLetIn)
    {
        var place = Workers.FindIndex(worker => worker.Id == id);
        return place < 0 ? null : Workers.Skip(place + 1).FirstOrDefault(next =>
            next.After is { } after && (after == id || after == Workers[place].After) && (next.Record is not null || !isLetIn));
    }

    /// <summary>Who has a number, for people.</summary>
    public string NameOf(ulong place) =>
        Workers.Find(worker => worker.Place == place) is { } worker ? $"{worker.Name}({worker.Id})"
        : Nannies.Find(nanny => nanny.Place == place) is { } nanny ? nanny.Name
        : Clients.Find(client => client.Place == place) is { } client ? client.Name
        : place == Scheduler.Place ? "scheduler"
        : Nodes.ContainsKey(TaskKey.FromValue(place)) ? $"{TaskKey.FromValue(place)}"
        : $"{place}";

    private static readonly string[] s_addresses = [.. Enumerable.Range(0, 64).Select(static number => $"sim://{number}")];

    private static string AddressOf(int number) => number < s_addresses.Length ? s_addresses[number] : $"sim://{number}";

    private void Step()
    {
        if (!Agenda.TryStep())
        {
            throw new SimFailure("I6", $"something comes next, but nothing does: {DescribeUnrest()}");
        }

        StepCount++;
        Watch.AfterStep();
    }

    private void Take(PlanStep step)
    {
        _stepsLeft--;
        Tracer.Add("step", (ulong)step.Number, (ulong)step.Act);
        Tracer.Tell($"-- {step}");
        Coverage?.Acted(step.Act);
        var dice = Chooser.At(Choice.Plan, (ulong)step.Number + 1);
        var place = SplitMix.Mix(7, (ulong)step.Number);
        if (step.IsFault)
        {
            _faults.Take(step.Act, dice);
        }
        else if (step.Act is >= Act.Submit and <= Act.CloseClient)
        {
            _workload.Take(step.Act, dice);
        }
        else
        {
            _steering.Take(step.Act, dice, place);
        }
    }
}
