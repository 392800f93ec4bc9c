using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Components;

/// <summary>A client that only asks: of a nanny, or of a cluster.</summary>
internal sealed class SimAsker : SimComponent
{
    private readonly SortedDictionary<long, Action<object?, Exception?>> _open = [];
    private readonly LinkEnd _scheduler;
    private long _requests;

    public SimAsker(World world, ulong place, string name)
        : base(world, name, place)
    {
        _scheduler = world.Network.Connect(this, world.Scheduler).Near;
        _scheduler.TrySend(new RegisterClient(name));
        world.Askers.Add(this);
    }

    public int OpenCount => _open.Count;

    protected override TimeSpan? NextDeadline => null;

    /// <summary>Asks, and is called with the answer or the error; also if the connection ends.</summary>
    public void Ask(Request request, Action<object?, Exception?> answered)
    {
        request.RequestId = ++_requests;
        _open.Add(request.RequestId, answered);
        if (!_scheduler.TrySend(request))
        {
            Post(() => FailAll("it has ended"));
        }
    }

    public void Leave()
    {
        if (IsAlive)
        {
            End(false, new Disconnect(DisconnectKind.Closed, "it closed"));
        }
    }

    protected override void Handle(in Arrival arrival)
    {
        if (arrival.End is { } end)
        {
            FailAll(end.Detail);
        }
        else if (arrival.Message is Reply reply && _open.Remove(reply.RequestId, out var answered))
        {
            answered(reply.Value, reply.Error);
        }
    }

    protected override void EndTurn()
    {
        // It has no machine.
    }

    protected override void Tick() => throw new NotSupportedException("It has no machine.");

    private void FailAll(string detail)
    {
        var open = _open.Values.ToList();
        _open.Clear();
        open.ForEach(answered => answered(null, new ConnectionClosedException(detail)));
    }
}
