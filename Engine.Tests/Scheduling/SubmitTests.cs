using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

public sealed class SubmitTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void A_task_without_inputs_is_queued_until_a_worker_joins()
    {
        var task = _scheduler.Submit();
        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));

        var worker = _scheduler.AddWorker();

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
        Assert.Same(worker, Assert.Single(_scheduler.Sent.Computes).Worker);
    }

    [Fact]
    public void Tasks_that_are_submitted_together_may_lie_in_two_pages_of_which_the_second_was_another_clients_before()
    {
        var first = _scheduler.SubmitMany(250, new TestWork());
        var other = _scheduler.AddClient();
        _scheduler.Release(other, _scheduler.Submit(other, new TestWork()));

        var others = _scheduler.SubmitMany(20, new TestWork());

        _scheduler.AddWorker(threads: 400);
        Assert.Equal([.. first, .. others], _scheduler.ProcessingOn(_scheduler.Machine.Workers.Single()));
    }

    [Fact]
    public void A_task_goes_from_waiting_over_queued_and_processing_to_memory()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Finish(worker, task);

        Assert.Equal(
            ["Forgotten -> Waiting", "Waiting -> Queued", "Queued -> Processing", "Processing -> Memory"],
            _scheduler.StoryOf(task).Select(static line => $"{line.Start} -> {line.Finish}"));
    }

    [Fact]
    public void A_task_waits_until_its_last_input_is_there()
    {
        _scheduler.AddWorker();
        _scheduler.AddWorker();
        var left = _scheduler.Submit();
        var right = _scheduler.Submit();
        var sum = _scheduler.Submit(left, right);

        _scheduler.Finish(left);
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(sum));

        _scheduler.Finish(right);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(sum));
    }

    [Fact]
    public void A_worker_is_told_where_the_inputs_are_in_the_order_of_the_submission()
    {
        var worker = _scheduler.AddWorker();
        var first = _scheduler.Submit();
        var second = _scheduler.Submit();
        _scheduler.Finish(first, second);

        var task = _scheduler.Submit(second, first, second);

        var dependencies = _scheduler.Sent.Computes.Single(sent => sent.Key == task).Dependencies;
        Assert.Equal([second, first, second], dependencies.Select(static dependency => dependency.Key));
        Assert.All(dependencies, dependency => Assert.Same(worker.Address, dependency.Holder));
    }

    [Fact]
    public void A_task_that_reads_one_input_twice_starts_once_that_is_there()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var square = _scheduler.Submit(input, input);

        _scheduler.Finish(worker, input);
        _scheduler.Finish(worker, square);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(square));
    }

    [Fact]
    public void The_client_is_told_of_the_end_once_and_gets_a_small_value_along()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();

        _scheduler.Finish(worker, task, value: 42);
        _scheduler.Finish(worker, task, value: 43);

        var notice = Assert.Single(_scheduler.NoticesOf(task));
        Assert.Equal((FutureStatus.Finished, true), (notice.Status, notice.HasValue));
        Assert.Equal([42], notice.Values);
    }

    [Fact]
    public void A_large_value_stays_with_its_worker()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();

        _scheduler.Finish(worker, task, bytes: 1_000_000);

        Assert.False(Assert.Single(_scheduler.NoticesOf(task)).HasValue);
        Assert.Equal([worker.Address], _scheduler.HoldersOf(task));
    }

    [Fact]
    public void A_task_with_an_input_that_nobody_knows_fails_and_says_which()
    {
        _scheduler.AddWorker();
        var unknown = new TaskKey(_scheduler.Client.Id, 1000);

        var task = _scheduler.Submit(unknown);

        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.Equal((TaskErrorKind.UnknownDependency, unknown), (error.Kind, error.Key));
        Assert.IsType<UnknownKeyException>(error.ToException());
    }

    [Fact]
    public void An_unknown_input_lets_go_of_the_known_ones()
    {
        var worker = _scheduler.AddWorker();
        var known = _scheduler.Submit();
        _scheduler.Finish(worker, known);
        var task = _scheduler.Submit(known, new TaskKey(_scheduler.Client.Id, 1000));

        _scheduler.Release(known);
        _scheduler.Release(task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_failed_task_with_an_unknown_input_does_not_run_with_fewer_inputs_when_it_is_retried()
    {
        _scheduler.AddWorker();
        var task = _scheduler.Submit(new TaskKey(_scheduler.Client.Id, 1000));

        _scheduler.Retry(task);

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_on_a_failed_input_fails_at_once_and_blames_the_input()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        _scheduler.Fail(worker, input);

        var task = _scheduler.Submit(input);

        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.Equal(input, error.Key);
        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_key_is_submitted_once()
    {
        var task = _scheduler.Submit();
        var again = Engine.Collections.BatchPool<SubmitBatch>.Get();
        again.First = task;
        again.Add(new TestWork(), null);

        Assert.Contains("each once", _scheduler.Handle(_scheduler.Client, again), StringComparison.Ordinal);
    }

    [Fact]
    public void The_keys_of_a_map_are_submitted_once()
    {
        var keys = _scheduler.Map(3);

        Assert.NotNull(_scheduler.Handle(_scheduler.Client, new SubmitMap(keys[2], 1, new TestWork(), null)));
        Assert.NotNull(_scheduler.Handle(_scheduler.Client, new SubmitMap(new TaskKey(_scheduler.Client.Id, (1L << 40) - 5), 6, new TestWork(), null)));
    }

    [Fact]
    public void Nobody_submits_a_task_of_another_client()
    {
        var other = _scheduler.AddClient();

        Assert.Contains("another client's", _scheduler.Handle(_scheduler.Client, new SubmitMap(new TaskKey(other.Id, 0), 1, new TestWork(), null)), StringComparison.Ordinal);
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_task_that_needs_itself_fails()
    {
        var task = _scheduler.Submit(new TaskKey(_scheduler.Client.Id, 0));

        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_chain_runs_to_its_end_and_leaves_nothing()
    {
        var worker = _scheduler.AddWorker();
        var last = _scheduler.Submit();
        var keys = new List<TaskKey> { last };
        for (var i = 0; i < 20; i++)
        {
            keys.Add(last = _scheduler.Submit(last));
        }

        foreach (var key in keys)
        {
            _scheduler.Finish(worker, key);
        }

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(last));
        _scheduler.ReleaseAll();
        Assert.Equal((0, 0), (_scheduler.Machine.TaskCount, worker.NBytes));
    }

    [Fact]
    public void The_last_number_that_there_is_can_be_submitted_and_none_beyond()
    {
        SubmitMap Last(int count) => new(new TaskKey(_scheduler.Client.Id, (long)TaskKey.MaxSequence), count, new TestWork { HasElements = true }, options: null);

        Assert.NotNull(_scheduler.Handle(_scheduler.Client, Last(2)));
        Assert.Null(_scheduler.Handle(_scheduler.Client, Last(1)));

        Assert.Equal(1, _scheduler.Machine.QueuedCount);
    }

    [Fact]
    public void Each_task_of_a_batch_gets_its_own_inputs_which_may_come_in_the_same_batch()
    {
        var worker = _scheduler.AddWorker(threads: 10);
        var batch = new SubmitBatch { First = new TaskKey(_scheduler.Client.Id, 0) };
        var keys = Enumerable.Range(0, 6).Select(i => new TaskKey(_scheduler.Client.Id, i)).ToArray();
        Add();
        Add();
        Add(keys[0]);
        Add();
        Add(keys[1], keys[3]);
        Add();

        _scheduler.Handle(_scheduler.Client, batch);

        Assert.Equal(keys.Order(), _scheduler.ProcessingOn(worker).Order());
        Assert.Equal([keys[0]], InputsOf(keys[2]));
        Assert.Equal([keys[1], keys[3]], InputsOf(keys[4]));

        void Add(params TaskKey[] inputs)
        {
            batch.Add(new TestWork(), options: null);
            Array.ForEach(inputs, batch.AddDependency);
        }

        IEnumerable<TaskKey> InputsOf(TaskKey key) => _scheduler.Sent.Computes.Single(sent => sent.Key == key).Dependencies.Select(static input => input.Key);
    }
}
