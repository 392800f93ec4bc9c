using Engine.Clients;

namespace Engine.Tests.Clients;

public sealed class GatheringTests
{
    private Gathering _gathering;

    [Fact]
    public void The_first_addition_after_a_wait_leaves_at_once()
    {
        Assert.True(_gathering.Add(isFull: false));
        Assert.False(_gathering.Add(isFull: false));

        _gathering.Restart();

        Assert.True(_gathering.Add(isFull: false));
    }

    [Fact]
    public void A_loop_gathers_twice_as_many_each_time_up_to_a_full_batch()
    {
        List<int> gathered = [];
        var count = 0;
        while (gathered.Count < 11)
        {
            count++;
            if (_gathering.Add(isFull: false))
            {
                gathered.Add(count);
                count = 0;
            }
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256], gathered);
    }

    [Fact]
    public void What_is_full_leaves_however_little_it_is()
    {
        _gathering.Add(isFull: false);

        Assert.True(_gathering.Add(isFull: true));
    }
}
