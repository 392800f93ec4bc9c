namespace Engine.Tests.Clusters;

public sealed class ClusterSizeTests
{
    [Fact]
    public void Memory_and_cores_become_workers_rounded_up()
    {
        Assert.Equal(0, ClusterSize.Workers(0).ToWorkers(4, null));
        Assert.Equal(7, ClusterSize.Workers(7).ToWorkers(4, null));
        Assert.Equal(2, ClusterSize.Cores(8).ToWorkers(4, null));
        Assert.Equal(3, ClusterSize.Cores(9).ToWorkers(4, null));
        Assert.Equal(2, ClusterSize.Memory(200).ToWorkers(4, 100));
        Assert.Equal(3, ClusterSize.Memory(201).ToWorkers(4, 100));
        Assert.Equal(0, default(ClusterSize).ToWorkers(4, null));
    }

    [Fact]
    public void A_size_out_of_range_is_refused_with_the_range()
    {
        Assert.Contains("1000000", Assert.Throws<ArgumentOutOfRangeException>(static () => ClusterSize.Workers(1_000_001)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(static () => ClusterSize.Workers(-1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => ClusterSize.Cores(-1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => ClusterSize.Memory(-1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => ClusterSize.Memory(long.MaxValue).ToWorkers(1, 1));
        Assert.Throws<InvalidOperationException>(static () => ClusterSize.Memory(1).ToWorkers(1, null));
    }
}
