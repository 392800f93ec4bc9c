using CsCheck;
using Engine.Collections;

namespace Engine.Tests.Collections;

public sealed class MonotoneQueueTests
{
    [Fact]
    public void It_gives_items_in_order_however_they_came() =>
        Gen.Int[-1, 1000].Array[0, 300].Sample(operations =>
        {
            var queue = new MonotoneQueue<int>();
            var model = new PriorityQueue<int, long>();
            var number = 0;
            foreach (var operation in operations)
            {
                if (operation >= 0)
                {
                    var order = (operation * 1000L) + number; // Unique.
                    queue.Enqueue(number, order);
                    model.Enqueue(number++, order);
                }
                else
                {
                    Take(queue, model);
                }

                Assert.Equal(model.Count, queue.Count);
            }

            while (model.Count > 0)
            {
                Take(queue, model);
            }

            Assert.False(queue.TryDequeue(out _));
            Assert.False(queue.TryPeek(out _, out _));
        });

    [Fact]
    public void What_is_looked_at_is_what_is_taken_also_among_equals() =>
        Gen.Int[-1, 3].Array[0, 60].Sample(operations =>
        {
            var queue = new MonotoneQueue<int>();
            var number = 0;
            foreach (var order in operations)
            {
                if (order >= 0)
                {
                    queue.Enqueue(number++, order);
                }
                else if (queue.TryPeek(out var seen, out _))
                {
                    Assert.True(queue.TryDequeue(out var taken));
                    Assert.Equal(seen, taken);
                }
            }
        });

    [Fact]
    public void It_knows_all_that_it_holds()
    {
        var queue = new MonotoneQueue<int>();
        for (var i = 0; i < 100; i++)
        {
            queue.Enqueue(i, i % 2 == 0 ? i : -i);
        }

        queue.TryDequeue(out _);

        Assert.Equal(Enumerable.Range(0, 99), queue.Items().Order());
    }

    private static void Take(MonotoneQueue<int> queue, PriorityQueue<int, long> model)
    {
        var has = model.TryDequeue(out var expected, out var expectedOrder);
        Assert.Equal(has, queue.TryPeek(out var seen, out var order));
        Assert.Equal(has, queue.TryDequeue(out var item));
        if (has)
        {
            Assert.Equal((expected, expected, expectedOrder), (item, seen, order));
        }
    }
}
