using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Elements of a map run as one, and part where their ways part.</summary>
public sealed class MapRunTests
{
    private static readonly TaskKey First = Key(256);

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void A_run_is_handed_out_as_one_and_finished_as_one()
    {
        _worker.ComputeMap(First, 5);
        Assert.Equal([First], _worker.Started);
        Assert.Equal(5, _worker.Machine.ExecutingCount);

        _worker.EndRun(First, [0, 1, 2, 3, 4]);

        var finished = Assert.Single(_worker.Finished);
        Assert.Equal((First, 5, true), (finished.Key, finished.Count, finished.HasValue));
        Assert.Equal([0, 1, 2, 3, 4], finished.Values);
        Assert.Equal((5, 0), (_worker.Machine.HeldCount, _worker.Machine.ExecutingCount));
    }

    [Fact]
    public void The_end_of_an_element_that_was_given_up_and_runs_alone_by_now_is_not_told_I7()
    {
        _worker.ComputeMap(First, 3);
        var run = _worker.TaskOf(First);
        _worker.Free(At(1));
        _worker.Compute(At(1), null, null, [], attempt: 2);
        _worker.Split(run, begun: 2); // The first has ended, the second runs.
        _worker.Finished.Clear();

        _worker.End(run);

        Assert.DoesNotContain(_worker.Finished, static finished => finished.Key == At(1));
    }

    [Fact]
    public void A_run_that_was_cut_short_gives_what_it_has_and_goes_on_later()
    {
        _worker.ComputeMap(First, 5);

        _worker.EndRun(First, [0, 1]);
        Assert.Equal([First, At(2)], _worker.Started);
        Assert.Equal((3, 2), (_worker.TaskOf(At(2)).Count, _worker.TaskOf(At(2)).Element));
        _worker.EndRun(At(2), [2, 3, 4]);

        Assert.Equal([(First, 2), (At(2), 3)], _worker.Finished.Select(static finished => (finished.Key, finished.Count)));
    }

