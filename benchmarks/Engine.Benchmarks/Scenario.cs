namespace Engine.Benchmarks;

/// <summary>The shape of the work. Every contender writes it in the form that is natural to it.</summary>
internal enum Shape
{
    Submit,
    Map,
    Tree,
    Chain,
    FanOut,
    RoundTrip,
    LargeValue,
    Start,
    Retire,
    Shrink,
}

/// <summary>What one repetition is measured for.</summary>
internal enum Quantity
{
    Time,
    Latency,
    Memory,
    Allocation,
    Transfer,
    Lifecycle,
}

/// <summary>One line of work that all contenders do in turn.</summary>
/// <param name="Name">As typed on the command line.</param>
/// <param name="Shape">The shape of the work.</param>
/// <param name="Quantity">What is measured.</param>
/// <param name="Size">Independent tasks, leaves, hops, readers, round trips, bytes or processes.</param>
internal sealed record Scenario(string Name, Shape Shape, Quantity Quantity, int Size)
{
    /// <summary>
    /// Whether each repetition starts its contender itself: pools that an earlier repetition filled would hide bytes, and a start is what
    /// is measured.
    /// </summary>
    public bool IsFresh => Quantity is Quantity.Memory or Quantity.Lifecycle;

    /// <summary>The number of tasks by which a total is divided.</summary>
    public int TaskCount => Shape == Shape.Tree ? (2 * Size) - 1 : Size;
}
