using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>When the scheduler has to be woken although nobody says anything.</summary>
public sealed class NextDeadlineTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 2)]
    public void It_is_the_first_of_what_is_due_and_of_what_waits_too_long(int limit, int first)
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings
        {
            NoWorkersTimeout = TimeSpan.FromSeconds(limit),
            ActiveMemoryInterval = TimeSpan.FromSeconds(2),
        });
        var data = scheduler.HoldData(scheduler.AddWorker());
        scheduler.AskLater(new ReplicateRequest([data], 2));

        scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["nobody"] });

        Assert.Equal(TimeSpan.FromSeconds(first), scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void What_only_a_task_without_a_worker_needed_is_let_go_when_that_has_waited_too_long()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { NoWorkersTimeout = TimeSpan.FromSeconds(5) });
        scheduler.AddWorker();
        var input = scheduler.Submit();
        scheduler.Finish(input);
        scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["nobody"] }, input);
        scheduler.Release(input);
        Assert.Equal(SchedulerTaskState.Memory, scheduler.StateOf(input));

        scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(SchedulerTaskState.Released, scheduler.StateOf(input));
    }

    [Fact]
    public void An_end_that_a_nanny_tells_is_logged_with_its_time()
    {
        var scheduler = new SchedulerFixture();
        var nanny = scheduler.AddNanny();
        var worker = scheduler.AddWorker(nanny);
        scheduler.Advance(TimeSpan.FromSeconds(7));

        scheduler.Exited(nanny, worker);

        Assert.Equal(TimeSpan.FromSeconds(7), scheduler.EventsOf("workers")[^1].Time);
    }

    [Fact]
    public void What_runs_longer_than_was_thought_counts_as_more_to_do()
    {
        var scheduler = new SchedulerFixture();
        var worker = scheduler.AddWorker();
        scheduler.Submit();

        scheduler.Handle(worker, new WorkerStalled(10));

        Assert.Equal(20, worker.Occupancy);
    }
}
