using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Simulation;

/// <summary>Runs one schedule of the simulator; the entry for tools, which find it by its name.</summary>
internal static class ScheduleRunner
{
    /// <param name="number">Which; the same number is the same schedule.</param>
    /// <returns>What was wrong; null: nothing.</returns>
    public static string? Run(int number)
    {
        try
        {
            new TinyCluster(number).Run();
            return null;
        }
#pragma warning disable CA1031 // Whatever a broken machine throws is the finding.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception.Message;
        }
    }
}
