using Engine.Plugins.Transports;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation.Network;

/// <summary>One direction of one lane of a connection: everything arrives late, and in order.</summary>
internal sealed class SimLane(SimNetwork network, LinkEnd target, ulong place) : Happening
{
    private readonly Dice _dice = network.Chooser.At(Choice.Delay, place);
    private readonly Queue<(TimeSpan Due, Message? Message, Disconnect? End)> _underway = new();
    private TimeSpan _lastDue;
    private TimeSpan _frozenUntil;
    private bool _isOnAgenda;
    private int _lasting;

    /// <summary>Whether only what recurs is on its way.</summary>
    public override bool IsRecurring => _lasting == 0;

    public override ulong Group => target.Owner.Group;

    public override bool IsVoid => target.IsDeaf;

    public override object Content => this;

    /// <summary>A number that only it has.</summary>
    public ulong Place => place;

    public int Count => _underway.Count;

    public void Send(Message? message, Disconnect? end)
    {
        var due = network.Agenda.Now + network.Delay(_dice);
        _lastDue = due > _lastDue ? due : _lastDue;
        _underway.Enqueue((_lastDue, message, end));
        if (!_isOnAgenda)
        {
            PutOnAgenda();
        }
    }

    public void Freeze(TimeSpan until) => _frozenUntil = until;

    /// <summary>What is on its way is lost.</summary>
    public void Clear() => _underway.Clear();

    public override void Happen()
    {
        _isOnAgenda = false;
        _lasting = 0;
        if (_underway.Count == 0)
        {
            return;
        }

        if (_frozenUntil > network.Agenda.Now)
        {
            PutOnAgenda();
            return;
        }

        var (_, message, end) = _underway.Dequeue();
        if (_underway.Count > 0)
        {
            PutOnAgenda();
        }

        target.Arrive(message, end);
    }

    private void PutOnAgenda()
    {
        var (due, message, _) = _underway.Peek();
        _isOnAgenda = true;
        _lasting = message is { Lane: Lane.Control } ? 0 : 1; // Read before it is on the agenda, and until it has been taken from it.
        network.Agenda.Add(this, due > _frozenUntil ? due : _frozenUntil);
    }
}
