using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>A worker that is being retired: what has not started goes back, then it says so; what runs goes on.</summary>
public sealed class LeaveTests
{
    private static readonly WorkerAddress s_self = new(new WorkerId(1), "test://self", "w1");

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void A_worker_with_nothing_to_do_says_at_once_that_it_takes_nothing_more()
    {
        _worker.CloseAdmission(7);

        Assert.Equal(7, Acknowledgement().Retirement);
        Assert.True(_worker.Machine.IsLeaving);
        Assert.Equal(0, _worker.RecallCount);
    }

    [Fact]
    public void It_says_so_only_after_what_the_executor_had_not_started_was_returned()
    {
        var worker = new WorkerFixture(new WorkerSettings { RunSeconds = 1 });
        worker.Compute(Key(0));
        worker.End(Key(0), seconds: 0.1); // Short enough for the executor to get several.
        worker.ComputeMany(Key(1), Key(2), Key(3));
        Assert.Equal(3, worker.Machine.ExecutingCount);
        worker.Order.Clear();

        worker.CloseAdmission();
        Assert.Equal((1, 0), (worker.RecallCount, worker.Order.Count));
        worker.GiveBack(Key(2), Key(3));

        Assert.Equal(["TasksReturned", "AdmissionClosed"], worker.Order);
        Assert.Equal([(Key(2), 1), (Key(3), 1)], worker.Returned);
        worker.End(Key(1));
        Assert.Contains(worker.Finished, static finished => finished.Key == Key(1)); // What ran was waited for.
    }

    [Fact]
    public void It_says_so_after_all_results_of_before()
    {
        _worker.Compute(Key(1));
        _worker.CloseAdmission();

        _worker.End(Key(1)); // Before the executor answers.
        _worker.GiveBack();

        Assert.Equal(["FinishedBatch", "AdmissionClosed"], _worker.Order);
    }

    [Fact]
    public void What_waits_for_a_slot_is_returned()
    {
        _worker.ComputeMany(Key(1), Key(2), Key(3));

        _worker.CloseAdmission();
        Assert.Empty(_worker.Returned);
        _worker.GiveBack();

        Assert.Equal([(Key(2), 1), (Key(3), 1)], _worker.Returned);
        Assert.Equal([Key(1)], _worker.Started);
    }

    [Fact]
    public void What_waits_does_not_start_when_a_slot_gets_free_before_the_executor_has_answered()
    {
        _worker.ComputeMany(Key(1), Key(2));
        _worker.CloseAdmission();

        _worker.End(Key(1));
        Assert.Equal([Key(1)], _worker.Started);
        _worker.GiveBack();

        Assert.Equal([(Key(2), 1)], _worker.Returned);
    }

    [Fact]
    public void What_waits_for_inputs_is_returned_and_inputs_that_come_start_nothing()
    {
        _worker.Compute(Key(10), (Key(1), Peer(2)));

        _worker.CloseAdmission();
        Assert.Equal([(Key(10), 1)], _worker.Returned);
        _worker.Deliver(_worker.Asked[0]);

        Assert.Empty(_worker.Started);
        Assert.Equal(["TasksReturned", "AdmissionClosed"], _worker.Order[..2]);
    }

    [Fact]
    public void What_waits_for_resources_is_returned()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 4, Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        var gpu = new TaskOptions { Resources = [new("gpu", 1)] };
        worker.Compute(Key(1), null, gpu, []);
        worker.Compute(Key(2), null, gpu, []);

        worker.CloseAdmission();
        worker.GiveBack();

