using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

public sealed class FunctionStatisticsTests
{
    private readonly FunctionStatistics _functions = new(unknownSeconds: 0.5);

    [Fact]
    public void What_has_not_been_seen_is_expected_to_take_what_is_assumed()
    {
        _functions.Observe(7, 3);

        Assert.Equal((0.5f, 0.5f), (_functions.Expected(6), _functions.Expected(1000)));
    }

    [Fact]
    public void The_last_duration_counts_for_half_of_what_is_expected()
    {
        _functions.Observe(200, 2);
        Assert.Equal(2f, _functions.Expected(200));
        _functions.Observe(200, 4);
        Assert.Equal(3f, _functions.Expected(200));
        _functions.Observe(200, 1);
        Assert.Equal(2f, _functions.Expected(200));
    }

    [Fact]
    public void What_took_no_time_is_known_to_be_brief()
    {
        _functions.Observe(1, 0);

        Assert.InRange(_functions.Expected(1), float.Epsilon, 1e-6f);
    }

    [Fact]
    public void Of_more_than_a_million_functions_nothing_is_kept()
    {
        const int max = 1 << 20;
        _functions.Observe(max - 1, 3);
        _functions.Observe(max, 3);

        Assert.Equal((3f, 0.5f), (_functions.Expected(max - 1), _functions.Expected(max)));
    }
}
