using Engine.Plugins.Transports;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Network;
using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation.Components;

/// <summary>Something that arrived at a component: a message or the end of a connection, or a call of its own.</summary>
internal readonly record struct Arrival(LinkEnd? Link, Message? Message, Disconnect? End, Action? Own);

/// <summary>
/// A process, or a part of one: what a shell is in a running cluster. It takes what has arrived in turns, control before data, and may be
/// late with that, or stand still.
/// </summary>
internal abstract class SimComponent
{
    private const int ArrivalsPerTurn = 64;
    private readonly Queue<Arrival> _control = new();
    private readonly Queue<Arrival> _data = new();
    private readonly Dice _pace;
    private ulong _places;
    private TimeSpan _stoppedUntil;
    private TimeSpan? _armedFor;
    private bool _isTurnDue;
    private bool _isInTurn;

    protected SimComponent(World world, string name, ulong place)
    {
        (World, Name, Place) = (world, name, place);
        _pace = world.Chooser.At(Choice.Delay, place);
        Dice = world.Chooser.At(Choice.Outcome, place);
    }

    public World World { get; }

    public string Name { get; }

    /// <summary>A number that only it has, whatever else is in the world.</summary>
    public ulong Place { get; }

    /// <summary>Components that look at each other without a message are one group (<see cref="Happening.Group"/>).</summary>
    public virtual ulong Group => Place;

    public Dice Dice { get; }

    /// <summary>Whether its process is there.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Its ends of connections that it takes for open.</summary>
    public List<LinkEnd> Links { get; } = [];

    /// <summary>What has arrived and was not taken yet.</summary>
    public int MailboxCount => _control.Count + _data.Count;

    public bool IsStopped => World.Now < _stoppedUntil;

    /// <summary>Whether it has something to do that doesn't come by itself again and again.</summary>
    public bool IsBusy => IsAlive && _data.Count > 0;

    /// <summary>When its machine has something to do; null: never.</summary>
    protected abstract TimeSpan? NextDeadline { get; }

    public ulong NextPlace() => SplitMix.Mix(Place, ++_places);

    public void Receive(in Arrival arrival)
    {
        if (IsAlive)
        {
            (arrival.Message is { Lane: Lane.Control } ? _control : _data).Enqueue(arrival);
            Awake();
        }
    }

    /// <summary>Has it do something in a turn of its own, at once or later.</summary>
    /// <param name="own">What.</param>
    /// <param name="delay">How much later.</param>
    /// <param name="touchesAll">Whether it looks at what others do without a message, or changes it.</param>
    public void Post(Action own, TimeSpan delay = default, bool touchesAll = false) =>
        World.Agenda.After(delay, () => Receive(new Arrival(null, null, null, own)), touchesAll ? 0 : Group, this);

    /// <summary>Its process stands still: it neither takes nor says anything.</summary>
    public void Stop(TimeSpan time)
    {
        var until = World.Now + time;
        _stoppedUntil = until > _stoppedUntil ? until : _stoppedUntil;
    }

    public void Continue() => _stoppedUntil = TimeSpan.Zero;

    /// <summary>Its process ends. The system closes what it had open, behind what was sent; or nobody hears anything, if its host is gone.</summary>
    public virtual void End(bool isHostGone, Disconnect reason)
    {
        IsAlive = false;
        foreach (var link in Links.ToList())
        {
            if (isHostGone)
            {
                link.Link.Cut(Dice, World.Settings.SilenceMax);
            }
            else
            {
                link.Close(reason);
            }
        }

        Links.Clear();
        _control.Clear();
        _data.Clear();
    }

    protected abstract void Handle(in Arrival arrival);

    /// <summary>The turn is over: the machine settles, its instructions are carried out, what must hold is looked at.</summary>
    protected abstract void EndTurn();

    protected abstract void Tick();

    private void Awake()
    {
        if (_isTurnDue || _isInTurn)
        {
            return;
        }

        var delay = _pace.OneIn(4) ? _pace.Between(TimeSpan.Zero, World.Settings.TurnDelayMax) : TimeSpan.Zero;
        if (delay == TimeSpan.Zero && !IsStopped)
        {
            TakeTurn();
        }
        else
        {
            PlanTurn(delay);
        }
    }

    private void PlanTurn(TimeSpan delay)
    {
        _isTurnDue = true;
        var due = World.Now + delay;
        World.Agenda.After((due > _stoppedUntil ? due : _stoppedUntil) - World.Now, TakePlannedTurn, Group, this);
    }

    private void TakePlannedTurn()
    {
        _isTurnDue = false;
        if (IsStopped && IsAlive)
        {
            PlanTurn(TimeSpan.Zero);
        }
        else
        {
            TakeTurn();
        }
    }

    private void TakeTurn()
    {
        _isInTurn = true;
        for (var taken = 0; IsAlive && taken < ArrivalsPerTurn && (_control.TryDequeue(out var arrival) || _data.TryDequeue(out arrival)); taken++)
        {
            Take(arrival);
        }

        FinishTurn();
    }

    private void Take(in Arrival arrival)
    {
        if (arrival.Own is { } own)
        {
            own();
        }
        else
        {
            Handle(arrival);
        }
    }

    private void FinishTurn()
    {
        if (IsAlive)
        {
            EndTurn();
            ArmDeadline();
        }

        _isInTurn = false;
        if (IsAlive && _control.Count + _data.Count > 0)
        {
            PlanTurn(TimeSpan.Zero);
        }
    }

    private void ArmDeadline()
    {
        if (NextDeadline is { } deadline && deadline != _armedFor)
        {
            _armedFor = deadline;
            World.Agenda.After(deadline > World.Now ? deadline - World.Now : TimeSpan.Zero, () => OnDeadline(deadline), Group, this, isRecurring: true);
        }
    }

    private void OnDeadline(TimeSpan deadline)
    {
        if (_armedFor != deadline || !IsAlive)
        {
            return;
        }

        if (IsStopped)
        {
            World.Agenda.After(_stoppedUntil - World.Now, () => OnDeadline(deadline), Group, this, isRecurring: true);
            return;
        }

        _armedFor = null;
        _isInTurn = true;
        Tick();
        FinishTurn();
    }
}
