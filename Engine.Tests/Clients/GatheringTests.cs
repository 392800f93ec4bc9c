using Engine.Clients;

namespace Engine.Tests.Clients;

public sealed class GatheringTests
{
    private Gathering _gathering;

    [Fact]
    public void The_first_addition_after_a_wait_leaves_at_once()
    {
        Assert.True(_gathering.IsDue(1));
        Assert.False(_gathering.IsDue(1));

        _gathering.Restart();

        Assert.True(_gathering.IsDue(1));
    }

    [Fact]
    public void A_loop_gathers_twice_as_many_each_time_up_to_a_full_batch()
    {
        List<int> gathered = [];
        var open = 0;
        while (gathered.Count < 11)
        {
            open++;
            if (_gathering.IsDue(open))
            {
                gathered.Add(open);
                open = 0;
            }
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256], gathered);
    }

    [Fact]
    public void What_left_by_another_way_does_not_count()
    {
        Assert.True(_gathering.IsDue(1));
        Assert.True(_gathering.IsDue(2));
        Assert.False(_gathering.IsDue(3));

        Assert.False(_gathering.IsDue(1)); // The three were flushed meanwhile.
        Assert.False(_gathering.IsDue(3));
        Assert.True(_gathering.IsDue(4));
    }
}
