using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>A task's story says of each change where it came from, in which step, and of which attempt it was.</summary>
public sealed class CauseTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { NoWorkersTimeout = TimeSpan.FromSeconds(5), WorkStealing = false });

    [Fact]
    public void A_queued_task_starts_because_it_was_placed()
    {
        _scheduler.AddWorker();

        Assert.Equal("Submit, Submit, Placement", CausesOf(_scheduler.Submit()));
    }

    [Fact]
    public void A_run_ends_without_a_value_because_it_failed_or_asked_for_another_one()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1, Workers = [worker.Address.Name] });
        var before = _scheduler.StoryOf(task).Count;

        _scheduler.Fail(worker, task);
        _scheduler.Reschedule(worker, task);
        _scheduler.Fail(worker, task);
        _scheduler.Retry(task);

        Assert.Equal("Erred, Erred, Rescheduled, Rescheduled, Erred, Retried, Retried, Retried", CausesOf(task, before));
    }

    [Fact]
    public void A_run_ends_without_a_value_because_an_input_was_missing()
    {
        var (holder, reader) = (_scheduler.AddWorker("holder"), _scheduler.AddWorker("reader"));
        var data = _scheduler.HoldData(holder);
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["reader"] }, data);
        var before = _scheduler.StoryOf(task).Count;

        _scheduler.ReportMissing(reader, task, data, holder, isUnreachable: true);

        Assert.Equal("InputMissing, InputMissing", CausesOf(task, before));
    }

    [Fact]
    public void A_run_ends_because_its_client_cancelled_it_or_has_gone()
    {
        _scheduler.AddWorker(threads: 2);
        var other = _scheduler.AddClient();
        var (cancelled, left) = (_scheduler.Submit(), _scheduler.Submit(other, new TestWork()));

        _scheduler.Cancel(cancelled);
        _scheduler.RemoveClient(other);

        Assert.Equal("Submit, Submit, Placement, Cancelled, Cancelled", CausesOf(cancelled));
        Assert.Equal("Submit, Submit, Placement, ClientRemoved, ClientRemoved", CausesOf(left));
    }

    [Fact]
    public void What_waits_too_long_for_a_worker_fails_by_that_and_so_does_what_needs_it()
    {
        _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["nobody"] });
        var child = _scheduler.Submit(task);

        _scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("Submit, Submit, Timeout", CausesOf(task));
        Assert.Equal("Submit, Timeout", CausesOf(child));
    }

    [Fact]
    public void What_happens_at_once_is_one_step_and_what_happens_later_is_a_later_one()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        var other = _scheduler.AddClient();
        var (first, second) = (_scheduler.Submit(other, new TestWork()), _scheduler.Submit(other, new TestWork()));
        _scheduler.RemoveClient(other);
        _scheduler.AddWorker();
        var third = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [worker.Address.Name], AllowOtherWorkers = true });
        _scheduler.Exited(nanny, worker);

        Assert.All([first, second, third], key =>
        {
            var steps = _scheduler.StoryOf(key).Select(static line => line.Step).ToList();
            Assert.Equal(2, steps.Distinct().Count());
            Assert.Equal(steps.Order(), steps);
        });
    }

    [Fact]
    public void Each_line_names_the_attempt()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Reschedule(worker, task);

        Assert.Equal([0, 0, 1, 1, 1, 2], _scheduler.StoryOf(task).Select(static line => line.Attempt));
    }

    private string CausesOf(TaskKey key, int after = 0) => string.Join(", ", _scheduler.StoryOf(key).Skip(after).Select(static line => line.Stimulus));
}
