using System.Globalization;
using Engine.Tests.TestKit.Shells;

namespace Engine.Tests.Shells;

/// <summary>Real shells in seeded orders: every schedule ends, whatever happens and whenever it closes, and nothing is left.</summary>
[Collection(nameof(ShellScheduleTests))]
public sealed class ShellScheduleTests
{
    private const int Schedules = 10_000;
    private const int SchedulesPerPart = 500;

    /// <summary>Alone, so that an exception that nobody observed is one of its own.</summary>
    [CollectionDefinition(nameof(ShellScheduleTests), DisableParallelization = true)]
    public sealed class Alone;

    [Fact]
    public void However_shells_are_interleaved_everybody_is_released_and_nothing_is_left_I6()
    {
        if (Number("ENGINE_SHELL_SEED") is { } seed)
        {
            new ShellSchedule(seed).Run();
            return;
        }

        var unobserved = new List<string>();
        Collect(); // What others left.
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            var count = Number("ENGINE_SHELL_SCHEDULES") ?? Schedules;
            for (var first = 0; first < count; first += SchedulesPerPart)
            {
                Parallel.For(first, Math.Min(count, first + SchedulesPerPart), static number => new ShellSchedule(number).Run());
                Collect();
                Assert.True(unobserved.Count == 0, $"Schedules {first} to {first + SchedulesPerPart - 1} left exceptions that nobody observed: {string.Join("\n", unobserved)}");
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        void Note(object? sender, UnobservedTaskExceptionEventArgs unseen)
        {
            lock (unobserved)
            {
                unobserved.Add(unseen.Exception.ToString());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1_000_003)]
    public void The_same_seed_gives_the_same_trace(int seed)
    {
        var first = new ShellSchedule(seed);
        var second = new ShellSchedule(seed);
        first.Run();
        second.Run();

        Assert.Equal(first.Story, second.Story);
        Assert.Equal(first.Trace, second.Trace);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
