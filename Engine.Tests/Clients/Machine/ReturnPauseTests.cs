using Engine.Clients.Machine;

namespace Engine.Tests.Clients.Machine;

public sealed class ReturnPauseTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(6, 3200)]
    [InlineData(7, 3200)]
    [InlineData(int.MaxValue, 3200)]
    public void The_first_try_comes_at_once_and_pauses_grow_to_a_limit(int tries, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ReturnPause.Before(tries));
}
