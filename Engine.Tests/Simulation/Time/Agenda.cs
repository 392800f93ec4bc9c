using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Time;

/// <summary>Something that happens at its time, and may then be put on the agenda again.</summary>
internal abstract class Happening
{
    /// <summary>Whether it comes again and again by itself (a heartbeat, a deadline that looks), so that nobody has to wait until none is left.</summary>
    public virtual bool IsRecurring => false;

    /// <summary>What it touches: what happens to different groups comes to the same in any order. 0: everything.</summary>
    public abstract ulong Group { get; }

    /// <summary>Whether nothing happens when it does, now and later: it is for somebody who has ended.</summary>
    public abstract bool IsVoid { get; }

    /// <summary>What tells it from other happenings: its content, not the object.</summary>
    public abstract object Content { get; }

    public abstract void Happen();
}

/// <summary>Virtual time: what is due next happens next. Of what is due at the same time the order chooses.</summary>
internal sealed class Agenda(Order order)
{
    private readonly PriorityQueue<Happening, (TimeSpan Due, long Number)> _queue = new();
    private readonly List<Happening> _tied = [];
    private readonly List<long> _tiedNumbers = [];
    private long _number;

    public TimeSpan Now { get; private set; }

    /// <summary>Happenings that don't recur by themselves.</summary>
    public int PendingCount { get; private set; }

    /// <summary>What is to come, in no order.</summary>
    public IEnumerable<(Happening Happening, TimeSpan Due)> Items => _queue.UnorderedItems.Select(static item => (item.Element, item.Priority.Due));

    public void Add(Happening happening, TimeSpan due)
    {
        PendingCount += happening.IsRecurring ? 0 : 1;
        _queue.Enqueue(happening, (due > Now ? due : Now, ++_number));
    }

    /// <param name="delay">From now.</param>
    /// <param name="action">What happens.</param>
    /// <param name="group">What it touches (<see cref="Happening.Group"/>).</param>
    /// <param name="owner">Without whom it changes nothing; null: it does in any case.</param>
    /// <param name="isRecurring">See <see cref="Happening.IsRecurring"/>.</param>
    public void After(TimeSpan delay, Action action, ulong group, SimComponent? owner = null, bool isRecurring = false) =>
        Add(new Once(action, group, owner, isRecurring), Now + delay);

    /// <summary>The next thing happens. False: there is none.</summary>
    public bool TryStep()
    {
        if (!_queue.TryDequeue(out var next, out var place))
        {
            return false;
        }

        Now = place.Due;
        if (_queue.TryPeek(out _, out var second) && second.Due == Now)
        {
            next = ChooseAmongTied(next, place.Number);
        }

        PendingCount -= next.IsRecurring ? 0 : 1;
        order.Takes(next);
        next.Happen();
        return true;
    }

    private Happening ChooseAmongTied(Happening first, long number)
    {
        _tied.Clear();
        _tiedNumbers.Clear();
        _tied.Add(first);
        _tiedNumbers.Add(number);
        while (_queue.TryPeek(out var tied, out var place) && place.Due == Now)
        {
            _queue.Dequeue();
            _tied.Add(tied);
            _tiedNumbers.Add(place.Number);
        }

        var chosen = order.Choose(_tied);
        for (var i = 0; i < _tied.Count; i++)
        {
            if (i != chosen)
            {
                _queue.Enqueue(_tied[i], (Now, _tiedNumbers[i]));
            }
        }

        return _tied[chosen];
    }

    private sealed class Once(Action action, ulong group, SimComponent? owner, bool isRecurring) : Happening
    {
        public override bool IsRecurring => isRecurring;

        public override ulong Group => group;

        public override bool IsVoid => owner is { IsAlive: false };

        public override object Content => action;

        public override void Happen() => action();
    }
}
