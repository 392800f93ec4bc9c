using System.Globalization;
using Engine.Tests.TestKit;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>
/// Every order of small worlds. A normal run takes those with few states; <c>ENGINE_EVERY_ORDER=1</c> all of them, some minutes on two cores.
/// </summary>
public sealed class EveryOrderTests
{
    private const int FewStates = 5_000;
    private static readonly bool TakesAll = Environment.GetEnvironmentVariable("ENGINE_EVERY_ORDER") == "1";

    /// <summary>The table of the documentation says how many states there are, so a change of the engine that makes some more, or fewer, is seen.</summary>
    [Fact]
    public void In_every_order_of_a_retirement_and_a_fault_all_holds_after_every_step_and_all_comes_to_rest()
    {
        var documented = DocumentedRows();
        var plans = SmallPlans.All.Where(plan => TakesAll || !documented.TryGetValue(plan.Name, out var row) || row.States < FewStates);

        var explorations = Exploration.OfAll(plans);

        Assert.True(
            explorations.All(static exploration => exploration.Failure is null),
            string.Join("\n\n", explorations.Select(static exploration => exploration.Failure).Where(static failure => failure is not null).Take(3)));
        Assert.True(
            explorations.All(exploration => documented.GetValueOrDefault(exploration.Plan.Name).Line == Exploration.Row(exploration)),
            $"docs/simulation.md has other figures. These are right:\n{Exploration.Table(explorations)}");
        Assert.Equal(SmallPlans.All.Select(static plan => plan.Name).Order(StringComparer.Ordinal), documented.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_sleeps_hides_no_state()
    {
        var plan = SmallPlans.All[0];

        var (some, all) = (Exploration.Of(plan), Exploration.Of(plan, sleeps: false));

        Assert.Equal((all.States, all.Ends), (some.States, some.Ends));
        Assert.True(some.Runs < all.Runs, $"{some.Runs} runs instead of {all.Runs}");
    }

    /// <summary>Wrong in few orders only: somebody looks while values are moved.</summary>
    [Fact]
    public void What_does_not_hold_in_one_order_is_found_and_told_with_its_story()
    {
        var planted = new SmallEvent(
            "a look at the wrong time",
            static _ => null,
            static world => Invariants.Watch.Require(
                "planted", !world.World.Scheduler.Machine.Workers.Any(static worker => worker.Retirement is { IsAcknowledged: true, Moving.Count: > 0 }), $"nothing moves"));
        var plan = SmallPlans.All[0] with { Events = [.. SmallPlans.All[0].Events, planted] };

        var exploration = Exploration.Of(plan);

        Assert.Contains("it should hold that nothing moves", exploration.Failure, StringComparison.Ordinal);
        Assert.Contains("-- a look at the wrong time", exploration.Failure, StringComparison.Ordinal);
        Assert.True(exploration.Runs > 1, "The first order was not yet wrong.");
    }

    private static Dictionary<string, (string Line, int States)> DocumentedRows()
    {
        var lines = File.ReadAllLines(Path.Combine(RepositoryRoot.Folder, "docs", "simulation.md"));
        return lines.Where(static line => line.StartsWith("| 2 workers", StringComparison.Ordinal) || line.StartsWith("| 3 workers", StringComparison.Ordinal)).ToDictionary(
            static line => line.Split('|')[1].Trim(),
            static line => (line, int.Parse(line.Split('|')[2], CultureInfo.InvariantCulture)));
    }
}
