using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>How many tasks are handed out at a time: a second of them, here, by how long the last ones ran.</summary>
public sealed class PaceTests
{
    private readonly WorkerFixture _worker = new(new WorkerSettings { RunSeconds = 1 });

    public PaceTests() => _worker.ComputeMany([.. Enumerable.Range(0, 20).Select(Key)]);

    [Fact]
    public void Half_of_the_pace_is_the_task_that_ran_last_and_half_those_before()
    {
        _worker.End(Key(0), seconds: 0.5);
        Assert.Equal(2, _worker.Machine.ExecutingCount);

        _worker.End(Key(1), seconds: 0.25); // Alone that would make four at a time.

        Assert.Equal(2, _worker.Machine.ExecutingCount);
    }

    [Fact]
    public void How_long_a_task_ran_that_failed_says_nothing()
    {
        _worker.End(Key(0), seconds: 0.25);

        _worker.Err(Key(1)); // At once.

        Assert.Equal(4, _worker.Machine.ExecutingCount);
    }

    [Fact]
    public void Very_many_are_handed_out_in_runs_that_have_a_limit()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 2 });
        worker.ComputeMany([.. Enumerable.Range(0, 256).Select(Key)]);
        worker.ComputeMany([.. Enumerable.Range(256, 100).Select(Key)]);
        Assert.Equal([2], worker.Runs);

        worker.End(Key(0), seconds: 1e-9);

        Assert.Equal([2, 256, 98], worker.Runs);
        Assert.Equal(Enumerable.Range(0, 356).Select(Key), worker.Started);
        Assert.Equal(355, worker.Machine.ExecutingCount);
    }

    [Fact]
    public void A_task_that_was_recalled_and_runs_again_frees_its_slot_when_it_ends()
    {
        var worker = new WorkerFixture();
        worker.Compute(Key(1));
        worker.GiveBack(Key(1));
        Assert.Equal([Key(1), Key(1)], worker.Started);
        Assert.Equal(1, worker.Machine.ExecutingCount);

        worker.End(Key(1));

        Assert.Equal(0, worker.Machine.ExecutingCount);
    }
}
