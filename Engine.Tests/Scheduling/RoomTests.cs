using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>
/// Who has no room gets nothing, and is not taken for idle either, though some of its slots are free: a task stays with the holder of its
/// input, which is busy for half a second.
/// </summary>
public sealed class RoomTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = 0.5, PrefetchMax = 3, WorkStealing = false });
    private readonly WorkerState _holder;
    private readonly WorkerState _wide;
    private readonly TaskKey _input;
    private readonly TestWork _tiny = new();

    public RoomTests()
    {
        _holder = _scheduler.AddWorker("holder");
        _input = _scheduler.Hold(_holder);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["holder"] });
        _wide = _scheduler.AddWorker("wide", threads: 4);
        _scheduler.Finish(_wide, _scheduler.Submit(_tiny), seconds: 1e-5);
    }

    [Theory]
    [InlineData(1, "wide")]
    [InlineData(2, "holder")]
    public void A_worker_has_room_for_so_many_tasks_as_its_threads_times_the_saturation(int tasks, string expected)
    {
        _scheduler.SubmitMany(tasks, new TestWork());

        Assert.Equal(tasks, _wide.Processing.Count);
        Assert.Equal(expected, PlaceOfReader());
    }

    [Fact]
    public void Tiny_tasks_take_no_room_up_to_a_limit()
    {
        _scheduler.SubmitMany(2, _tiny);
        Assert.Equal("wide", PlaceOfReader());

        _scheduler.Submit(_tiny);

        Assert.Equal("holder", PlaceOfReader());
    }

    [Fact]
    public void Tiny_tasks_that_come_one_by_one_are_sent_ahead_like_those_that_come_together()
    {
        _scheduler.Submit(_tiny);
        _scheduler.Submit(_tiny);
        _scheduler.Submit(_tiny);

        Assert.Equal((3, 0), (_wide.Processing.Count, _scheduler.Machine.QueuedCount));
    }

    [Fact]
    public void A_worker_that_has_stalled_has_room_for_tiny_tasks_no_more()
    {
        _scheduler.SubmitMany(2, _tiny);

        _scheduler.Handle(_wide, new WorkerStalled(10));

        Assert.Equal("holder", PlaceOfReader());
    }

    [Fact]
    public void A_worker_with_room_for_tiny_tasks_only_does_not_get_the_long_one_that_is_next()
    {
        _scheduler.SubmitMany(2, _tiny);

        _scheduler.Submit();

        Assert.Equal((2, 1), (_wide.Processing.Count, _scheduler.Machine.QueuedCount));
        Assert.Equal("holder", PlaceOfReader());
    }

    private string PlaceOfReader()
    {
        var reader = _scheduler.Submit(_input);
        var place = _scheduler.Sent.Latest[reader].Worker.Address.Name;
        _scheduler.Release(reader);
        return place;
    }
}
