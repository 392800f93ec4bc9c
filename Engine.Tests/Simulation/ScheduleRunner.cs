namespace Engine.Tests.Simulation;

/// <summary>Runs one schedule of the simulator; the entry for tools, which find it by its name.</summary>
internal static class ScheduleRunner
{
    /// <param name="number">Which; the same number is the same schedule.</param>
    /// <returns>What was wrong; null: nothing.</returns>
    public static string? Run(int number) => Simulator.Run((ulong)number).What;
}
