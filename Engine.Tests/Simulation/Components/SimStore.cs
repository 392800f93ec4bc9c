using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>A worker's store of spilled values: carries orders out when and as the dice say, in order for each key.</summary>
internal sealed class SimStore(SimWorker worker)
{
    private readonly List<SpillOrder> _orders = [];
    private readonly Dictionary<TaskKey, object> _values = [];

    /// <summary>Values that it keeps.</summary>
    public int Count => _values.Count;

    public int OrderCount => _orders.Count;

    /// <summary>Until when writes and reads fail now and then.</summary>
    public TimeSpan BrokenUntil { get; set; }

    public void Add(in SpillOrder order)
    {
        _orders.Add(order);
        worker.Post(CarryOutOne, worker.Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1)));
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

    private void CarryOutOne()
    {
        if (_orders.Count == 0 || worker.IsClosing)
        {
            return;
        }

        var dice = worker.Dice;
        var chosen = _orders[dice.Below(_orders.Count)].Key;
        var order = _orders.Find(order => order.Key == chosen);
        _orders.Remove(order);
        worker.World.Tracer.Add("store", order.Key, (long)order.Action);
        var fails = worker.World.Now < BrokenUntil && dice.OneIn(2);
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
