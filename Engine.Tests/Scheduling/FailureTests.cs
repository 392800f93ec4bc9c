using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

public sealed class FailureTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void A_failed_tasks_client_gets_the_functions_own_exception()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork("Parse"));
        var exception = new FormatException("not a number");

        _scheduler.Fail(worker, task, exception);

        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.Same(exception, Assert.IsType<TaskFailedException>(error.ToException()).InnerException);
        Assert.Contains("Parse", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_is_run_as_often_again_as_its_retries_say_and_then_fails()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 2 });

        _scheduler.Fail(worker, task);
        _scheduler.Fail(worker, task);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
        Assert.Empty(_scheduler.ToldOf(task));
        _scheduler.Fail(worker, task, new FormatException("the last"));

        Assert.IsType<FormatException>(Assert.Single(_scheduler.NoticesOf(task)).Error!.Exception);
        Assert.Equal([1, 2, 3], _scheduler.Sent.Computes.Select(static sent => sent.Attempt));
    }

    [Fact]
    public void A_retry_that_succeeds_is_told_as_success_only()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 });

        _scheduler.Fail(worker, task);
        _scheduler.Finish(worker, task);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
    }

    [Fact]
    public void All_that_needs_a_failed_task_fails_and_blames_it()
    {
        var worker = _scheduler.AddWorker();
        var culprit = _scheduler.Submit();
        var child = _scheduler.Submit(culprit);
        var grandchild = _scheduler.Submit(child);

        _scheduler.Fail(worker, culprit);

        Assert.All([child, grandchild], key => Assert.Equal(culprit, Assert.Single(_scheduler.NoticesOf(key)).Error!.Key));
    }

    [Fact]
    public void A_task_fails_once_although_two_of_its_inputs_do()
    {
        var worker = _scheduler.AddWorker(threads: 2);
        var left = _scheduler.Submit();
        var right = _scheduler.Submit();
        var task = _scheduler.Submit(left, right);

        _scheduler.Fail(worker, left);
        _scheduler.Fail(worker, right);

        Assert.Equal(left, Assert.Single(_scheduler.NoticesOf(task)).Error!.Key);
    }

    [Fact]
    public void An_input_that_only_a_failed_task_needed_is_let_go()
    {
        var worker = _scheduler.AddWorker(threads: 2);
        var good = _scheduler.Submit();
        var bad = _scheduler.Submit();
        _scheduler.Submit(good, bad);
        _scheduler.Finish(worker, good);
        _scheduler.Release(good);

        _scheduler.Fail(worker, bad);

        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(good));
        Assert.Contains(_scheduler.Sent.Frees, free => free.Key == good);
    }

    [Fact]
    public void A_client_can_have_failed_tasks_run_again_with_the_failed_ones_that_they_need()
    {
        var worker = _scheduler.AddWorker();
        var culprit = _scheduler.Submit();
        var child = _scheduler.Submit(culprit);
        _scheduler.Fail(worker, culprit);

        _scheduler.Retry(child);
        _scheduler.Finish(worker, culprit);
        _scheduler.Finish(worker, child);

        Assert.All([culprit, child], key => Assert.Equal([FutureStatus.Error, FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(key)));
    }

    [Fact]
    public void A_retry_of_the_client_renews_the_tasks_own_retries()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 });
        _scheduler.Fail(worker, task);
        _scheduler.Fail(worker, task);

        _scheduler.Retry(task);
        _scheduler.Fail(worker, task);

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
    }

    [Fact]
    public void Nothing_is_retried_that_has_not_failed()
    {
        var worker = _scheduler.AddWorker();
        var done = _scheduler.Submit();
        _scheduler.Finish(worker, done);
        var running = _scheduler.Submit();
        _scheduler.Sent.Clear();

        _scheduler.Retry(done, running, new TaskKey(_scheduler.Client.Id, 1000));

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Empty(_scheduler.Sent.Notices);
    }

    [Fact]
    public void A_failed_task_that_is_given_up_stays_failed_as_long_as_something_needs_it()
    {
        // It was submitted wrongly; if its error were forgotten, its reader would have it run with the inputs it has.
        _scheduler.AddWorker();
        var other = _scheduler.AddClient();
        var wrong = _scheduler.Submit(new TaskKey(_scheduler.Client.Id, 1000));
        var reader = _scheduler.Submit(wrong);

        _scheduler.Release(wrong);
        var later = _scheduler.Submit(other, new TestWork(), null, reader);

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(wrong));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(later, other));
        _scheduler.Release(reader);
        _scheduler.Release(other, later);
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_task_that_asks_to_be_rescheduled_is_placed_anew_and_nothing_is_counted()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 0 });

        _scheduler.Reschedule(worker, task);

        Assert.Equal([1, 2], _scheduler.Sent.Computes.Select(static sent => sent.Attempt));
        _scheduler.Finish(worker, task);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_long_running_task_gives_its_slot_to_another()
    {
        var worker = _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(4, new TestWork());

        _scheduler.Secede(worker, tasks[0]);

        Assert.Equal(tasks[..3], _scheduler.ProcessingOn(worker));
        Assert.Equal(2, worker.ActiveCount);
        _scheduler.Finish(worker, tasks[0]);
        Assert.Equal(0, worker.LongRunningCount);
    }

    [Fact]
    public void Answers_about_an_older_attempt_change_nothing()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Reschedule(worker, task);

        _scheduler.Finish(worker, task, attempt: 1);
        _scheduler.Fail(worker, task, attempt: 1);
        _scheduler.Reschedule(worker, task, attempt: 1);

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
        Assert.Equal(2, _scheduler.Sent.Computes.Count);
        Assert.Empty(_scheduler.ToldOf(task));
    }

    [Fact]
    public void A_worker_need_not_hold_what_an_older_attempt_made()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Release(task);
        _scheduler.Sent.Clear();

        _scheduler.Finish(worker, task, attempt: 1);

        Assert.Equal(new SentAttempt(worker, task, 1), Assert.Single(_scheduler.Sent.Frees));
    }

    [Fact]
    public void Answers_of_a_worker_that_has_been_removed_change_nothing()
    {
        var (gone, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [gone.Address.Name], AllowOtherWorkers = true });
        _scheduler.RemoveWorker(gone);

        _scheduler.Finish(gone, task, attempt: 1);
        _scheduler.Fail(gone, task, attempt: 1);

        Assert.Equal([task], _scheduler.ProcessingOn(other));
    }

    [Fact]
    public void Answers_about_a_task_that_is_forgotten_change_nothing()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Release(task);

        _scheduler.Fail(worker, task);
        _scheduler.Reschedule(worker, task);
        _scheduler.Secede(worker, task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Equal(0, worker.LongRunningCount);
    }

    [Fact]
    public void A_failure_of_a_task_that_nobody_wants_any_more_is_forgotten()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.FireAndForget(task);
        _scheduler.Release(task);

        _scheduler.Fail(worker, task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_task_that_has_left_its_slot_takes_one_again_when_it_is_tried_again()
    {
        var scheduler = new SchedulerFixture();
        var worker = scheduler.AddWorker();
        var task = scheduler.Submit();
        scheduler.Secede(worker, task);
        Assert.Equal((1, 0), (worker.LongRunningCount, worker.ActiveCount));

        scheduler.Reschedule(worker, task);

        Assert.Equal((0, 1), (worker.LongRunningCount, worker.ActiveCount));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_retirement_is_over_when_the_last_task_fails_or_is_given_up(bool isGivenUp)
    {
        var scheduler = new SchedulerFixture();
        var worker = scheduler.AddWorker("leaving");
        var task = scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["leaving"] });
        var request = scheduler.Retire(worker);
        scheduler.Acknowledge(worker);
        Assert.Null(scheduler.ReportOf(request));

        if (isGivenUp)
        {
            scheduler.Release(task);
        }
        else
        {
            scheduler.Fail(worker, task);
        }

        Assert.Equal(RetirementOutcome.Retired, scheduler.RowOf(request).Outcome);
    }
}
