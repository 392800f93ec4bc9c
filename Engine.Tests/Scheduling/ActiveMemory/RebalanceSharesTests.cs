using Engine.Scheduling.ActiveMemory.Machine;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>Who gives how much to whom in one round.</summary>
public sealed class RebalanceSharesTests
{
    private readonly FakeMemoryManager _manager = new();
    private readonly Rebalance _policy = new();

    [Theory]
    [InlineData(new[] { 11, 8, 11 })] // The first and the last hold a tenth more than the mean.
    [InlineData(new[] { 12, 9, 9 })] // The others hold a tenth less.
    [InlineData(new[] { 100, 100, 100, 70 })]
    [InlineData(new[] { 130, 95, 95, 95 })]
    public void Who_holds_a_tenth_more_than_the_mean_gives_nothing_and_who_holds_a_tenth_less_takes_nothing(int[] bytes)
    {
        foreach (var held in bytes)
        {
            _manager.AddWorker(Enumerable.Repeat(1, held));
        }

        _policy.Run(_manager);

        Assert.Empty(_manager.Asked);
    }

    [Fact]
    public void Who_holds_too_much_gives_what_is_above_the_mean_and_no_more()
    {
        _manager.AddWorker(Enumerable.Repeat(10, 16));
        _manager.AddWorker();
        _manager.AddWorker();
        _manager.AddWorker(Enumerable.Repeat(10, 10)); // The mean is 65.

        _policy.Run(_manager);

        Assert.Equal((9, 3), (_manager.GivenBy(0), _manager.GivenBy(3)));
    }

    [Fact]
    public void Who_has_given_enough_does_not_give_a_value_of_no_bytes_either()
    {
        _manager.AddWorker([.. Enumerable.Repeat(1, 12), 0]);
        _manager.AddWorker(Enumerable.Repeat(1, 11));
        _manager.AddWorker(Enumerable.Repeat(1, 7)); // It could take one more.

        _policy.Run(_manager);

        Assert.Equal(2, _manager.Asked.Count);
    }

    [Fact]
    public void Who_has_got_as_much_as_the_mean_takes_nothing_more()
    {
        _manager.AddWorker(Enumerable.Repeat(1, 30));
        _manager.AddWorker();
        _manager.AddWorker();

        _policy.Run(_manager);

        Assert.Equal((10, 10), (_manager.TakenBy(1), _manager.TakenBy(2)));
    }

    [Fact]
    public void No_more_than_a_thousand_values_are_under_way()
    {
        _manager.AddWorker(Enumerable.Repeat(1, 3000));
        _manager.AddWorker();

        _policy.Run(_manager);
        _policy.Run(_manager);

        Assert.Equal(1000, _manager.Asked.Count);
    }

    [Fact]
    public void A_value_that_is_under_way_is_asked_of_nobody_else()
    {
        _manager.AddWorker(Enumerable.Repeat(1, 6));
        _manager.AddWorker();
        _manager.AddWorker();

        _policy.Run(_manager);
        Assert.NotEmpty(_manager.Asked);
        _policy.Run(_manager);

        Assert.Equal(_manager.Asked.Count, _manager.Asked.DistinctBy(static asked => asked.Key).Count());
    }

    [Fact]
    public void Without_workers_there_is_nothing_to_do()
    {
        _policy.Run(_manager);

        Assert.Empty(_manager.Asked);
    }
}
