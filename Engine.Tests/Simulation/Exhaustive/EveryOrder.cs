using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Invariants;
using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>
/// Takes what is due at the same time in every order, one order in each run, depth first. A state is gone on from once, however it is reached
/// (<see cref="StateHash"/>). Two happenings of different groups come to the same in either order, so what was tried before, and is touched by
/// nothing since, sleeps.
/// </summary>
/// <remarks>
/// Sleep sets, also with states that are remembered: P. Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems" (1996),
/// chapters 5 and 6. They leave out transitions and no state, so what must hold in every state is looked at in every state.
/// </remarks>
/// <param name="sleeps">False: nothing sleeps, so that each state is left in every way.</param>
internal sealed class EveryOrder(bool sleeps) : Order
{
    private const int ChoicesMax = 300;
    private readonly Dictionary<ulong, Transition[]> _asleepAt = [];
    private readonly HashSet<ulong> _ends = [];
    private readonly List<Node> _path = [];
    private readonly List<Transition> _sleep = [];
    private readonly StateHash _hash = new();
    private World? _world;
    private int _depth;
    private bool _isOpen;
    private bool _isAgain;

    /// <summary>Different states in which several things can come next.</summary>
    public int StateCount => _asleepAt.Count;

    /// <summary>Different states in which all that follows from the events has happened.</summary>
    public int EndCount => _ends.Count;

    /// <summary>A run begins: the one that was prepared last, which is the first that there is if none was.</summary>
    /// <param name="world">What runs.</param>
    /// <param name="again">Whether it has been run before, and is run to its end once more.</param>
    public void Begin(World world, bool again = false)
    {
        _sleep.Clear();
        (_world, _isAgain, _depth, _isOpen) = (world, again, 0, false);
    }

    /// <summary>Prepares the next run. False: there is no other order.</summary>
    public bool Advance()
    {
        while (_path.Count > 0)
        {
            var node = _path[^1];
            node.Done.Add(node.Todo[^1]);
            node.Todo.RemoveAt(node.Todo.Count - 1);
            if (node.Todo.Count > 0)
            {
                return true;
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return false;
    }

    /// <summary>From now on every order counts.</summary>
    public void Open() => _isOpen = true;

    /// <summary>From now on one order will do.</summary>
    /// <exception cref="BeenHereException">This end was reached before.</exception>
    public void Close()
    {
        if (!_ends.Add(StateWith([])) && !_isAgain)
        {
            throw new BeenHereException();
        }

        _sleep.Clear();
        _isOpen = false;
    }

    public override void Takes(Happening happening)
    {
        if (_sleep.Count == 0)
        {
            return;
        }

        if (_sleep.Exists(TransitionOf(happening).Is))
        {
            throw new BeenHereException();
        }

        _sleep.RemoveAll(transition => transition.Group == happening.Group || transition.Group == 0 || happening.Group == 0);
    }

    public override int Choose(IReadOnlyList<Happening> tied)
    {
        if (!_isOpen)
        {
            return 0;
        }

        for (var place = 0; place < tied.Count; place++)
        {
            if (tied[place].IsVoid)
            {
                return place;
            }
        }

        if (_depth == _path.Count)
        {
            Watch.Require("I6", _depth < ChoicesMax, $"all comes to rest, but after {_depth} choices, and before anything else had its turn, there is more and more to do");
            _path.Add(Visit(tied));
        }

        var node = _path[_depth++];
        var next = node.Todo[^1];
        _sleep.Clear();
        if (sleeps)
        {
            _sleep.AddRange(node.Sleep);
            _sleep.AddRange(node.Done);
        }

        return next.Place < tied.Count && tied[next.Place].Group == next.Group
            ? next.Place
            : throw new InvalidOperationException("A run takes another course than the one before, up to where they part: something is left to chance.");
    }

    private Node Visit(IReadOnlyList<Happening> tied)
    {
        var state = StateWith(tied);
        var todo = new List<Transition>();
        var isKnown = _asleepAt.TryGetValue(state, out var slept);
        for (var place = 0; place < tied.Count; place++)
        {
            var transition = TransitionOf(tied[place], place);
            if (!_sleep.Exists(transition.Is) && !todo.Exists(transition.Is) && (!isKnown || Array.Exists(slept!, transition.Is)))
            {
                todo.Add(transition);
            }
        }

        Transition[] sleep = isKnown ? [.. _sleep.Where(transition => Array.Exists(slept!, transition.Is))] : [.. _sleep];
        _asleepAt[state] = sleep;
        return todo.Count > 0 ? new Node(sleep, todo) : throw new BeenHereException();
    }

    private Transition TransitionOf(Happening happening, int place = -1) =>
        new(SplitMix.Mix(happening.Group, _hash.Of(happening.Content, StateParts.Leaf)), happening.Group, place);

    /// <summary>The whole world, and what is to come.</summary>
    private ulong StateWith(IReadOnlyList<Happening> tied)
    {
        var state = _hash.Of(_world!, StateParts.LeafOfWorld); // It has begun.
        var agenda = _world!.Agenda;
        foreach (var (happening, due) in agenda.Items)
        {
            state = unchecked(state + SplitMix.Mix(TransitionOf(happening).Id, (ulong)due.Ticks));
        }

        foreach (var happening in tied)
        {
            state = unchecked(state + SplitMix.Mix(TransitionOf(happening).Id, (ulong)agenda.Now.Ticks));
        }

        return state;
    }

    /// <param name="Id">What it is: its content.</param>
    /// <param name="Group">What it touches.</param>
    /// <param name="Place">Its place among what was due with it.</param>
    private readonly record struct Transition(ulong Id, ulong Group, int Place)
    {
        public bool Is(Transition other) => Id == other.Id;
    }

    private sealed class Node(Transition[] sleep, List<Transition> todo)
    {
        public Transition[] Sleep => sleep;

        /// <summary>What comes next in turn; the last first.</summary>
        public List<Transition> Todo => todo;

        public List<Transition> Done { get; } = [];
    }
}

/// <summary>What would follow has been seen.</summary>
internal sealed class BeenHereException : Exception;
