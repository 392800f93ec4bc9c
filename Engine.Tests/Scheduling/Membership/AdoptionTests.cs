using Engine.Collections;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>
/// A worker whose connection broke comes back. It is a new incarnation: it may offer what it holds, and nothing else is taken over (6361).
/// </summary>
public sealed class AdoptionTests
{
    private static readonly SchedulerSettings s_settings = new()
    {
        AllowedFailures = 0,
        WorkerSaturation = double.PositiveInfinity,
        UnknownDurationSeconds = 1e-3,
    };

    private readonly SchedulerFixture _scheduler = new(s_settings);
    private readonly NannyState _nanny;
    private readonly WorkerState _worker;

    public AdoptionTests()
    {
        _nanny = _scheduler.AddNanny();
        _worker = _scheduler.AddWorker(_nanny);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_worker_holds_that_comes_back_is_neither_lost_nor_computed_again_whether_the_break_was_noticed_or_not(bool isNoticed)
    {
        var data = _scheduler.HoldData(_worker);
        var result = _scheduler.Hold(_worker, bytes: 100);
        _scheduler.Sent.Clear();
        if (isNoticed)
        {
            _scheduler.Cut(_worker);
        }

        var back = _scheduler.ComeBack(_worker, data, result);

        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
        Assert.Equal([back.Address], _scheduler.HoldersOf(result));
        Assert.Empty(_scheduler.Sent.Notices);
        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Empty(_scheduler.DeclinedOf(back));
        Assert.Equal((108, 2), (back.NBytes, back.Held.Count));
        _scheduler.Cut(_worker); // It is noticed now, at the latest.
        Assert.True(back.IsMember);
    }

    [Fact]
    public void A_connection_whose_end_is_heard_twice_has_ended_once()
    {
        var data = _scheduler.HoldData(_worker);
        _scheduler.Cut(_worker);
        _scheduler.Cut(_worker);

        var back = _scheduler.ComeBack(_worker, data);

        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void Plugins_see_one_worker_join_then_the_other_leave_with_what_was_taken_over_and_nothing_lost_I4()
    {
        var data = _scheduler.HoldData(_worker);
        var result = _scheduler.Hold(_worker);
        _scheduler.Cut(_worker);
        _scheduler.Sent.Happened.Clear();

        var back = _scheduler.ComeBack(_worker, result, data);

        var happened = _scheduler.Sent.Happened.Where(static happened => happened is WorkerAdded or WorkerRemoved).ToList();
        Assert.Equal(back.Id, Assert.IsType<WorkerAdded>(happened[0]).Worker.Id);
        var removed = Assert.IsType<WorkerRemoved>(Assert.Single(happened[1..]));
        Assert.Equal((_worker.Id, CloseReason.SchedulerLost, true), (removed.Worker.Id, removed.Reason, removed.IsExpected));
        Assert.Equal([data, result], removed.Moved);
        Assert.Empty(removed.Lost.Concat(removed.Recomputed));
        Assert.Contains($"it came back as {back.Id}", removed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_is_not_believed_to_hold_is_dropped_and_what_it_does_not_offer_is_lost()
    {
        var kept = _scheduler.HoldData(_worker);
        var gone = _scheduler.HoldData(_worker);
        var released = _scheduler.HoldData(_worker);
        _scheduler.Release(released);
        _scheduler.Cut(_worker);

        var back = _scheduler.ComeBack(_worker, kept, released);

        Assert.Equal([released], _scheduler.DeclinedOf(back));
        Assert.Equal([kept], _scheduler.RemovalOf(_worker).Moved);
        Assert.Equal([gone], _scheduler.RemovalOf(_worker).Lost);
        Assert.Equal(FutureStatus.Lost, _scheduler.ToldOf(gone)[^1]);
    }

    [Fact]
    public void A_task_that_ran_runs_again_and_is_not_blamed_and_its_late_answer_changes_nothing_I7_I10()
    {
        var running = _scheduler.Submit();
        var attempt = _scheduler.AttemptOf(running);
        _scheduler.Cut(_worker);

        var back = _scheduler.ComeBack(_worker);

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.Equal([running], _scheduler.RemovalOf(_worker).Processing);
        Assert.Equal((back, attempt + 1), (_scheduler.Sent.Latest[running].Worker, _scheduler.AttemptOf(running)));
        var late = BatchPool<FinishedBatch>.Get();
        late.Add() = new FinishedTask { Key = running, Count = 1, Attempt = attempt, NBytes = 8 };
        _scheduler.Handle(_worker, late);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(running));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_was_given_up_starts_empty_and_what_was_lost_stays_lost_and_is_told_once_I9(bool isNannyThere)
    {
        var data = _scheduler.HoldData(_worker);
        _scheduler.Cut(_worker);
        if (isNannyThere)
        {
            _scheduler.Advance(s_settings.NannysWordLimit);
        }
        else
        {
            _scheduler.Cut(_nanny);
        }

        var back = _scheduler.ComeBack(_worker, data);

        Assert.Equal([data], _scheduler.DeclinedOf(back));
        Assert.Equal((0, 0), (back.NBytes, back.Held.Count));
        Assert.Single(_scheduler.ToldOf(data), static status => status == FutureStatus.Lost);
        Assert.Single(_scheduler.Sent.Happened.OfType<WorkerRemoved>());
    }

    [Fact]
    public void A_worker_that_was_being_retired_is_not_let_back_in_and_its_nanny_starts_nobody_I1()
    {
        _scheduler.AddWorker();
        var data = _scheduler.HoldData(_worker);
        var retirement = _scheduler.Retire(_worker);
        _scheduler.Cut(_worker);

        var refusal = Assert.Throws<WorkerRefusedException>(() => _scheduler.ComeBack(_worker, data));

        Assert.StartsWith("Refused:", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(retirement).Outcome);
        Assert.Equal([data], _scheduler.RowOf(retirement).Lost);
        Assert.NotNull(_scheduler.Machine.FindRefusal(_nanny.Id, null, _scheduler.Now));
    }

    [Fact]
    public void A_worker_that_is_to_be_restarted_does_not_come_back_instead()
    {
        _scheduler.AskRestart(_nanny, _worker);

        var refusal = Assert.Throws<WorkerRefusedException>(() => _scheduler.ComeBack(_worker));

        Assert.StartsWith("Restart:", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, _scheduler.AddWorker(_nanny).Id.Number); // The successor is let in.
    }

    [Fact]
    public void A_worker_that_was_let_in_and_never_heard_of_it_takes_over_what_it_held_when_it_comes_again()
    {
        var data = _scheduler.HoldData(_worker);
        _scheduler.Cut(_worker);
        var unheard = _scheduler.ComeBack(_worker, data);

        var back = _scheduler.ComeBack(_worker, data);

        Assert.False(unheard.IsMember);
        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
        Assert.Equal(2, _scheduler.Sent.Happened.OfType<WorkerRemoved>().Count());
    }

    [Fact]
    public void A_copy_beside_others_moves_with_it_and_what_was_wished_for_is_not_made_again()
    {
        var other = _scheduler.AddWorker();
        var data = _scheduler.HoldData(_worker);
        _scheduler.AskLater(new ReplicateRequest([data], 2));
        _scheduler.MakeCopies();
        _scheduler.Cut(_worker);
        _scheduler.Sent.Clear();

        var back = _scheduler.ComeBack(_worker, data);
        _scheduler.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal([back.Id, other.Id], _scheduler.HoldersOf(data).Select(static holder => holder.Id).OrderDescending());
        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void A_task_elsewhere_that_could_not_get_its_input_waits_for_it_and_gets_it_from_the_new_incarnation()
    {
        var other = _scheduler.AddWorker();
        var data = _scheduler.HoldData(_worker);
        var reader = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [other.Address.Name] }, data);
        _scheduler.Cut(_worker);

        for (var i = 0; i < 100; i++)
        {
            Lack(other, reader, data); // However often: it is told to nobody, and asked for nowhere.
        }

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(reader));
        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(data));
        var back = _scheduler.ComeBack(_worker, data);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(reader));
        Assert.Contains(_scheduler.Sent.Told, told => told.Worker == other && told.Message is WorkersDeparted departed && departed.Workers.Contains(_worker.Id));
        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
        Assert.Empty(_scheduler.ToldOf(reader));
    }

