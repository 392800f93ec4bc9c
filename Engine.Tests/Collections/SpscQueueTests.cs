using CsCheck;
using Engine.Collections;

namespace Engine.Tests.Collections;

public sealed class SpscQueueTests
{
    [Fact]
    public void It_is_first_in_first_out() =>
        Gen.Int[-400, 400].Array[0, 30].Sample(operations =>
        {
            var queue = new SpscQueue<int>();
            var (next, expected) = (0, 0);
            foreach (var operation in operations)
            {
                for (var i = 0; i < operation; i++)
                {
                    queue.Enqueue(next++);
                }

                for (var i = 0; i < -operation; i++)
                {
                    Assert.Equal(expected < next, queue.TryDequeue(out var item));
                    if (expected < next)
                    {
                        Assert.Equal(expected++, item);
                    }
                }
            }
        });

    [Fact]
    public async Task A_reader_gets_all_that_a_writer_on_another_thread_writes_in_order()
    {
        const int count = 200_000;
        var queue = new SpscQueue<(int Number, object Boxed)>();
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < count; i++)
            {
                queue.Enqueue((i, i));
            }
        });

        for (var expected = 0; expected < count;)
        {
            if (queue.TryDequeue(out var item))
            {
                Assert.Equal(expected, item.Number);
                Assert.Equal(expected++, (int)item.Boxed);
            }
            else
            {
                await Task.Yield();
            }
        }

        await writer;
        Assert.False(queue.TryDequeue(out _));
    }
}
