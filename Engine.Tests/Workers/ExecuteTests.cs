using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

public sealed class ExecuteTests
{
    private static readonly TaskOptions OneGpu = new() { Resources = [new("gpu", 1)] };

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void A_task_without_inputs_starts_at_once()
    {
        _worker.Compute(Key(1));

        Assert.Equal([Key(1)], _worker.Started);
    }

    [Fact]
    public void The_most_important_ready_task_goes_first()
    {
        _worker.ComputeMany(Key(1), Key(5), Key(3));
        _worker.Compute(Key(2), null, null, [], order: -100);

        _worker.End(Key(1));
        _worker.End(Key(2));
        _worker.End(Key(3));

        Assert.Equal([Key(1), Key(2), Key(3), Key(5)], _worker.Started);
    }

    [Fact]
    public void So_many_tasks_run_as_there_are_slots()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 3 });

        worker.ComputeMany([.. Enumerable.Range(0, 5).Select(Key)]);

        Assert.Equal(3, worker.Started.Count);
        worker.End(Key(1));
        Assert.Equal(4, worker.Started.Count);
        Assert.Equal(3, worker.Machine.ExecutingCount);
    }

    [Fact]
    public void Tasks_that_prove_short_are_handed_out_many_at_a_time()
    {
        _worker.ComputeMany([.. Enumerable.Range(0, 200).Select(Key)]);
        Assert.Single(_worker.Started);

        _worker.End(Key(0), seconds: 2e-6);

        Assert.Equal(100, _worker.Machine.ExecutingCount); // 200 µs of them.
    }

    [Fact]
    public void A_finished_task_is_held_and_told_with_a_small_value()
    {
        _worker.Compute(Key(1));

        _worker.End(Key(1), value: 42);

        var finished = Assert.Single(_worker.Finished);
        Assert.Equal((Key(1), 1, 1, true), (finished.Key, finished.Count, finished.Attempt, finished.HasValue));
        Assert.Equal([42], finished.Values);
        Assert.Equal(42, _worker.ValueOf(Key(1)));
    }

    [Fact]
    public void A_large_value_is_told_without_itself()
    {
        _worker.Compute(Key(1));

        _worker.End(Key(1), value: new byte[5000]);

        var finished = Assert.Single(_worker.Finished);
        Assert.False(finished.HasValue);
        Assert.InRange(finished.NBytes, 5000, 5100);
        Assert.Equal(finished.NBytes, _worker.Machine.HeldBytes);
    }

    [Fact]
    public void A_failed_task_is_told_with_its_exception_and_leaves_nothing()
    {
        _worker.Compute(Key(1));

        _worker.Err(Key(1), new FormatException("bad"));

        var erred = Assert.IsType<TaskErred>(Assert.Single(_worker.Told));
        Assert.Equal((Key(1), 1), (erred.Key, erred.Attempt));
        Assert.IsType<FormatException>(erred.Error.Exception);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_task_that_wishes_it_is_given_back_to_be_placed_anew()
    {
        _worker.Compute(Key(1));

        _worker.Err(Key(1), new RescheduleException());

        Assert.Equal(Key(1), Assert.IsType<TaskRescheduled>(Assert.Single(_worker.Told)).Key);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void Inputs_that_are_here_are_handed_over_in_order()
    {
        _worker.Compute(Key(1));
        _worker.Compute(Key(2));
        _worker.End(Key(1), value: "a");
        _worker.End(Key(2), value: "b");

        _worker.Compute(Key(3), (Key(2), Peer(1)), (Key(1), Peer(1)), (Key(2), Peer(1)));

        Assert.Equal(["b", "a", "b"], _worker.InputsOf(Key(3)));
        Assert.Empty(_worker.Asked);
    }

    [Fact]
    public void Resources_limit_what_runs_at_a_time()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 4, Resources = new Dictionary<string, double> { ["gpu"] = 2 } });
        for (var i = 1; i <= 3; i++)
        {
            worker.Compute(Key(i), null, OneGpu, []);
        }

        Assert.Equal([Key(1), Key(2)], worker.Started);
        worker.End(Key(1));
        Assert.Equal([Key(1), Key(2), Key(3)], worker.Started);
    }

    [Fact]
    public void A_task_that_lacks_resources_does_not_hold_up_one_that_needs_none()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 4, Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        worker.Compute(Key(1), null, OneGpu, []);
        worker.Compute(Key(2), null, OneGpu, []);

        worker.Compute(Key(3));

        Assert.Equal([Key(1), Key(3)], worker.Started);
    }

    [Fact]
    public void Half_of_a_resource_is_enough_for_two_tasks_at_a_time()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 4, Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        var half = new TaskOptions { Resources = [new("gpu", 0.5)] };
        for (var i = 1; i <= 4; i++)
        {
            worker.Compute(Key(i), null, half, []);
        }

        Assert.Equal([Key(1), Key(2)], worker.Started);
        worker.End(Key(1));
        worker.End(Key(2));
        Assert.Equal([Key(1), Key(2), Key(3), Key(4)], worker.Started);
    }

    [Fact]
    public void Tasks_with_and_without_resources_go_in_one_order()
    {
        var worker = new WorkerFixture(new WorkerSettings { Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        worker.Compute(Key(0));
        worker.Compute(Key(1), null, OneGpu, []);
        worker.Compute(Key(2));
        worker.Compute(Key(3), null, OneGpu, []);

        for (var i = 0; i < 4; i++)
        {
            worker.End(Key(i));
        }

        Assert.Equal([Key(0), Key(1), Key(2), Key(3)], worker.Started);
    }

    [Fact]
    public void A_task_whose_input_has_gone_lets_others_have_its_resources_until_it_is_here_again()
    {
        var worker = new WorkerFixture(new WorkerSettings { Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        worker.Compute(Key(0));
        worker.Compute(Key(1), null, OneGpu, [(Key(10), Peer(2))]);
        worker.Deliver(worker.Asked[0]);
        worker.Free(Key(10));
        worker.Compute(Key(2), null, OneGpu, []);

        worker.End(Key(0));
        Assert.Equal([Key(0), Key(2)], worker.Started);
        worker.Deliver(worker.Asked[1]);
        worker.End(Key(2));

        Assert.Equal([Key(0), Key(2), Key(1)], worker.Started);
    }

    [Fact]
    public void Failed_freed_and_recalled_tasks_return_their_resources()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 4, Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        for (var i = 1; i <= 4; i++)
        {
            worker.Compute(Key(i), null, OneGpu, []);
        }

        worker.Err(Key(1));
        worker.Free(Key(2));
        worker.Err(Key(2));
        worker.GiveBack(Key(3));
        worker.End(Key(3));

        Assert.Equal([Key(1), Key(2), Key(3), Key(3), Key(4)], worker.Started);
    }

    [Fact]
    public void What_waits_behind_a_long_task_is_recalled()
    {
        _worker.ComputeMany([.. Enumerable.Range(0, 4).Select(Key)]);
        _worker.End(Key(0), seconds: 1e-6);
        Assert.Equal(3, _worker.Machine.ExecutingCount);

        _worker.Stall();
        Assert.Equal(1, _worker.RecallCount);
        _worker.GiveBack(Key(2), Key(3));

        Assert.Equal((1, 2), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
        _worker.Steal(Key(3));
        Assert.Equal([(Key(3), 1, true)], _worker.StealAnswers);
        _worker.End(Key(1));
        Assert.Equal(Key(2), _worker.Started[^1]);
    }

    [Fact]
    public void Nothing_is_recalled_if_no_more_runs_than_there_are_slots()
    {
        _worker.ComputeMany(Key(1), Key(2));

        _worker.Stall();

        Assert.Equal(0, _worker.RecallCount);
    }

    [Fact]
    public void What_was_freed_is_not_run_again_when_it_comes_back()
    {
        _worker.ComputeMany(Key(0), Key(1), Key(2));
        _worker.End(Key(0), seconds: 1e-6);
        _worker.Free(Key(2));

        _worker.GiveBack(Key(2));

        Assert.Equal([Key(0), Key(1), Key(2)], _worker.Started);
        Assert.Equal((1, 0), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
    }

    [Fact]
    public void A_task_that_secedes_leaves_its_slot_and_says_so()
    {
        _worker.ComputeMany(Key(1), Key(2));

        _worker.Secede(Key(1));

        Assert.Equal([Key(1), Key(2)], _worker.Started);
        Assert.Equal(Key(1), Assert.IsType<TaskLongRunning>(Assert.Single(_worker.Told)).Key);
        _worker.End(Key(1));
        Assert.Equal((Key(1), 1), (Assert.Single(_worker.Finished).Key, _worker.Machine.ExecutingCount));
    }

    [Fact]
    public void A_task_secedes_once()
    {
        _worker.Compute(Key(1));

        _worker.Secede(Key(1));
        _worker.Secede(Key(1));

        Assert.Single(_worker.Told);
        Assert.Equal(0, _worker.Machine.ExecutingCount);
    }

    [Fact]
    public void A_task_over_its_time_limit_is_cancelled_and_fails()
    {
        _worker.Compute(Key(1), TestWork.WithContext(), new TaskOptions { Timeout = TimeSpan.FromSeconds(5) }, []);

        _worker.ReachTimeLimit(Key(1));

        Assert.Equal([(Key(1), CancellationCause.TimedOut)], _worker.Cancelled);
        var erred = Assert.IsType<TaskErred>(Assert.Single(_worker.Told));
        Assert.Equal(TaskErrorKind.TimedOut, erred.Error.Kind);
        Assert.Contains("00:00:05", erred.Error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void The_time_limit_of_an_attempt_that_has_ended_does_not_end_the_next_one_I7()
    {
        var options = new TaskOptions { Timeout = TimeSpan.FromSeconds(5) };
        _worker.Compute(Key(1), TestWork.WithContext(), options, []);
        var first = _worker.TaskOf(Key(1));
        _worker.Err(Key(1));
        _worker.Compute(Key(1), TestWork.WithContext(), options, [], attempt: 2);
        Assert.Same(first, _worker.TaskOf(Key(1))); // Entries are used again.
        _worker.Told.Clear();

        _worker.ReachTimeLimit(Key(1), attempt: 1);

        Assert.Empty(_worker.Told);
        Assert.Empty(_worker.Cancelled);
    }

    [Fact]
    public void A_task_over_its_time_limit_keeps_its_slot_until_it_returns_and_is_not_told_again()
    {
        _worker.Compute(Key(1), TestWork.WithContext(), new TaskOptions { Timeout = TimeSpan.FromSeconds(5) }, []);
        _worker.Compute(Key(2));
        _worker.ReachTimeLimit(Key(1));
        Assert.Equal([Key(1)], _worker.Started);

        _worker.End(Key(1));

        Assert.Equal([Key(1), Key(2)], _worker.Started);
        Assert.Empty(_worker.Finished);
        Assert.Single(_worker.Told);
    }

    [Fact]
    public void A_time_limit_that_comes_too_late_changes_nothing()
    {
        _worker.Compute(Key(1), TestWork.WithContext(), new TaskOptions { Timeout = TimeSpan.FromSeconds(5) }, []);
        var task = _worker.TaskOf(Key(1));
        _worker.End(Key(1));

        _worker.Machine.OnTimedOut(task, Key(1), 1);

        Assert.Empty(_worker.Cancelled);
        Assert.Empty(_worker.Told);
    }

    [Fact]
    public void A_new_attempt_takes_the_place_of_one_that_runs()
    {
        _worker.Compute(Key(1));
        var first = _worker.TaskOf(Key(1));

        _worker.Compute(Key(1), null, null, [], attempt: 2);
        Assert.Equal([(Key(1), CancellationCause.Cancelled)], _worker.Cancelled);
        _worker.Machine.OnResult(new ExecutionResult { Task = first, Done = 1, Seconds = 1 });
        _worker.Machine.Settle();
        Assert.Empty(_worker.Finished);
        _worker.Free(Key(9)); // Any step sends what is due.
        _worker.End(Key(1));

        Assert.Equal(2, Assert.Single(_worker.Finished).Attempt);
    }

    [Fact]
    public void A_new_attempt_takes_the_place_of_one_that_waits_and_keeps_no_copy_for_it()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(3)));

        _worker.Compute(Key(1), null, null, [(Key(10), Peer(2))], attempt: 2);
        _worker.Deliver(_worker.Asked[0]);
        _worker.Deliver(_worker.Asked[1]);
        _worker.End(Key(1));

        Assert.Equal(2, Assert.Single(_worker.Finished).Attempt);
        Assert.Equal(1, _worker.Machine.RowCount); // Its own value.
    }

    [Fact]
    public void A_new_attempt_takes_the_place_of_one_that_is_ready_and_keeps_no_copy_for_it()
    {
        _worker.Compute(Key(0));
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);

        _worker.Compute(Key(1), null, null, [], attempt: 2);
        _worker.End(Key(0));
        _worker.End(Key(1));

        Assert.False(_worker.Holds(Key(10)));
        Assert.Equal([Key(0), Key(1)], _worker.Started);
    }
}
