using Engine.Collections;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>The store of a worker of a tiny cluster: carries orders out when and as the seed says, but in order for each key.</summary>
internal sealed class TinyStore(TinyCluster cluster)
{
    private readonly Dictionary<TaskKey, object> _values = [];

    public List<SpillOrder> Orders { get; } = [];

    /// <summary>Values that it keeps.</summary>
    public int Count => _values.Count;

    /// <summary>One in so many writes fails; 0: none.</summary>
    public int WriteFailures { get; set; }

    /// <summary>One in so many reads fails; 0: none.</summary>
    public int ReadFailures { get; set; }

    public void CarryOut(WorkerStateMachine machine, Random random)
    {
        var chosen = Orders[random.Next(Orders.Count)].Key;
        var order = Orders.Find(order => order.Key == chosen);
        Orders.Remove(order);
        cluster.Trace($"{order.Action}", order.Key, order.Number);
        switch (order.Action)
        {
            case SpillAction.Write when Fails(WriteFailures, random):
                machine.OnSpilled(order.Number, null);
                break;
            case SpillAction.Write:
                _values[order.Key] = order.Value!;
                machine.OnSpilled(order.Number, 10 + random.Next(100));
                break;
            case SpillAction.Read:
                if (!_values.TryGetValue(order.Key, out var value))
                {
                    throw new InvariantViolationException($"what is read was written, but {order.Key} was not");
                }

                machine.OnUnspilled(order.Number, Fails(ReadFailures, random) ? null : value);
                break;
            default:
                _values.Remove(order.Key);
                break;
        }
    }

    private static bool Fails(int oneIn, Random random) => oneIn > 0 && random.Next(oneIn) == 0;
}
