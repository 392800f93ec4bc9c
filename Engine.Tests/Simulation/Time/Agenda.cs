using Engine.Tests.Simulation.Chance;

namespace Engine.Tests.Simulation.Time;

/// <summary>Something that happens at its time, and may then be put on the agenda again.</summary>
internal abstract class Happening
{
    /// <summary>Whether it comes again and again by itself (a heartbeat, a deadline that looks), so that nobody has to wait until none is left.</summary>
    public virtual bool IsRecurring => false;

    public abstract void Happen();
}

/// <summary>Virtual time: what is due next happens next. Of what is due at the same time the dice choose.</summary>
internal sealed class Agenda(Dice order)
{
    private readonly PriorityQueue<Happening, (TimeSpan Due, long Number)> _queue = new();
    private readonly List<(Happening Happening, long Number)> _tied = [];
    private long _number;

    public TimeSpan Now { get; private set; }

    /// <summary>Happenings that don't recur by themselves.</summary>
    public int PendingCount { get; private set; }

    public void Add(Happening happening, TimeSpan due)
    {
        PendingCount += happening.IsRecurring ? 0 : 1;
        _queue.Enqueue(happening, (due > Now ? due : Now, ++_number));
    }

    public void After(TimeSpan delay, Action action, bool isRecurring = false) => Add(new Once(action, isRecurring), Now + delay);

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
        next.Happen();
        return true;
    }

    private Happening ChooseAmongTied(Happening first, long number)
    {
        _tied.Clear();
        _tied.Add((first, number));
        while (_queue.TryPeek(out var tied, out var place) && place.Due == Now)
        {
            _queue.Dequeue();
            _tied.Add((tied, place.Number));
        }

        var chosen = order.Below(_tied.Count);
        for (var i = 0; i < _tied.Count; i++)
        {
            if (i != chosen)
            {
                _queue.Enqueue(_tied[i].Happening, (Now, _tied[i].Number));
            }
        }

        return _tied[chosen].Happening;
    }

    private sealed class Once(Action action, bool isRecurring) : Happening
    {
        public override bool IsRecurring => isRecurring;

        public override void Happen() => action();
    }
}
