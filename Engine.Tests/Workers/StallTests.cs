using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Nothing has ended for a while: the scheduler hears of it if something waits here that could run elsewhere.</summary>
public sealed class StallTests
{
    private static readonly TaskOptions OneGpu = new() { Resources = [new("gpu", 1)] };
    private static readonly WorkerSettings s_settings = new() { Slots = 2, RunSeconds = 1, Resources = new Dictionary<string, double> { ["gpu"] = 1 } };

    private readonly WorkerFixture _worker = new(s_settings);

    [Fact]
    public void A_worker_that_only_runs_what_it_has_slots_for_says_nothing()
    {
        _worker.ComputeMany(Key(1), Key(2));

        _worker.Stall();

        Assert.Empty(_worker.Told);
    }

    [Fact]
    public void A_worker_with_ready_tasks_says_for_how_long_nothing_has_ended()
    {
        _worker.ComputeMany(Key(1), Key(2), Key(3));
        Assert.Equal((2, 1), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));

        _worker.Stall(seconds: 0.5);

        Assert.Equal(0.5, Assert.IsType<WorkerStalled>(Assert.Single(_worker.Told)).Seconds);
    }

    [Fact]
    public void A_worker_whose_executor_has_more_than_there_are_slots_says_so()
    {
        _worker.Compute(Key(0));
        _worker.End(Key(0), seconds: 0.25);
        _worker.ComputeMany(Key(1), Key(2), Key(3));
        Assert.Equal((3, 0), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));

        _worker.Stall();

        Assert.IsType<WorkerStalled>(Assert.Single(_worker.Told));
    }

    [Fact]
    public void What_lacks_resources_waits_for_them_too()
    {
        var worker = new WorkerFixture(s_settings);
        worker.Compute(Key(1), null, OneGpu, []);
        worker.Compute(Key(2), null, OneGpu, []);
        worker.ComputeMany(Key(3), Key(4));
        Assert.Equal([Key(1), Key(3)], worker.Started);

        Assert.Equal(2, worker.Machine.ReadyCount);
    }
}
