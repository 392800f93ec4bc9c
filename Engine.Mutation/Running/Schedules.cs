using System.Reflection;

namespace Engine.Mutation.Running;

/// <summary>The simulator of the tests, by its one entry that tools use.</summary>
internal static class Schedules
{
    private const string Entry = "Engine.Tests.Simulation.ScheduleRunner";

    /// <summary>Runs schedules 0, 1, 2, …</summary>
    /// <returns>The first that fails, and why; null: none of them did.</returns>
    public static (int Number, string What)? FirstFailure(Assembly tests, int count)
    {
        var run = tests.GetType(Entry, throwOnError: true)!.GetMethod("Run", BindingFlags.Static | BindingFlags.Public)!;
        for (var number = 0; number < count; number++)
        {
            if (run.Invoke(null, [number]) is string failure)
            {
                return (number, failure);
            }
        }

        return null;
    }
}