        Assert.Equal([(Key(2), 1)], worker.Returned);
        worker.End(Key(1));
        Assert.Equal([Key(1)], worker.Started);
    }

    [Fact]
    public void What_waits_for_inputs_from_the_store_is_returned()
    {
        var worker = new WorkerFixture(new WorkerSettings { MemoryLimit = 1000, MemoryTarget = 0.5, SpillBytesMin = 100 });
        worker.Machine.Self = s_self;
        var values = new byte[4][];
        for (var i = 1; i <= 3; i++)
        {
            worker.Compute(Key(i));
            worker.End(Key(i), values[i] = new byte[200 - 24]);
            if (worker.Orders.Count > 0 && worker.Orders[^1] is { Action: SpillAction.Write } write && write.Key == Key(i - 2))
            {
                worker.EndWrite();
            }
        }

        worker.Compute(Key(10), (Key(1), s_self));
        var read = Assert.Single(worker.Orders, static order => order.Action == SpillAction.Read);

        worker.CloseAdmission();
        worker.EndRead(read, values[1]);

        Assert.Equal([(Key(10), 1)], worker.Returned);
        Assert.DoesNotContain(Key(10), worker.Started);
        Assert.Contains(worker.Told, static told => told is AdmissionClosed);
    }

    [Fact]
    public void What_waits_for_a_slot_and_had_its_inputs_read_is_returned()
    {
        var worker = new WorkerFixture(new WorkerSettings { MemoryLimit = 1000, MemoryTarget = 0.5, SpillBytesMin = 100 });
        worker.Compute(Key(1));
        worker.End(Key(1), new byte[600]);
        worker.EndWrite();
        worker.Compute(Key(10), (Key(1), s_self));
        worker.Compute(Key(11)); // Takes the slot meanwhile.
        worker.EndRead(worker.Orders[^1], new byte[600]);

        worker.CloseAdmission();
        worker.GiveBack();

        Assert.Equal([(Key(10), 1)], worker.Returned);
        Assert.Equal(0, worker.Machine.ReadyCount);
    }

    [Fact]
    public void A_run_of_a_map_is_cut_and_its_rest_returned()
    {
        _worker.ComputeMap(Key(256), 5);
        _worker.CloseAdmission();
        _worker.GiveBack(); // It has started, so it can't be given back as a whole.
        Assert.Single(_worker.Told, static told => told is AdmissionClosed);

        _worker.EndRun(Key(256), [0, 1]);

        Assert.Equal((Key(256), 2), (Assert.Single(_worker.Finished).Key, _worker.Finished[0].Count));
        Assert.Equal([(Key(258), 1), (Key(259), 1), (Key(260), 1)], _worker.Returned);
        Assert.Equal([Key(256)], _worker.Started);
        Assert.Equal(0, _worker.Machine.ReadyCount);
    }

    [Fact]
    public void Runs_of_a_map_that_have_not_started_are_returned_element_by_element()
    {
        _worker.Compute(Key(0));
        _worker.ComputeMap(Key(256), 3);
        _worker.Free(Key(257)); // Nobody wants that one.

        _worker.CloseAdmission();
        _worker.GiveBack();

        Assert.Equal([(Key(256), 1), (Key(258), 1)], _worker.Returned);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tasks_that_were_on_their_way_are_returned_before_and_after_it_has_said_so(bool before)
    {
        _worker.Compute(Key(1));
        _worker.CloseAdmission();
        if (!before)
        {
            _worker.GiveBack();
        }

        _worker.Compute(Key(2), null, null, [], attempt: 3);
        _worker.ComputeMap(Key(256), 2);

        Assert.Equal([(Key(2), 3), (Key(256), 1), (Key(257), 1)], _worker.Returned);
        _worker.End(Key(1));
        Assert.Equal([Key(1)], _worker.Started);
    }

    [Fact]
    public void Values_are_served_and_dropped_while_it_leaves()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1));
        _worker.CloseAdmission();

        Assert.True(_worker.Holds(Key(1)));
        _worker.Free(Key(1));
        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void A_task_that_has_left_its_slot_goes_on()
    {
        _worker.Compute(Key(1));
        _worker.Secede(Key(1));

        _worker.CloseAdmission();
        Assert.Contains(_worker.Told, static told => told is AdmissionClosed); // Nothing else runs.
        _worker.End(Key(1));

        Assert.Empty(_worker.Cancelled);
        Assert.Equal(Key(1), Assert.Single(_worker.Finished).Key);
    }

    [Fact]
    public void It_goes_on_as_before_when_the_retirement_is_aborted()
    {
        _worker.CloseAdmission();

        _worker.OpenAdmission();
        _worker.Compute(Key(1));

        Assert.False(_worker.Machine.IsLeaving);
        Assert.Equal([Key(1)], _worker.Started);
        Assert.Empty(_worker.Returned);
    }

    [Fact]
    public void What_the_executor_gives_back_after_an_abort_runs_here_and_nothing_is_acknowledged()
    {
        _worker.Compute(Key(1));
        _worker.CloseAdmission();
        _worker.OpenAdmission();

        _worker.GiveBack(Key(1));

        Assert.Equal([Key(1), Key(1)], _worker.Started);
        Assert.Empty(_worker.Order);
    }

    [Fact]
    public void A_second_retirement_after_an_aborted_one_is_acknowledged_by_its_own_number()
    {
        _worker.Compute(Key(1));
        _worker.CloseAdmission(1);
        _worker.OpenAdmission();
        _worker.CloseAdmission(2);

        _worker.GiveBack();

        Assert.Equal(2, Acknowledgement().Retirement);
    }

    [Theory]
    [InlineData("compute", "close", "open")]
    [InlineData("close", "compute", "open")]
    [InlineData("close", "open", "compute")]
    public void A_retirement_and_its_abort_around_a_start_run_the_task_once_6867(string first, string second, string third)
    {
        foreach (var recalls in new[] { true, false })
        {
            var worker = new WorkerFixture();
            foreach (var step in new[] { first, second, third })
            {
                Play(worker, step, recalls);
            }

            foreach (var (key, attempt) in worker.Returned.ToList())
            {
                worker.Compute(key, null, null, [], attempt: attempt + 1); // The scheduler places it again.
            }

            worker.End(Key(1));

            Assert.Equal(Key(1), Assert.Single(worker.Finished).Key);
            Assert.Equal(0, worker.Machine.ReadyCount + worker.Machine.ExecutingCount);
        }

        static void Play(WorkerFixture worker, string step, bool recalls)
        {
            switch (step)
            {
                case "compute":
                    worker.Compute(Key(1));
                    break;
                case "open":
                    worker.OpenAdmission();
                    break;
                default:
                    worker.CloseAdmission();
                    if (worker.RecallCount > 0)
                    {
                        worker.GiveBack(recalls ? [Key(1)] : []); // No lane had begun it, or one had.
                    }

                    break;
            }
        }
    }

    [Fact]
    public void A_task_that_is_interrupted_sees_that_its_worker_retires_and_nothing_of_it_is_told()
    {
        _worker.Compute(Key(1));
        _worker.CloseAdmission();
        _worker.GiveBack();
        _worker.Order.Clear();

        _worker.Interrupt(Key(1));
        Assert.Equal([(Key(1), CancellationCause.Retiring)], _worker.Cancelled);
        _worker.Err(Key(1), new OperationCanceledException());

        Assert.Empty(_worker.Order);
        Assert.Equal((0, 0), (_worker.Machine.ExecutingCount, _worker.Machine.RowCount));
    }

    [Fact]
    public void A_result_of_a_task_that_was_interrupted_is_neither_kept_nor_told()
    {
        _worker.Compute(Key(1));
        _worker.Interrupt(Key(1));

        _worker.End(Key(1));

        Assert.Empty(_worker.Finished);
        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void An_interruption_of_an_older_attempt_changes_nothing_I7()
    {
        _worker.Compute(Key(1), null, null, [], attempt: 2);

        _worker.Interrupt(Key(1), attempt: 1);
        _worker.End(Key(1));

        Assert.Empty(_worker.Cancelled);
        Assert.Single(_worker.Finished);
    }

    [Fact]
    public void An_element_of_a_map_that_is_interrupted_is_left_out_of_its_run()
    {
        _worker.ComputeMap(Key(256), 3);

        _worker.Interrupt(Key(257));
        _worker.EndRun(Key(256), [0, 1, 2]);

        Assert.Equal([Key(256), Key(258)], _worker.Finished.Select(static finished => finished.Key));
    }

    private AdmissionClosed Acknowledgement() => Assert.Single(_worker.Told.OfType<AdmissionClosed>());
}
