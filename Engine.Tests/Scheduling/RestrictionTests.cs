using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

public sealed class RestrictionTests
{
    private static readonly TaskOptions NeedsGpu = new() { Resources = [new("gpu", 2)] };

    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { NoWorkersTimeout = TimeSpan.FromSeconds(30) });

    [Fact]
    public void A_task_runs_on_the_worker_that_it_names()
    {
        _scheduler.AddWorker("a");
        var named = _scheduler.AddWorker("b");
        _scheduler.AddWorker("c");

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["b"] });

        Assert.Equal([task], _scheduler.ProcessingOn(named));
    }

    [Fact]
    public void Queued_tasks_fail_when_there_has_been_no_worker_for_too_long()
    {
        var task = _scheduler.Submit(new TestWork());
        var dependent = _scheduler.Submit(new TestWork(), null, task);
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));

        _scheduler.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TaskErrorKind.NoValidWorker, Assert.Single(_scheduler.NoticesOf(task)).Error!.Kind);
        Assert.Equal(TaskErrorKind.NoValidWorker, Assert.Single(_scheduler.NoticesOf(dependent)).Error!.Kind);
        Assert.Contains("there is no worker", Assert.Single(_scheduler.NoticesOf(task)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_comes_in_time_gets_what_was_queued_and_the_wait_starts_anew_when_it_goes()
    {
        var task = _scheduler.Submit(new TestWork());
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        var worker = _scheduler.AddWorker("a");
        Assert.Equal([task], _scheduler.ProcessingOn(worker));

        _scheduler.RemoveWorker(worker, expected: true);
        _scheduler.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));

        _scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_runs_on_the_worker_whose_address_it_gives()
    {
        _scheduler.AddWorker("a");
        var named = _scheduler.AddWorker("b");

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [named.Address.Address] });

        Assert.Equal([task], _scheduler.ProcessingOn(named));
    }

    [Fact]
    public void Of_several_workers_that_may_run_it_a_task_takes_the_one_that_is_free_first()
    {
        var (busy, free) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["a"] });

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["a", "b"] });

        Assert.Equal([task], _scheduler.ProcessingOn(free));
        Assert.Equal(1, busy.Processing.Count);
    }

    [Fact]
    public void A_task_that_allows_others_runs_elsewhere_while_its_workers_are_not_there()
    {
        var other = _scheduler.AddWorker("a");

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["b"], AllowOtherWorkers = true });

        Assert.Equal([task], _scheduler.ProcessingOn(other));
    }

    [Fact]
    public void A_task_that_allows_others_prefers_its_own()
    {
        _scheduler.AddWorker("a");
        var named = _scheduler.AddWorker("b");
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["b"] });

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["b"], AllowOtherWorkers = true });

        Assert.Contains(task, _scheduler.ProcessingOn(named));
    }

    [Fact]
    public void A_task_that_allows_others_still_needs_its_resources()
    {
        _scheduler.AddWorker("a");

        var task = _scheduler.Submit(new TestWork(), NeedsGpu with { Workers = ["b"], AllowOtherWorkers = true });

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_runs_where_its_resources_are()
    {
        _scheduler.AddWorker("a");
        _scheduler.AddWorker("b", 1, ("gpu", 1));
        var enough = _scheduler.AddWorker("c", 1, ("gpu", 2));

        var task = _scheduler.Submit(new TestWork(), NeedsGpu);

        Assert.Equal([task], _scheduler.ProcessingOn(enough));
    }

    [Fact]
    public void A_task_that_no_worker_may_run_waits_and_the_topic_says_for_what()
    {
        _scheduler.AddWorker("small", 1, ("gpu", 1));

        var task = _scheduler.Submit(new TestWork("train"), NeedsGpu with { Workers = ["big"] });

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));
        var text = (string)Assert.Single(_scheduler.EventsOf("no-worker")).Content!;
        Assert.All(["train", "workers: big", "gpu 2", "small (gpu 1)"], part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_worker_that_joins_takes_what_waited_for_it()
    {
        var task = _scheduler.Submit(new TestWork(), NeedsGpu);
        _scheduler.AddWorker("a");
        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));

        var worker = _scheduler.AddWorker("b", 1, ("gpu", 4));

        Assert.Equal([task], _scheduler.ProcessingOn(worker));
        Assert.Null(_scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void A_task_that_waits_too_long_for_a_worker_fails_and_names_its_restriction()
    {
        _scheduler.AddWorker();
        var task = _scheduler.Submit(new TestWork(), NeedsGpu);
        var child = _scheduler.Submit(task);
        Assert.Equal(TimeSpan.FromSeconds(30), _scheduler.Machine.NextDeadline);

        _scheduler.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(_scheduler.ToldOf(task));
        _scheduler.Advance(TimeSpan.FromSeconds(1));

        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.Equal(TaskErrorKind.NoValidWorker, error.Kind);
        Assert.Contains("gpu 2", error.Message, StringComparison.Ordinal);
        Assert.IsType<NoValidWorkerException>(error.ToException());
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(child));
    }

    [Fact]
    public void Each_task_has_a_time_of_its_own_to_wait()
    {
        var first = _scheduler.Submit(new TestWork(), NeedsGpu);
        _scheduler.Advance(TimeSpan.FromSeconds(20));
        var second = _scheduler.Submit(new TestWork(), NeedsGpu);

        _scheduler.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(first));
        Assert.Empty(_scheduler.ToldOf(second));
        Assert.Equal(TimeSpan.FromSeconds(50), _scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void A_task_waits_again_when_its_only_worker_leaves()
    {
        var worker = _scheduler.AddWorker("a", 1, ("gpu", 2));
        _scheduler.AddWorker("b");
        var task = _scheduler.Submit(new TestWork(), NeedsGpu);

        _scheduler.RemoveWorker(worker);

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_that_any_worker_may_run_goes_to_the_first_that_comes_whatever_options_it_has()
    {
        var paused = _scheduler.AddWorker();
        var input = _scheduler.HoldData(paused);
        _scheduler.Handle(paused, new StatusChanged(Status.Paused));
        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Retries = 1 }, input);
        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));

        var worker = _scheduler.AddWorker();

        Assert.Equal([task], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_task_without_a_worker_can_be_given_up()
    {
        var input = _scheduler.Submit();
        _scheduler.Finish(_scheduler.AddWorker(), input);
        var task = _scheduler.Submit(new TestWork(), NeedsGpu, input);

        _scheduler.ReleaseAll();

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Null(_scheduler.Machine.NextDeadline);
        Assert.Equal(SchedulerTaskState.Forgotten, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_without_a_worker_waits_for_its_inputs_again_if_they_are_lost()
    {
        var worker = _scheduler.AddWorker("a");
        var left = _scheduler.Submit();
        var right = _scheduler.Submit();
        _scheduler.Finish(left, right);
        var task = _scheduler.Submit(new TestWork(), NeedsGpu, left, right, left);

        _scheduler.RemoveWorker(worker);
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(task));
        var gpu = _scheduler.AddWorker("b", 2, ("gpu", 2));
        _scheduler.Finish(left, right);

        Assert.Equal([task], _scheduler.ProcessingOn(gpu));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_queue_and_what_no_worker_may_run_have_each_a_time_of_their_own_to_wait(bool isQueueFirst)
    {
        var (queued, restricted) = (default(TaskKey), default(TaskKey));
        Submit(isQueueFirst);
        _scheduler.Advance(TimeSpan.FromSeconds(5));
        Submit(!isQueueFirst);
        var (first, second) = isQueueFirst ? (queued, restricted) : (restricted, queued);
        Assert.Equal(TimeSpan.FromSeconds(30), _scheduler.Machine.NextDeadline);

        _scheduler.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(first));
        Assert.Empty(_scheduler.ToldOf(second));
        _scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(second));

        void Submit(bool isQueue)
        {
            if (isQueue)
            {
                queued = _scheduler.Submit();
            }
            else
            {
                restricted = _scheduler.Submit(new TestWork(), NeedsGpu);
            }
        }
    }
}
