using System.Buffers;
using Engine.Data;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>A map's run is split behind the element that runs, and values of runs are told.</summary>
public sealed class SplitTests
{
    private static readonly TaskKey First = Key(256);

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void What_ended_before_is_told_what_runs_goes_on_alone_and_the_rest_waits()
    {
        _worker.ComputeMap(First, 6);
        var run = _worker.TaskOf(First);

        _worker.Split(run, begun: 3); // Two have ended, the third runs.

        Assert.Equal((First, 2), (Assert.Single(_worker.Finished).Key, _worker.Finished[0].Count));
        Assert.Equal([0, 1], _worker.Finished[0].Values);
        Assert.Equal((1, 1), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
        Assert.Equal((At(2), 1, 2, First.Sequence + 2), (run.Key, run.Count, run.Element, run.Order));
        Assert.Null(run.Values); // Which the lane may still write to.

        _worker.End(run, "second");

        Assert.Equal((At(2), 1), (_worker.Finished[1].Key, _worker.Finished[1].Count));
        Assert.Equal(["second"], _worker.Finished[1].Values);
        Assert.Equal([First, At(3)], _worker.Started);
        Assert.Equal((3, 3), (_worker.TaskOf(At(3)).Count, _worker.TaskOf(At(3)).Element));
        Assert.Equal((3, 0), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
    }

    [Fact]
    public void Elements_with_small_values_are_told_together_with_the_mean_of_their_bytes()
    {
        _worker.ComputeMap(First, 5);

        _worker.EndRun(First, [Bytes(5000), Bytes(5000), Bytes(100), Bytes(200), Bytes(300)], seconds: 0.5);

        Assert.Equal([(1, 5000L), (1, 5000L), (3, 200L)], _worker.Finished.Select(static finished => (finished.Count, finished.NBytes)));
        Assert.All(_worker.Finished, static finished => Assert.Equal(0.5f, finished.Seconds));
        Assert.Equal(10_600, _worker.Machine.HeldBytes);
    }

    [Fact]
    public void An_element_alone_is_told_with_its_value_if_that_is_small()
    {
        _worker.ComputeMap(First, 3);

        _worker.EndRun(First, [7, Bytes(5000), 9]);

        Assert.Equal([[7], [], [9]], _worker.Finished.Select(static finished => finished.Values));
        Assert.Equal([true, false, true], _worker.Finished.Select(static finished => finished.HasValue));
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void A_value_of_1024_bytes_is_small(int bytes, bool isSmall)
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1), Bytes(bytes), seconds: 0.5);
        Assert.Equal((isSmall, 0.5f), (_worker.Finished[0].HasValue, _worker.Finished[0].Seconds));

        _worker.ComputeMap(First, 3);
        _worker.EndRun(First, [Bytes(bytes), Bytes(bytes), Bytes(bytes)]);
        Assert.Equal(isSmall ? [3] : [1, 1, 1], _worker.Finished.Skip(1).Select(static finished => finished.Count));

        _worker.ComputeMap(At(10), 2);
        _worker.EndRun(At(10), [Bytes(bytes)]);
        Assert.Equal((1, isSmall), (_worker.Finished[^1].Count, _worker.Finished[^1].HasValue));
    }

    [Fact]
    public void Values_of_a_run_do_not_stay_in_the_array_that_they_came_in()
    {
        _worker.ComputeMap(First, 2);
        var values = ArrayPool<DataValue>.Shared.Rent(2);
        (values[0], values[1]) = (DataValue.From("a"), DataValue.From("b"));

        _worker.Machine.OnResult(new ExecutionResult { Task = _worker.TaskOf(First), Done = 2, Values = values, Seconds = 0.1f });

        Assert.Equal((null, null), (values[0].Boxed, values[1].Boxed)); // The pool would keep them alive.
    }

    [Fact]
    public void An_element_that_is_given_back_is_no_longer_of_the_run_also_if_an_older_value_of_it_is_here()
    {
        _worker.Compute(At(1));
        _worker.End(At(1), "old");
        _worker.Compute(Key(1));
        _worker.ComputeMap(First, 3, attempt: 2);

        _worker.Steal(At(1), attempt: 2);
        _worker.End(Key(1));
        _worker.EndRun(First, [0]);

        Assert.Equal([(At(1), 2, true)], _worker.StealAnswers);
        Assert.Equal([At(1), Key(1), First, At(2)], _worker.Started);
        Assert.Equal(1, _worker.TaskOf(At(2)).Count);
        Assert.Equal("old", _worker.ValueOf(At(1)));
    }

    [Fact]
    public void Elements_of_a_run_that_goes_on_are_offered_when_it_is_cut_also_if_another_run_ends_first()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 2, RunSeconds = 1 });
        worker.Compute(Key(0));
        worker.End(Key(0), seconds: 0.125); // Short enough for the executor to get both runs.
        worker.ComputeMap(First, 5);
        worker.ComputeMap(Key(512), 5);
        worker.Steal(At(4));
        worker.Steal(Key(516));
        worker.GiveBack();

        worker.EndRun(First, [0, 1, 2, 3, 4]);
        Assert.Empty(worker.Told);
        worker.EndRun(Key(512), [0, 1]);

        Assert.Equal(Key(516), Assert.IsType<Protocol.TaskRescheduled>(Assert.Single(worker.Told)).Key);
    }

    [Fact]
    public void Elements_that_may_wait_are_tasks_of_their_own_as_many_as_the_map_has()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 8 });

        worker.ComputeMap(First, 3, TestWork.Async());

        Assert.Equal([At(0), At(1), At(2)], worker.Started);
    }

    private static byte[] Bytes(int size) => new byte[size - 24];

    private static TaskKey At(int element) => Key(256 + element);
}
