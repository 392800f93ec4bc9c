using Engine.Plugins.Transports;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Network;

/// <summary>A connection between two components.</summary>
internal sealed class SimLink
{
    private readonly SimNetwork _network;
    private bool _isSilent;

    public SimLink(SimNetwork network, SimComponent near, SimComponent far, ulong place)
    {
        _network = network;
        (Near, Far) = (new LinkEnd(this, near), new LinkEnd(this, far));
        Near.Connect(Far, network, place);
        Far.Connect(Near, network, place + 1);
    }

    /// <summary>The end of who connected.</summary>
    public LinkEnd Near { get; }

    public LinkEnd Far { get; }

    public bool IsOpen => Near.End is null && Far.End is null && !_isSilent;

    /// <summary>Whether what is sent gets nowhere any more, and nobody knows yet.</summary>
    public bool IsSilent => _isSilent;

    /// <summary>It breaks: what is on its way is lost, and both ends hear of it, each in its time.</summary>
    public void Cut(Dice dice, TimeSpan heardWithin)
    {
        if (_isSilent || !IsOpen)
        {
            return;
        }

        _isSilent = true;
        foreach (var end in (LinkEnd[])[Near, Far])
        {
            end.Lose();
            var broken = new Disconnect(DisconnectKind.Aborted, "the network broke it");
            _network.Agenda.After(dice.Between(TimeSpan.FromMicroseconds(1), heardWithin), () => end.Arrive(null, broken), end.Owner.Group, end.Owner);
        }
    }
}

/// <summary>A component's end of a connection.</summary>
internal sealed class LinkEnd(SimLink link, SimComponent owner) : IConnection
{
    private LinkEnd _other = null!; // Set by Connect, before anybody sees it.
    private SimLane _data = null!;
    private SimLane _control = null!;

    public SimComponent Owner => owner;

    /// <summary>A number that only it has.</summary>
    public ulong Place => _data.Place;

    public SimLink Link => link;

    public LinkEnd Other => _other;

    /// <summary>What its owner knows of who is at the other end.</summary>
    public object? Partner { get; set; }

    public Disconnect? End { get; private set; }

    /// <summary>Whether nothing arrives here any more.</summary>
    public bool IsDeaf => End is not null || !owner.IsAlive;

    /// <summary>Messages on their way here.</summary>
    public int UnderwayCount => _data.Count + _control.Count;

    string IConnection.PeerAddress => _other.Owner.Name;

    ComponentIdentity IConnection.Peer => default;

    public void Connect(LinkEnd other, SimNetwork network, ulong place)
    {
        _other = other;
        _data = new SimLane(network, this, place);
        _control = new SimLane(network, this, place + 2);
        owner.Links.Add(this);
    }

    public bool TrySend(Message message)
    {
        if (End is not null)
        {
            return false;
        }

        if (!link.IsSilent)
        {
            (message.Lane == Lane.Control ? _other._control : _other._data).Send(message, null);
        }

        return true;
    }

    /// <summary>Ends it from here. The other end hears of it behind what it was sent before.</summary>
    public void Close(Disconnect reason)
    {
        if (End is null)
        {
            End = reason;
            owner.Links.Remove(this);
            if (!link.IsSilent)
            {
                _other._data.Send(null, reason);
            }
        }
    }

    /// <summary>What comes here is held up until a time, the other direction goes on.</summary>
    public void Freeze(TimeSpan until)
    {
        _data.Freeze(until);
        _control.Freeze(until);
    }

    /// <summary>What is on its way here is lost.</summary>
    public void Lose()
    {
        _data.Clear();
        _control.Clear();
    }

    public void Arrive(Message? message, Disconnect? end)
    {
        if (IsDeaf)
        {
            return;
        }

        if (end is not null)
        {
            End = end;
            owner.Links.Remove(this);
        }

        owner.Receive(new Arrival(this, message, end, null));
    }
}
