using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation.Chance;

/// <summary>Decides what comes first of what is due at the same time.</summary>
internal abstract class Order
{
    /// <summary>Which comes next.</summary>
    /// <param name="tied">Two at least, in the order in which they were put on the agenda.</param>
    public abstract int Choose(IReadOnlyList<Happening> tied);

    /// <summary>Something is about to happen.</summary>
    public virtual void Takes(Happening happening)
    {
        // Who only throws dice needn't know.
    }
}

/// <summary>Leaves it to dice.</summary>
internal sealed class SeededOrder(Dice dice) : Order
{
    public override int Choose(IReadOnlyList<Happening> tied) => dice.Below(tied.Count);
}
