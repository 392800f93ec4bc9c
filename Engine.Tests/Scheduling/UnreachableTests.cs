using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>Workers and clients say that a value is not where it should be, or can't be reached there.</summary>
public sealed class UnreachableTests
{
    private static readonly int s_often = 2 * new SchedulerSettings().UnreachableMax;
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkStealing = false });
    private readonly WorkerState _first;
    private readonly WorkerState _second;
    private readonly WorkerState _reader;

    public UnreachableTests()
    {
        _first = _scheduler.AddWorker("first");
        _second = _scheduler.AddWorker("second");
        _reader = _scheduler.AddWorker("reader");
    }

    [Fact]
    public void A_result_of_which_there_is_no_copy_is_computed_again_at_once()
    {
        var input = _scheduler.Hold(_first);
        var task = Read(input);

        _scheduler.ReportMissing(_reader, task, input, _first, isUnreachable: true);

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(input));
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_result_that_is_being_moved_is_waited_for_and_at_last_dropped_where_it_was()
    {
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["first"], AllowOtherWorkers = true });
        _scheduler.Finish(_first, input);
        var task = Read(input);
        _scheduler.Retire(_first);

        _scheduler.ReportMissing(_reader, task, input, _first, isUnreachable: true);
        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(input));
        for (var time = 0; time < s_often; time++)
        {
            _scheduler.ReportMissing(_reader, task, input, _first, isUnreachable: true);
        }

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(input));
        Assert.Contains(new SentAttempt(_first, input, 1), _scheduler.Sent.Frees);
    }

    [Fact]
    public void A_result_of_one_that_leaves_and_does_not_move_it_is_computed_again_at_once()
    {
        _scheduler.RemoveWorker(_second);
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["first"], AllowOtherWorkers = true });
        _scheduler.Finish(_first, input);
        var task = Read(input);
        _scheduler.Handle(_reader, new StatusChanged(Status.Paused)); // So that nobody can take it.
        _scheduler.Retire(_first, new RetirementOptions { Deadline = TimeSpan.FromSeconds(10) });

        _scheduler.ReportMissing(_reader, task, input, _first, isUnreachable: true);

        Assert.NotEqual(SchedulerTaskState.Memory, _scheduler.StateOf(input));
    }

    [Fact]
    public void Data_of_which_another_worker_has_a_copy_is_read_there()
    {
        var data = _scheduler.HoldData(_first);
        _scheduler.AddReplica(_second, data);
        var task = Read(data);

        _scheduler.ReportMissing(_reader, task, data, _first, isUnreachable: true);

        Assert.Equal([_second.Address], _scheduler.HoldersOf(data));
        Assert.Equal(_second.Address, Assert.Single(_scheduler.Sent.Computes[^1].Dependencies).Holder);
    }

    [Fact]
    public void Data_is_kept_where_it_is_when_its_last_copy_elsewhere_has_gone()
    {
        var data = _scheduler.HoldData(_first);
        _scheduler.AddReplica(_second, data);
        _scheduler.Handle(_second, new DataMissing(data, _second.Address));
        var task = Read(data);

        _scheduler.ReportMissing(_reader, task, data, _first, isUnreachable: true);

        Assert.Equal([_first.Address], _scheduler.HoldersOf(data));
        Assert.Empty(_scheduler.ToldOf(task));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void To_miss_data_where_it_is_not_costs_no_patience(bool isHolderGone)
    {
        var data = _scheduler.HoldData(_first);
        var task = Read(data);
        if (isHolderGone)
        {
            _scheduler.RemoveWorker(_second);
        }

        for (var time = 0; time < s_often; time++)
        {
            _scheduler.ReportMissing(_reader, task, data, _second, isUnreachable: true); // An old address.
        }

        Assert.Empty(_scheduler.ToldOf(task));
        Assert.Equal(s_often + 1, _scheduler.AttemptOf(task));
    }

    [Fact]
    public void A_late_word_about_a_value_that_is_computed_again_changes_nothing()
    {
        var input = _scheduler.Hold(_first);
        var (task, late) = (Read(input), Read(input));
        _scheduler.ReportMissing(_reader, task, input, _first);
        var attempt = _scheduler.AttemptOf(input);

        _scheduler.ReportMissing(_reader, late, input, _first);
        _scheduler.Finish(_first, input);

        Assert.Equal(attempt, _scheduler.AttemptOf(input));
        Assert.Equal([_first.Address], _scheduler.HoldersOf(input));
    }

    [Fact]
    public void A_client_may_miss_what_is_forgotten()
    {
        var tasks = _scheduler.Machine.TaskCount;

        _scheduler.Handle(_scheduler.Client, new DataMissing(new TaskKey(_scheduler.Client.Id, 1000), _first.Address));

        Assert.Equal(tasks, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void Whichever_row_a_task_has_it_is_placed_anew_when_it_misses_an_input()
    {
        var (other, third) = (_scheduler.AddClient(), _scheduler.AddClient());
        var former = _scheduler.Submit(); // In the first row of all, which is free again when it is forgotten.
        var input = _scheduler.Submit(other, new TestWork(), new TaskOptions { Workers = ["first"] });
        _scheduler.Finish(_first, input);
        _scheduler.Release(former);
        var task = _scheduler.Submit(third, new TestWork(), new TaskOptions { Workers = ["reader"] }, input);

        _scheduler.ReportMissing(_reader, task, input, _second);

        Assert.Equal(2, _scheduler.AttemptOf(task));
    }

    [Fact]
    public void One_that_leaves_need_not_move_what_it_turns_out_not_to_have()
    {
        var data = _scheduler.HoldData(_first);
        _scheduler.AddReplica(_second, data);
        var (first, second) = (_scheduler.Retire(_first), _scheduler.Retire(_second));
        Assert.Equal(new SentAcquire(_reader, data, _first.Address), Assert.Single(_scheduler.Sent.Acquires));

        _scheduler.Handle(_reader, new DataMissing(data, _first.Address));
        _scheduler.Acknowledge(_first);
        Assert.Equal((RetirementOutcome.Retired, 0), (_scheduler.RowOf(first).Outcome, _scheduler.RowOf(first).MovedCount));
        _scheduler.MakeCopies();
        _scheduler.Acknowledge(_second);

        Assert.Equal((RetirementOutcome.Retired, 1), (_scheduler.RowOf(second).Outcome, _scheduler.RowOf(second).MovedCount));
        Assert.Equal([_reader.Address], _scheduler.HoldersOf(data));
    }

    private TaskKey Read(TaskKey input) => _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["reader"] }, input);
}
