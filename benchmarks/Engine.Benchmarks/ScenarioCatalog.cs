namespace Engine.Benchmarks;

/// <summary>All scenarios with their sizes.</summary>
internal static class ScenarioCatalog
{
    // A quick run answers "does everything still work, and roughly how fast". Halving is exact for
    // the tree, whose size has to stay a power of two.
    private const int QuickDivisor = 8;

    private static readonly (string Option, Scenario Scenario)[] InProcess =
    [
        ("noop10k", new Scenario("noop10k", Shape.Submit, Quantity.Time, 10_000)),
        ("noop100k", new Scenario("noop100k", Shape.Submit, Quantity.Time, 100_000)),
        ("noop1m", new Scenario("noop1m", Shape.Submit, Quantity.Time, 1_000_000)),
        ("map1m", new Scenario("map1m", Shape.Map, Quantity.Time, 1_000_000)),
        ("tree", new Scenario("tree", Shape.Tree, Quantity.Time, 1 << 17)),
        ("chain", new Scenario("chain", Shape.Chain, Quantity.Time, 20_000)),
        ("rtt", new Scenario("rtt", Shape.RoundTrip, Quantity.Latency, 5_000)),
        ("fanout", new Scenario("fanout", Shape.FanOut, Quantity.Time, 10_000)),
        ("memory", new Scenario("memory", Shape.Submit, Quantity.Memory, 1_000_000)),
        ("allocations", new Scenario("allocations 100k", Shape.Submit, Quantity.Allocation, 100_000)),
        ("allocations", new Scenario("allocations 1m", Shape.Submit, Quantity.Allocation, 1_000_000)),
    ];

    private static readonly (string Option, Scenario Scenario)[] AcrossProcesses =
    [
        ("noop100k", new Scenario("noop100k", Shape.Submit, Quantity.Time, 100_000)),
        ("noop1m", new Scenario("noop1m", Shape.Submit, Quantity.Time, 1_000_000)),
        ("tree", new Scenario("tree", Shape.Tree, Quantity.Time, 1 << 15)),
        ("chain", new Scenario("chain", Shape.Chain, Quantity.Time, 10_000)),
        ("rtt", new Scenario("rtt", Shape.RoundTrip, Quantity.Latency, 5_000)),
        ("large", new Scenario("large", Shape.LargeValue, Quantity.Transfer, 1 << 27)),
        ("memory", new Scenario("memory", Shape.Submit, Quantity.Memory, 1_000_000)),
        ("allocations", new Scenario("allocations 100k", Shape.Submit, Quantity.Allocation, 100_000)),
        ("allocations", new Scenario("allocations 1m", Shape.Submit, Quantity.Allocation, 1_000_000)),
        ("start", new Scenario("start", Shape.Start, Quantity.Lifecycle, 16)),
        ("retire", new Scenario("retire", Shape.Retire, Quantity.Lifecycle, 16)),
        ("shrink", new Scenario("shrink", Shape.Shrink, Quantity.Lifecycle, 16)),
    ];

    public static IEnumerable<string> Options(bool processes) => All(processes).Select(static entry => entry.Option).Distinct();

    /// <summary>The scenarios that were asked for, in the catalogue's order; all of them if none was named.</summary>
    public static IReadOnlyList<Scenario> Select(bool processes, IReadOnlyCollection<string> options, bool quick) =>
    [
        .. All(processes)
            .Where(entry => options.Count == 0 || options.Contains(entry.Option))
            .Select(entry => quick ? entry.Scenario with { Size = entry.Scenario.Size / QuickDivisor } : entry.Scenario),
    ];

    private static (string Option, Scenario Scenario)[] All(bool processes) => processes ? AcrossProcesses : InProcess;
}
