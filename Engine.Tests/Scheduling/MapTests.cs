using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>A map stays a range as long as its elements fare alike.</summary>
public sealed class MapTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, WorkStealing = false });

    [Fact]
    public void A_map_reaches_a_worker_as_one_entry()
    {
        _scheduler.AddWorker();

        var map = _scheduler.Map(100);

        var sent = Assert.Single(_scheduler.Sent.Computes);
        Assert.Equal((map[0], 100, 0), (sent.Key, sent.Count, sent.Element));
    }

    [Fact]
    public void A_map_over_several_pages_is_an_entry_a_page()
    {
        _scheduler.AddWorker();

        var map = _scheduler.Map(600);

        Assert.Equal([(map[0], 256, 0), (map[256], 256, 256), (map[512], 88, 512)], _scheduler.Sent.Computes.Select(static sent => (sent.Key, sent.Count, sent.Element)));
    }

    [Fact]
    public void A_map_is_shared_among_workers_in_ranges()
    {
        WorkerState[] workers = [_scheduler.AddWorker(), _scheduler.AddWorker()];

        _scheduler.Map(1000);

        Assert.All(workers, worker => Assert.InRange(worker.Processing.Count, 400, 600));
        Assert.True(_scheduler.Sent.Computes.Count < 50);
    }

    [Fact]
    public void A_range_that_has_run_is_told_in_one_notice()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(100);

        _scheduler.FinishRun(worker, map[0], 100);

        var notice = Assert.Single(_scheduler.Sent.Notices);
        Assert.Equal((map[0], 100, FutureStatus.Finished, true), (notice.Key, notice.Count, notice.Status, notice.HasValue));
        Assert.Equal(Enumerable.Range(0, 100).Cast<object>(), notice.Values);
    }

    [Fact]
    public void A_map_may_come_back_in_parts()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);

        _scheduler.FinishRun(worker, map[6], 4);
        _scheduler.FinishRun(worker, map[0], 5);
        _scheduler.Finish(worker, map[5], value: 5);

        Assert.All(map, key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
        Assert.Empty(_scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_map_that_is_told_twice_counts_once()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);

        _scheduler.FinishRun(worker, map[0], 6);
        _scheduler.FinishRun(worker, map[3], 7);

        Assert.All(map, key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
        Assert.Equal(80, worker.NBytes);
    }

    [Fact]
    public void An_element_in_the_middle_can_be_given_up_before_the_map_is_sent()
    {
        var map = _scheduler.Map(10);
        _scheduler.Release(map[4]);

        _scheduler.AddWorker();

        Assert.Equal([(map[0], 4), (map[5], 5)], _scheduler.Sent.Computes.Select(static sent => (sent.Key, sent.Count)));
    }

    [Fact]
    public void An_element_in_the_middle_can_be_given_up_while_the_map_runs()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);

        _scheduler.Release(map[4]);
        _scheduler.FinishRun(worker, map[0], 10);

        Assert.Equal([map[4], map[4]], _scheduler.Sent.Frees.Select(static free => free.Key)); // Once to stop it, once for its value.
        Assert.Equal(9, _scheduler.Sent.Notices.Sum(static notice => notice.Count));
        Assert.Equal((9, 72), (_scheduler.Machine.TaskCount, worker.NBytes));
    }

    [Fact]
    public void An_element_in_the_middle_can_be_cancelled()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);

        Assert.Equal([map[4]], _scheduler.Cancel(map[4]));
        _scheduler.FinishRun(worker, map[0], 10);

        Assert.Equal([FutureStatus.Cancelled], _scheduler.ToldOf(map[4]));
        Assert.All([.. map[..4], .. map[5..]], key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
    }

    [Fact]
    public void An_element_in_the_middle_can_be_needed_by_another_task()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);
        var reader = _scheduler.Submit(map[4]);

        _scheduler.FinishRun(worker, map[0], 10);

        Assert.Equal([reader], _scheduler.ProcessingOn(worker));
        Assert.All(map, key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
    }

    [Fact]
    public void A_sum_over_a_whole_map_runs_when_all_elements_are_there()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);
        var sum = _scheduler.Submit(map);

        _scheduler.FinishRun(worker, map[0], 9);
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(sum));
        _scheduler.Finish(worker, map[9]);

        Assert.Equal([sum], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void An_element_in_the_middle_can_fail()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);

        _scheduler.FinishRun(worker, map[0], 4);
        _scheduler.Fail(worker, map[4]);
        _scheduler.FinishRun(worker, map[5], 5);

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(map[4]));
        Assert.All(map[5..], key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
    }

    [Fact]
    public void An_element_in_the_middle_that_is_lost_is_computed_again_by_itself()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);
        _scheduler.FinishRun(worker, map[0], 10);
        _scheduler.Sent.Clear();

        _scheduler.Handle(_scheduler.Client, new DataMissing(map[4], worker.Address));

        var sent = Assert.Single(_scheduler.Sent.Computes);
        Assert.Equal((map[4], 1, 4), (sent.Key, sent.Count, sent.Element));
    }

    [Fact]
    public void A_map_whose_worker_dies_runs_elsewhere()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);
        _scheduler.FinishRun(worker, map[0], 3);
        var other = _scheduler.AddWorker();

        _scheduler.RemoveWorker(worker);

        Assert.Equal(map, _scheduler.ProcessingOn(other).Order());
        foreach (var key in map)
        {
            _scheduler.Finish(other, key);
        }

        Assert.All(map[3..], key => Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(key)));
    }

    [Fact]
    public void A_map_with_options_has_them_for_each_element()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(3, null, new TaskOptions { Retries = 1 });

        _scheduler.Fail(worker, map[1]);
        Assert.Empty(_scheduler.ToldOf(map[1]));
        _scheduler.Fail(worker, map[1]);

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(map[1]));
    }

    [Fact]
    public void A_map_without_elements_is_nothing()
    {
        _scheduler.AddWorker();
        _scheduler.Map(0);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_map_that_is_given_up_at_once_leaves_nothing()
    {
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(600);
        _scheduler.FinishRun(worker, map[0], 100);

        _scheduler.ReleaseAll();

        Assert.Equal((0, 0, 0), (_scheduler.Machine.TaskCount, worker.NBytes, worker.Processing.Count));
    }

    [Fact]
    public void A_map_runs_to_its_end_though_its_last_page_was_given_up_and_all_others_are_full()
    {
        var map = _scheduler.Map(16 * 256);
        _scheduler.Release(map[^256..]);

        var worker = _scheduler.AddWorker();

        Assert.Equal(map[..^256], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void An_entry_ends_with_its_page_also_when_a_page_is_sent_in_parts()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { WorkerSaturation = 1, WorkStealing = false });
        var worker = scheduler.AddWorker(threads: 100);
        scheduler.Map(512);

        for (var i = 0; i < scheduler.Sent.Computes.Count; i++)
        {
            scheduler.FinishRun(worker, scheduler.Sent.Computes[i].Key, scheduler.Sent.Computes[i].Count);
        }

        Assert.Equal(512, scheduler.Sent.Computes.Sum(static sent => sent.Count));
        Assert.All(scheduler.Sent.Computes, sent => Assert.Equal(sent.Key.Value >> 8, (sent.Key.Value + (ulong)sent.Count - 1) >> 8));
    }

    [Fact]
    public void A_range_that_has_run_is_kept_and_says_how_long_an_element_takes()
    {
        var worker = _scheduler.AddWorker();
        var work = new TestWork { HasElements = true };
        var map = _scheduler.Map(10, work);

        _scheduler.FinishRun(worker, map[0], 10, seconds: 7);

        Assert.Empty(_scheduler.Sent.Frees);
        _scheduler.Map(2, work);
        Assert.Equal(14, worker.Occupancy);
    }

    [Fact]
    public void Another_client_that_has_taken_an_element_is_told_when_its_range_has_run()
    {
        var other = _scheduler.AddClient();
        var worker = _scheduler.AddWorker();
        var map = _scheduler.Map(10);
        _scheduler.Publish("prices", map[3]);
        _scheduler.GetDataset("prices", other);

        _scheduler.FinishRun(worker, map[0], 10);

        Assert.Equal([FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(map[3], other));
    }

    [Fact]
    public void A_map_may_begin_and_end_anywhere_in_a_page()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.Handle(_scheduler.Client, new SubmitMap(new TaskKey(_scheduler.Client.Id, 10), 300, new TestWork { HasElements = true }, options: null));

        Assert.Equal(Enumerable.Range(10, 300).Select(number => new TaskKey(_scheduler.Client.Id, number)), _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void Only_one_element_of_a_map_gets_its_name_and_the_others_fail()
    {
        _scheduler.AddWorker();

        var map = _scheduler.Map(3, options: new TaskOptions { Name = "prices" });

        Assert.Equal(map[0], _scheduler.FindKey("prices"));
        Assert.All(map[1..], key => Assert.Equal((TaskErrorKind.KeyConflict, key), (_scheduler.NoticesOf(key).Single().Error!.Kind, _scheduler.NoticesOf(key).Single().Error!.Key)));
        Assert.Equal([map[0]], _scheduler.Sent.Computes.Select(static sent => sent.Key));
    }
}
