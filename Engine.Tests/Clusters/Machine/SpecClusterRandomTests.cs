using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>Whatever happens in whatever order: no invariant breaks, and when things go well again the plan becomes true.</summary>
public sealed class SpecClusterRandomTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_cluster_that_was_shaken_recovers_and_closes(int part)
    {
        for (var seed = part * 500; seed < (part + 1) * 500; seed++)
        {
            try
            {
                var world = new SpecClusterWorld(seed);
                for (var round = 0; round < 3; round++)
                {
                    world.Shake(steps: 60);
                    if (seed % 4 != 0)
                    {
                        world.Recover();
                    }
                }

                world.Close();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}: {exception.Message}", exception);
            }
        }
    }
}
