using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

public sealed class DeadlineQueueTests
{
    private readonly DeadlineQueue _queue = new();

    [Fact]
    public void What_is_due_comes_up_by_its_time_and_of_one_time_in_the_order_in_which_it_was_added()
    {
        Add(seconds: 2, number: 1);
        Add(seconds: 1, number: 2);
        Add(seconds: 1, number: 3);
        Add(seconds: 1, number: 4);

        List<long> taken = [];
        while (_queue.TryTake(TimeSpan.FromSeconds(2), out _, out var number))
        {
            taken.Add(number);
        }

        Assert.Equal([2, 3, 4, 1], taken);
    }

    private void Add(double seconds, long number) => _queue.Add(TimeSpan.FromSeconds(seconds), DeadlineKind.Pause, number);
}
