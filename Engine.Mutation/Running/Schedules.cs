using System.Reflection;

namespace Engine.Mutation.Running;

/// <summary>The simulator of the tests, by its one entry that tools use.</summary>
internal sealed class Schedules(Assembly tests)
{
    private const string Entry = "Engine.Tests.Simulation.ScheduleRunner";

    private readonly Func<int, string?> _run = tests.GetType(Entry, throwOnError: true)!
        .GetMethod("Run", BindingFlags.Static | BindingFlags.Public)!.CreateDelegate<Func<int, string?>>();

    /// <summary>Runs one schedule; the same number is the same schedule.</summary>
    /// <returns>What was wrong; null: nothing.</returns>
    public string? FailureOf(int number) => _run(number)?.Split('\n')[0].Trim();
}