    [Fact]
    public void An_element_that_fails_does_not_keep_the_others_from_running()
    {
        _worker.ComputeMap(First, 5);

        _worker.EndRun(First, [0, 1], new FormatException("bad"));
        _worker.EndRun(At(3), [3, 4]);

        Assert.Equal(At(2), Assert.IsType<TaskErred>(Assert.Single(_worker.Told)).Key);
        Assert.Equal([(First, 2), (At(3), 2)], _worker.Finished.Select(static finished => (finished.Key, finished.Count)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void The_first_or_last_element_may_fail(int failing)
    {
        _worker.ComputeMap(First, 5);

        _worker.EndRun(First, [.. Enumerable.Range(0, failing).Cast<object>()], new FormatException("bad"));
        if (failing == 0)
        {
            _worker.EndRun(At(1), [1, 2, 3, 4]);
        }

        Assert.Equal(At(failing), Assert.IsType<TaskErred>(Assert.Single(_worker.Told)).Key);
        Assert.Equal(4, _worker.Finished.Sum(static finished => finished.Count));
        Assert.Equal((0, 0), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
    }

    [Fact]
    public void An_element_that_is_freed_while_the_run_runs_is_left_out()
    {
        _worker.ComputeMap(First, 5);
        _worker.Free(At(2));
        Assert.Empty(_worker.Cancelled);

        _worker.EndRun(First, [0, 1, 2, 3, 4]);

        Assert.Equal([(First, 2), (At(3), 2)], _worker.Finished.Select(static finished => (finished.Key, finished.Count)));
        Assert.Equal([3, 4], _worker.Finished[1].Values);
        Assert.False(_worker.Holds(At(2)));
    }

    [Fact]
    public void An_element_that_is_freed_while_the_run_runs_and_fails_is_not_told()
    {
        _worker.ComputeMap(First, 5);
        _worker.Free(At(2));

        _worker.EndRun(First, [0, 1], new FormatException("bad"));
        _worker.EndRun(At(3), [3, 4]);

        Assert.Empty(_worker.Told);
        Assert.Equal(4, _worker.Machine.RowCount);
    }

    [Fact]
    public void An_element_that_is_freed_before_the_run_starts_is_left_out()
    {
        _worker.Compute(Key(0));
        _worker.ComputeMap(First, 5);
        _worker.Free(At(2));

        _worker.End(Key(0));
        _worker.EndRun(First, [0, 1]);
        _worker.EndRun(At(3), [3, 4]);

        Assert.Equal([Key(0), First, At(3)], _worker.Started);
        Assert.Equal(5, _worker.Machine.HeldCount);
    }

    [Fact]
    public void Every_element_can_be_freed()
    {
        _worker.ComputeMap(First, 3);
        _worker.Free(At(0));
        _worker.Free(At(1));
        _worker.Free(At(2));

        _worker.EndRun(First, [0, 1]);

        Assert.Empty(_worker.Finished);
        Assert.Equal((0L, 0, 0), (_worker.Machine.RowCount, _worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
    }

    [Fact]
    public void Elements_of_a_run_that_has_not_started_are_given_back_one_by_one()
    {
        _worker.Compute(Key(0));
        _worker.ComputeMap(First, 4);

        _worker.Steal(At(3));
        _worker.Steal(At(1));

        Assert.Equal([(At(3), 1, true), (At(1), 1, true)], _worker.StealAnswers);
        _worker.End(Key(0));
        _worker.End(First);
        _worker.End(At(2));
        Assert.Equal([Key(0), First, At(2)], _worker.Started);
        Assert.Equal([Key(0), First, At(2)], _worker.Finished.Select(static finished => finished.Key));
    }

    [Fact]
    public void Elements_of_a_run_that_has_started_are_kept_if_they_run_before_it_is_cut()
    {
        _worker.ComputeMap(First, 4);

        _worker.Steal(At(3));
        Assert.Equal(1, _worker.RecallCount);
        _worker.GiveBack();
        _worker.EndRun(First, [0, 1, 2, 3]);

        Assert.Equal([(At(3), 1, false)], _worker.StealAnswers);
        Assert.Equal(4, Assert.Single(_worker.Finished).Count);
        Assert.Empty(_worker.Told);
    }

    [Fact]
    public void Elements_that_were_asked_for_and_are_cut_off_are_offered_to_be_placed_anew()
    {
        _worker.ComputeMap(First, 5);
        _worker.Steal(At(2));
        _worker.Steal(At(4));
        _worker.GiveBack();

        _worker.EndRun(First, [0, 1]);

        Assert.Equal([At(2), At(4)], _worker.Told.Cast<TaskRescheduled>().Select(static offered => offered.Key).Order());
        Assert.Equal((At(3), 1), (_worker.Started[^1], _worker.TaskOf(At(3)).Count));
        Assert.Equal(3, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_run_that_is_recalled_waits_as_it_was()
    {
        _worker.Compute(Key(0));
        _worker.ComputeMap(First, 100);
        _worker.End(Key(0), seconds: 1e-6);

        _worker.GiveBack(First);

        Assert.Equal([Key(0), First, First], _worker.Started);
        Assert.Equal(100, _worker.Machine.ExecutingCount);
    }

    [Fact]
    public void Elements_with_large_values_are_told_one_by_one()
    {
        _worker.ComputeMap(First, 4);

        _worker.EndRun(First, [0, new byte[5000], 2, 3]);

        Assert.Equal(
            [(First, 1, true), (At(1), 1, false), (At(2), 2, true)],
            _worker.Finished.Select(static finished => (finished.Key, finished.Count, finished.HasValue)));
    }

    [Fact]
    public void Elements_that_take_a_context_or_are_asynchronous_run_one_by_one()
    {
        var worker = new WorkerFixture(new Engine.Workers.Machine.WorkerSettings { Slots = 2 });
        worker.ComputeMap(First, 3, TestWork.WithContext());
        worker.ComputeMap(Key(512), 3, TestWork.Async());

        Assert.Equal([At(0), At(1)], worker.Started);
        Assert.Equal((1, 1), (worker.TaskOf(At(1)).Count, worker.TaskOf(At(1)).Element));
        worker.Free(At(1));
        Assert.Equal([(At(1), CancellationCause.Cancelled)], worker.Cancelled);
    }

    [Fact]
    public void A_freed_element_can_be_computed_again_while_the_run_goes_on()
    {
        _worker.ComputeMap(First, 3);
        _worker.Free(At(1));
        _worker.Compute(At(1), null, null, [], attempt: 2);

        _worker.EndRun(First, [0, 1, 2]);
        _worker.End(At(1), value: "again");

        Assert.Equal([(First, 1, 1), (At(2), 1, 1), (At(1), 1, 2)], _worker.Finished.Select(static finished => (finished.Key, finished.Count, finished.Attempt)));
        Assert.Equal("again", _worker.ValueOf(At(1)));
    }

    private static TaskKey At(int element) => Key(256 + element);
}