    [Fact]
    public void A_task_that_waits_for_a_worker_to_come_back_has_its_input_computed_again_if_it_does_not()
    {
        var other = _scheduler.AddWorker();
        var result = _scheduler.Hold(_worker);
        _scheduler.Cut(_worker);
        var reader = _scheduler.Submit(result);
        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(reader));

        _scheduler.Exited(_nanny, _worker);

        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(reader));
        Assert.True(other.IsMember);
    }

    [Fact]
    public void Who_asks_where_values_are_is_answered_when_their_worker_is_back_or_has_gone()
    {
        var data = _scheduler.HoldData(_worker);
        _scheduler.Cut(_worker);
        var asked = _scheduler.AskLater(new WhoHasRequest([data]));
        Assert.Null(_scheduler.AnswerTo(asked));

        var back = _scheduler.ComeBack(_worker, data);

        Assert.Equal([back.Address], ((Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>)_scheduler.AnswerTo(asked)!.Value!)[data]);
        _scheduler.Cut(back);
        var again = _scheduler.AskLater(new WhoHasRequest([data]));
        _scheduler.Exited(_nanny, back);
        Assert.Empty(((Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>)_scheduler.AnswerTo(again)!.Value!)[data]);
    }

    [Fact]
    public void A_retirement_of_another_worker_that_moved_its_data_there_goes_on_I2()
    {
        var leaving = _scheduler.AddWorker();
        var data = _scheduler.HoldData(leaving);
        var retirement = _scheduler.Retire(leaving, new RetirementOptions { Deadline = TimeSpan.FromSeconds(10) });
        _scheduler.Acknowledge(leaving);
        Assert.Equal(_worker, Assert.Single(_scheduler.Sent.Acquires).Worker);
        _scheduler.Sent.Acquires.Clear();
        _scheduler.Cut(_worker);
        Assert.Null(_scheduler.ReportOf(retirement));

        var back = _scheduler.ComeBack(_worker);
        _scheduler.MakeCopies();

        Assert.Equal((RetirementOutcome.Retired, 1), (_scheduler.RowOf(retirement).Outcome, _scheduler.RowOf(retirement).MovedCount));
        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_copy_of_what_another_worker_holds_first_moves_with_it_too()
    {
        var other = _scheduler.AddWorker();
        var data = _scheduler.HoldData(other);
        _scheduler.AddReplica(_worker, data);
        _scheduler.Cut(_worker);

        var back = _scheduler.ComeBack(_worker, data);

        Assert.Equal([other.Address, back.Address], _scheduler.HoldersOf(data));
        Assert.Equal(8, back.NBytes);
        _scheduler.RemoveWorker(other);
        Assert.Equal([back.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void The_older_incarnation_leaves_with_what_was_not_taken_over()
    {
        var kept = _scheduler.HoldData(_worker, bytes: 100);
        _scheduler.HoldData(_worker, bytes: 5);
        _scheduler.Cut(_worker);

        _scheduler.ComeBack(_worker, kept);

        var gone = _scheduler.RemovalOf(_worker).Worker;
        Assert.Equal((1, 5), (gone.HeldCount, gone.HeldBytes));
    }

    [Fact]
    public void The_end_of_a_worker_that_was_being_retired_and_comes_back_blames_no_task_I10()
    {
        _scheduler.AddWorker();
        var running = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = [_worker.Address.Name], AllowOtherWorkers = true });
        _scheduler.Retire(_worker);
        _scheduler.Cut(_worker);

        Assert.Throws<WorkerRefusedException>(() => _scheduler.ComeBack(_worker));

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.True(_scheduler.RemovalOf(_worker).IsExpected);
    }

    private void Lack(WorkerState worker, TaskKey task, TaskKey input) =>
        _scheduler.Handle(worker, new InputMissing(task, _scheduler.AttemptOf(task), input, _worker.Address, isUnreachable: true));
}
