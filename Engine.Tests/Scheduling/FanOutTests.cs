using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>Cost grows linearly with tasks and edges. Counted in messages and bytes, not timed; if it were quadratic, the test would take minutes.</summary>
public sealed class FanOutTests
{
    [Fact]
    public void Readers_of_one_value_cost_the_same_each_however_many_they_are()
    {
        CostOf(1000); // The first time pays for what is made once.
        var few = CostOf(2_500);
        var many = CostOf(10_000);

        Assert.Equal((10_001, 10_001, 10_001), (many.Computes, many.Notices, many.Frees));
        Assert.InRange((double)many.Bytes / few.Bytes, 3, 5.5); // Four times as many; lists double as they grow.
    }

    private static (int Computes, int Notices, int Frees, long Bytes) CostOf(int readers)
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkStealing = false }, validates: false);
        var worker = scheduler.AddWorker(threads: 8);
        var work = new TestWork();
        var input = scheduler.Submit(work);
        scheduler.Finish(worker, input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var keys = new TaskKey[readers];
        for (var i = 0; i < readers; i++)
        {
            keys[i] = scheduler.Submit(work, null, input);
        }

        foreach (var key in keys)
        {
            scheduler.Finish(worker, key);
        }

        // The first, the last and then the middle of the list of readers: each leaves in constant time.
        for (var i = 0; i < readers / 2; i++)
        {
            scheduler.Release(keys[i]);
            scheduler.Release(keys[^(i + 1)]);
        }

        scheduler.Release(input);
        Assert.Equal(0, scheduler.Machine.TaskCount);
        var sent = scheduler.Sent;
        return (sent.Computes.Count, sent.Notices.Count, sent.Frees.Count, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
