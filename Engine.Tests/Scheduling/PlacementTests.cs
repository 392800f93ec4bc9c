using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

public sealed class PlacementTests
{
    private const long Gigabyte = 1_000_000_000; // A second of moving.

    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkStealing = false });

    [Fact]
    public void A_task_runs_where_its_input_lies()
    {
        var (holder, _) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var input = HeldBy(holder, bytes: 1000);

        var task = _scheduler.Submit(input);

        Assert.Equal([task], _scheduler.ProcessingOn(holder));
    }

    [Fact]
    public void Tasks_that_come_one_by_one_spread_evenly_over_workers_with_several_threads()
    {
        var (first, second) = (_scheduler.AddWorker(threads: 2), _scheduler.AddWorker(threads: 2));

        for (var each = 1; each <= 2; each++)
        {
            _scheduler.Submit(new TestWork());
            _scheduler.Submit(new TestWork());

            Assert.Equal(each, first.Processing.Count);
            Assert.Equal(each, second.Processing.Count);
        }
    }

    [Fact]
    public void Tasks_of_two_functions_that_came_side_by_side_each_count_with_their_own_duration()
    {
        var worker = _scheduler.AddWorker(threads: 4);
        var (brief, lengthy) = (new TestWork("brief"), new TestWork("lengthy"));
        _scheduler.Finish(worker, _scheduler.Submit(brief), seconds: 0.1);
        _scheduler.Finish(worker, _scheduler.Submit(lengthy), seconds: 7);
        var batch = new SubmitBatch { First = new TaskKey(_scheduler.Client.Id, 1024) };
        batch.Add(brief, options: null);
        batch.Add(lengthy, options: null);

        _scheduler.Handle(_scheduler.Client, batch);

        Assert.Equal(2, worker.Processing.Count);
        Assert.Equal(7.1, worker.Occupancy, tolerance: 0.01);
    }

    [Fact]
    public void A_task_runs_where_most_bytes_of_its_inputs_lie()
    {
        var (first, second) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var small = HeldBy(first, bytes: 1000);
        var large = HeldBy(second, bytes: 1_000_000);

        var task = _scheduler.Submit(small, large);

        Assert.Equal([task], _scheduler.ProcessingOn(second));
    }

    [Fact]
    public void A_large_input_keeps_a_task_at_a_holder_that_is_busy_for_less_than_the_move_would_take()
    {
        var (holder, other) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = HeldBy(holder, bytes: Gigabyte);
        Occupy(holder, seconds: 0.5);

        var task = _scheduler.Submit(input);

        Assert.Contains(task, _scheduler.ProcessingOn(holder));
        Assert.Empty(_scheduler.ProcessingOn(other));
    }

    [Fact]
    public void A_long_queue_at_the_holder_sends_a_task_to_an_idle_worker()
    {
        var (holder, other) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = HeldBy(holder, bytes: Gigabyte / 10);
        Occupy(holder, seconds: 0.5);

        var task = _scheduler.Submit(input);

        Assert.Equal([task], _scheduler.ProcessingOn(other));
    }

    [Fact]
    public void A_holder_of_a_copy_is_as_good_as_the_first()
    {
        var (holder, copy) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = HeldBy(holder, bytes: Gigabyte);
        _scheduler.AddReplica(copy, input);
        Occupy(holder, seconds: 0.5);

        var task = _scheduler.Submit(input);

        Assert.Equal([task], _scheduler.ProcessingOn(copy));
        Assert.Same(copy.Address, _scheduler.Sent.Computes.Single(sent => sent.Key == task).Dependencies[0].Holder);
    }

    [Theory]
    [InlineData(1, 1.1, 2)]
    [InlineData(4, 1.1, 5)]
    [InlineData(10, 1.1, 11)]
    [InlineData(3, 1.0, 3)]
    [InlineData(4, 0.5, 2)]
    [InlineData(1, 0.1, 1)]
    public void A_worker_gets_so_many_roots_of_unknown_duration_as_its_threads_times_the_saturation(int threads, double saturation, int expected)
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = saturation });
        var worker = scheduler.AddWorker(threads: threads);

        scheduler.SubmitMany(30, new TestWork());

        Assert.Equal(expected, scheduler.ProcessingOn(worker).Count());
        Assert.Equal(30 - expected, scheduler.Machine.QueuedCount);
    }

    [Fact]
    public void An_infinite_saturation_sends_all_at_once()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, WorkStealing = false });
        var workers = new[] { scheduler.AddWorker(), scheduler.AddWorker() };

        scheduler.SubmitMany(100, new TestWork());

        Assert.Equal(0, scheduler.Machine.QueuedCount);
        Assert.All(workers, worker => Assert.InRange(worker.Processing.Count, 40, 60));
    }

    [Fact]
    public void Tasks_known_to_be_tiny_are_sent_ahead()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { PrefetchSeconds = 0.001 });
        var worker = scheduler.AddWorker();
        var work = new TestWork();
        scheduler.Finish(worker, scheduler.Submit(work), seconds: 1e-5);

        scheduler.SubmitMany(500, work);

        Assert.InRange(worker.Processing.Count, 95, 105); // A millisecond of them.
    }

    [Fact]
    public void Tiny_tasks_are_sent_ahead_up_to_a_limit()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { PrefetchMax = 50 });
        var worker = scheduler.AddWorker();
        var work = new TestWork();
        scheduler.Finish(worker, scheduler.Submit(work), seconds: 1e-8);

        scheduler.SubmitMany(500, work);

        Assert.Equal(50, worker.Processing.Count);
    }

    [Fact]
    public void Each_end_lets_the_next_queued_task_go()
    {
        var worker = _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(4, new TestWork());

        _scheduler.Finish(worker, tasks[0]);

        Assert.Equal([tasks[1], tasks[2]], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_failure_lets_the_next_queued_task_go_too()
    {
        var worker = _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(4, new TestWork());

        _scheduler.Fail(worker, tasks[0]);

        Assert.Equal([tasks[1], tasks[2]], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_release_lets_the_next_queued_task_go_too()
    {
        var worker = _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(4, new TestWork());

        _scheduler.Release(tasks[0], tasks[1]);

        Assert.Equal([tasks[2], tasks[3]], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void Queued_tasks_are_spread_over_workers()
    {
        WorkerState[] workers = [_scheduler.AddWorker(threads: 2), _scheduler.AddWorker(threads: 2), _scheduler.AddWorker(threads: 2)];

        _scheduler.SubmitMany(6, new TestWork());

        Assert.All(workers, worker => Assert.Equal(2, worker.Processing.Count));
    }

    [Fact]
    public void A_new_worker_takes_from_the_queue()
    {
        var first = _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(4, new TestWork());

        var second = _scheduler.AddWorker();

        Assert.Equal(tasks[..2], _scheduler.ProcessingOn(first));
        Assert.Equal(tasks[2..], _scheduler.ProcessingOn(second));
    }

    [Fact]
    public void Higher_priority_goes_first_and_among_equals_the_earlier()
    {
        var low = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = -1 });
        var first = _scheduler.Submit();
        var second = _scheduler.Submit();
        var high = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = 5 });
        var highest = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = short.MaxValue });
        var lowest = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = -short.MaxValue });

        _scheduler.AddWorker(threads: 10);

        Assert.Equal([highest, high, first, second, low, lowest], _scheduler.Sent.Computes.Select(static sent => sent.Key));
        Assert.Equal(_scheduler.Sent.Computes.Select(static sent => sent.Order).Distinct().Order(), _scheduler.Sent.Computes.Select(static sent => sent.Order));
    }

    [Fact]
    public void Priority_counts_across_clients_and_then_who_came_first()
    {
        var (one, two) = (_scheduler.AddClient(), _scheduler.AddClient());
        var early = _scheduler.Submit(one, new TestWork());
        var late = _scheduler.Submit(two, new TestWork());
        var important = _scheduler.Submit(two, new TestWork(), new TaskOptions { Priority = 1 });

        _scheduler.AddWorker(threads: 10);

        Assert.Equal([important, early, late], _scheduler.Sent.Computes.Select(static sent => sent.Key));
    }

    [Fact]
    public void A_task_that_was_released_and_is_needed_again_keeps_its_place_and_hides_no_other()
    {
        // A map waits in the queue as one run. Its first element is given up while a failed reader of it is kept, and is
        // needed again by a retry: then it is queued beside the run, with the same place.
        var other = _scheduler.AddClient();
        var worker = _scheduler.AddWorker();
        var culprit = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = 10 });
        var filler = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = 10 });
        var map = _scheduler.Map(20);
        var behind = _scheduler.Submit(new TestWork(), new TaskOptions { Priority = -1 });
        var reader = _scheduler.Submit(other, new TestWork(), null, map[0], culprit);
        _scheduler.Release(map[0]);
        _scheduler.Fail(worker, culprit);
        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(map[0]));

        _scheduler.Ask(new RetryRequest([reader]), other);
        while (worker.Processing.Count > 0)
        {
            _scheduler.Finish(worker, _scheduler.ProcessingOn(worker).First());
        }

        Assert.Equal(0, _scheduler.Machine.QueuedCount);
        Assert.All([.. map[1..], filler, behind], key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
        Assert.Equal([FutureStatus.Error, FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(reader, other));
    }

    [Fact]
    public void A_queue_that_nobody_can_take_from_does_not_grow_with_what_was_given_up()
    {
        for (var i = 0; i < 1000; i++)
        {
            _scheduler.Release(_scheduler.Submit());
        }

        Assert.Equal((0, 0), (_scheduler.Machine.QueuedCount, _scheduler.Machine.QueueLength));
    }

    [Fact]
    public void What_needs_nothing_of_a_worker_that_is_cut_off_is_placed()
    {
        var cut = _scheduler.AddWorker(_scheduler.AddNanny());
        var worker = _scheduler.AddWorker();
        var input = HeldBy(worker, bytes: 8);

        _scheduler.Cut(cut);

        Assert.Equal([_scheduler.Submit(input)], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void What_needs_a_value_that_is_cut_off_waits_whoever_joins_and_the_topic_says_for_what()
    {
        var cut = _scheduler.AddWorker(_scheduler.AddNanny());
        var input = HeldBy(cut, bytes: 8);
        _scheduler.Cut(cut);
        var task = _scheduler.Submit(input);

        _scheduler.AddWorker();

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));
        Assert.Contains(_scheduler.EventsOf("no-worker"), logged => ((string)logged.Content!).Contains("whose connection broke", StringComparison.Ordinal));
    }

    [Fact]
    public void With_no_slot_free_and_no_holder_that_takes_work_a_task_goes_where_the_wait_is_shortest()
    {
        var holder = _scheduler.AddWorker("holder");
        var input = HeldBy(holder, bytes: 8);
        var (shortest, middle, longest) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"), _scheduler.AddWorker("c"));
        Occupy(shortest, seconds: 1);
        Occupy(middle, seconds: 2);
        Occupy(longest, seconds: 3);
        _scheduler.Handle(holder, new StatusChanged(Status.Paused));

        var task = _scheduler.Submit(input);

        Assert.Contains(task, _scheduler.ProcessingOn(shortest));
    }

    [Fact]
    public void Who_has_neither_an_input_nor_a_free_slot_gets_nothing_though_its_wait_is_shorter()
    {
        var (holder, other) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var (input, another) = (HeldBy(holder, bytes: 8), HeldBy(other, bytes: 8));
        Occupy(holder, seconds: 3);
        Occupy(other, seconds: 1);
        Assert.Contains(_scheduler.Submit(another), _scheduler.ProcessingOn(other));

        var task = _scheduler.Submit(input);

        Assert.Contains(task, _scheduler.ProcessingOn(holder));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_the_workers_that_it_names_a_task_takes_one_that_holds_its_input(bool isCopy)
    {
        _scheduler.AddWorker("a");
        var (holder, elsewhere) = (_scheduler.AddWorker("b"), _scheduler.AddWorker("c"));
        var input = HeldBy(isCopy ? elsewhere : holder, bytes: Gigabyte);
        if (isCopy)
        {
            _scheduler.AddReplica(holder, input);
        }

        var task = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["a", "b"] }, input);

        Assert.Equal([task], _scheduler.ProcessingOn(holder));
    }

    [Fact]
    public void A_free_slot_means_no_wait_whatever_runs_beside_it()
    {
        var (wide, narrow) = (_scheduler.AddWorker("a", threads: 2), _scheduler.AddWorker("b"));
        var input = HeldBy(wide, bytes: 8);
        _scheduler.AddReplica(narrow, input);
        Occupy(wide, seconds: 10);
        Occupy(narrow, seconds: 0.5);

        var task = _scheduler.Submit(input);

        Assert.Contains(task, _scheduler.ProcessingOn(wide));
    }

    [Fact]
    public void A_wait_that_is_shorter_than_any_move_keeps_a_task_at_the_holder()
    {
        var holder = _scheduler.AddWorker("a");
        _scheduler.AddWorker("b");
        var input = HeldBy(holder, bytes: 8);
        Occupy(holder, seconds: 30e-6);

        var task = _scheduler.Submit(input);

        Assert.Contains(task, _scheduler.ProcessingOn(holder));
    }

    [Fact]
    public void Tasks_that_lie_side_by_side_are_sent_as_an_entry_each_if_they_are_no_map()
    {
        _scheduler.AddWorker(threads: 4);

        var tasks = _scheduler.SubmitMany(3, new TestWork());

        Assert.Equal(tasks.Select(static task => (task, 1)), _scheduler.Sent.Computes.Select(static sent => (sent.Key, sent.Count)));
    }

    [Fact]
    public void A_worker_is_told_the_options_and_the_inputs_of_each_task_that_comes_in_a_batch()
    {
        var worker = _scheduler.AddWorker(threads: 4);
        TaskKey[] inputs = [HeldBy(worker, bytes: 8), HeldBy(worker, bytes: 8)];
        var options = new TaskOptions { Timeout = TimeSpan.FromSeconds(5) };
        var batch = new SubmitBatch { First = new TaskKey(_scheduler.Client.Id, 1024) };
        batch.Add(new TestWork(), options);
        batch.AddDependency(inputs[0]);
        batch.Add(new TestWork(), options: null);
        batch.AddDependency(inputs[1]);
        _scheduler.Sent.Clear();

        _scheduler.Handle(_scheduler.Client, batch);

        Assert.Equal([(options, inputs[0]), (null, inputs[1])], _scheduler.Sent.Computes.Select(static sent => (sent.Options, Assert.Single(sent.Dependencies).Key)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_queued_task_goes_to_who_has_least_to_do_for_its_threads(bool isWideFirst)
    {
        _scheduler.AddWorker(isWideFirst ? "wide" : "narrow", isWideFirst ? 4 : 2);
        _scheduler.AddWorker(isWideFirst ? "narrow" : "wide", isWideFirst ? 2 : 4);
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["wide"] });
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["narrow"] });

        var task = _scheduler.Submit();

        Assert.Equal("wide", _scheduler.Sent.Latest[task].Worker.Address.Name);
    }

    [Fact]
    public void Tasks_that_come_side_by_side_wait_in_the_queue_as_one()
    {
        _scheduler.SubmitMany(10, new TestWork());

        Assert.Equal((10, 1), (_scheduler.Machine.QueuedCount, _scheduler.Machine.QueueLength));
    }

    [Fact]
    public void A_worker_with_nothing_to_do_has_no_load_left_from_rounding()
    {
        var worker = _scheduler.AddWorker(threads: 2);
        var (lengthy, brief) = (new TestWork(), new TestWork());
        _scheduler.Finish(worker, _scheduler.Submit(lengthy), seconds: 1000);
        _scheduler.Finish(worker, _scheduler.Submit(brief), seconds: 1e-8);
        var (first, second) = (_scheduler.Submit(lengthy), _scheduler.Submit(brief));

        _scheduler.Finish(worker, first, seconds: 1000);
        _scheduler.Finish(worker, second, seconds: 1e-8);

        Assert.Equal(0.0, worker.Occupancy);
    }

    private TaskKey HeldBy(WorkerState worker, long bytes)
    {
        var key = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [worker.Address.Name] });
        _scheduler.Finish(worker, key, bytes: bytes);
        return key;
    }

    /// <summary>A task of known duration runs on the worker.</summary>
    private void Occupy(WorkerState worker, double seconds)
    {
        var work = new TestWork();
        var options = new TaskOptions { Workers = [worker.Address.Name] };
        _scheduler.Finish(worker, _scheduler.Submit(work, options), seconds: seconds);
        _scheduler.Submit(work, options);
    }
}
