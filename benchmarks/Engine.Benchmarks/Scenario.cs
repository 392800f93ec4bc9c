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
}

/// <summary>What one repetition is measured for.</summary>
internal enum Quantity
{
    Time,
    Latency,
    Memory,
    Allocation,
}

/// <summary>One line of work that all contenders do in turn.</summary>
/// <param name="Name">As typed on the command line.</param>
/// <param name="Shape">The shape of the work.</param>
/// <param name="Quantity">What is measured.</param>
/// <param name="Size">Independent tasks, leaves, hops, readers or round trips.</param>
internal sealed record Scenario(string Name, Shape Shape, Quantity Quantity, int Size)
{
    /// <summary>The number of tasks by which a total is divided.</summary>
    public int TaskCount => Shape == Shape.Tree ? (2 * Size) - 1 : Size;
}
