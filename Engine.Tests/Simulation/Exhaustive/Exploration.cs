namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>What came of all orders of a small world.</summary>
/// <param name="Plan">Which.</param>
/// <param name="States">States that are different for somebody.</param>
/// <param name="Ends">Different states in which all that follows from the events has happened.</param>
/// <param name="Runs">Runs that it took, most of which ended where another one had been.</param>
/// <param name="Failure">What did not hold in a state, with the story that leads there; null: all held in all of them.</param>
internal sealed record Exploration(SmallPlan Plan, int States, int Ends, int Runs, string? Failure)
{
    /// <summary>Tries every order, until one fails.</summary>
    /// <param name="plan">What happens.</param>
    /// <param name="sleeps">False: also tries what is known to come to the same.</param>
    public static Exploration Of(SmallPlan plan, bool sleeps = true)
    {
        var order = new EveryOrder(sleeps);
        var runs = 0;
        do
        {
            runs++;
            if (Run(plan, order, keepsStory: false) is not null)
            {
                return new Exploration(plan, order.StateCount, order.EndCount, runs, Run(plan, order, keepsStory: true));
            }
        }
        while (order.Advance());

        return new Exploration(plan, order.StateCount, order.EndCount, runs, null);
    }

    /// <summary>All orders of several small worlds, on all cores, in the order of the plans.</summary>
    public static IReadOnlyList<Exploration> OfAll(IEnumerable<SmallPlan> plans)
    {
        var all = plans.ToArray();
        var explorations = new Exploration[all.Length];
        var next = -1;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(ExploreNext)).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return explorations;

        void ExploreNext()
        {
            for (var number = Interlocked.Increment(ref next); number < all.Length; number = Interlocked.Increment(ref next))
            {
                explorations[number] = Of(all[number]);
            }
        }
    }

    /// <summary>A row for each, as in the documentation.</summary>
    public static string Table(IEnumerable<Exploration> explorations) => string.Join('\n', explorations.Select(Row));

    public static string Row(Exploration exploration) => $"| {exploration.Plan.Name} | {exploration.States} | {exploration.Ends} | {exploration.Runs} |";

    private static string? Run(SmallPlan plan, EveryOrder order, bool keepsStory)
    {
        var world = new SmallWorld(plan, order, keepsStory);
        try
        {
            world.Run();
            return null;
        }
        catch (BeenHereException)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever a broken machine throws is the finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"{plan.Name}: {exception.Message}\n{string.Join('\n', world.World.Tracer.Story)}";
        }
    }
}
