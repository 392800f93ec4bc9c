using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>A worker's store of spilled values: carries orders out when and as the dice say, in order for each key.</summary>
internal sealed class SimStore
{
    private readonly List<SpillOrder> _orders = [];
    private readonly Dictionary<TaskKey, object> _values = [];
    private SimWorker _worker;

    public SimStore(SimWorker worker) => _worker = worker;

    /// <summary>Values that it keeps.</summary>
    public int Count => _values.Count;

    public int OrderCount => _orders.Count;

    /// <summary>Until when writes and reads fail now and then.</summary>
    public TimeSpan BrokenUntil { get; set; }

    public void Add(in SpillOrder order)
    {
        _orders.Add(order);
        Plan();
    }

    /// <summary>It is the next incarnation's: what was ordered before is reported to that one.</summary>
    public void MoveTo(SimWorker next)
    {
        _worker = next;
        for (var i = 0; i < _orders.Count; i++)
        {
            Plan();
        }
    }

    /// <summary>Carries all out, without any going wrong; for who reads a value at the end.</summary>
    public void CarryOutAll()
    {
        BrokenUntil = TimeSpan.Zero;
        while (_orders.Count > 0)
        {
            CarryOutOne();
        }
    }

    private void Plan() => _worker.Post(CarryOutOne, _worker.Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1)));

    private void CarryOutOne()
    {
        if (_orders.Count == 0 || _worker is { IsClosing: true, IsAway: false })
        {
            return;
        }

        var worker = _worker;
        var dice = worker.Dice;
        var chosen = _orders[dice.Below(_orders.Count)].Key;
        var order = _orders.Find(order => order.Key == chosen);
        _orders.Remove(order);
        worker.World.Tracer.Add("store", order.Key, (long)order.Action);
        var fails = (worker.World.Now < BrokenUntil && dice.OneIn(2)) || (worker.World.HasBadStores && !worker.World.IsCalm && dice.OneIn(8));
        switch (order.Action)
        {
            case SpillAction.Write when fails:
                worker.Machine!.OnSpilled(order.Number, null);
                break;
            case SpillAction.Write:
                _values[order.Key] = order.Value!;
                worker.Machine!.OnSpilled(order.Number, 10 + dice.Below(100));
                break;
            case SpillAction.Read:
                if (!_values.TryGetValue(order.Key, out var value))
                {
                    throw new SimFailure("store", $"what is read was written, but {order.Key} was not");
                }

                if (fails)
                {
                    worker.World.Watch.CannotRead(order.Key);
                }

                worker.Machine!.OnUnspilled(order.Number, fails ? null : value);
                break;
            default:
                _values.Remove(order.Key);
                break;
        }
    }
}
