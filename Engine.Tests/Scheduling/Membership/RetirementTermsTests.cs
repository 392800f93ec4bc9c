using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>What several callers of one retirement come to: only what is stricter counts.</summary>
public sealed class RetirementTermsTests
{
    private static readonly RetirementTerms s_restart = new(null, RunningTasks.WaitFor, OnDeadline.Abort, CloseWorkers: true, CloseReason.LifetimeRestart);

    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity, UnknownDurationSeconds = 1e-3 });
    private readonly WorkerState _leaving;

    public RetirementTermsTests()
    {
        _leaving = _scheduler.AddWorker(_scheduler.AddNanny());
        _scheduler.AddWorker();
        _scheduler.Advance(TimeSpan.FromSeconds(100));
    }

    [Fact]
    public void A_deadline_counts_from_when_it_was_asked_for()
    {
        _scheduler.Retire(_leaving, Within(5));

        Assert.Equal(TimeSpan.FromSeconds(105), _scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void A_second_caller_brings_a_deadline_with_what_is_done_then()
    {
        var running = Run();
        var first = _scheduler.Retire(_leaving);
        _scheduler.Acknowledge(_leaving);

        _scheduler.Retire(_leaving, Within(5, OnDeadline.GiveUp));
        _scheduler.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Null(_scheduler.ReportOf(first));
        _scheduler.Advance(TimeSpan.FromSeconds(0.1));

        var row = _scheduler.RowOf(first);
        Assert.Equal((RetirementOutcome.Retired, 0), (row.Outcome, row.WaitedForCount));
        Assert.Equal([running], row.Interrupted);
        Assert.Equal(["Retirement"], StimuliOf(running, "Processing -> Waiting"));
    }

    [Fact]
    public void A_second_caller_with_a_later_deadline_changes_nothing_about_it()
    {
        Run();
        var first = _scheduler.Retire(_leaving, Within(5));

        _scheduler.Retire(_leaving, Within(10, OnDeadline.GiveUp));
        _scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal((RetirementOutcome.Refused, RefusalReason.Deadline), (_scheduler.RowOf(first).Outcome, _scheduler.RowOf(first).Refusal));
    }

    [Fact]
    public void Of_two_equal_deadlines_the_first_says_what_is_done_then()
    {
        Run();
        var first = _scheduler.Retire(_leaving, Within(5));

        _scheduler.Retire(_leaving, Within(5, OnDeadline.GiveUp));
        _scheduler.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(RetirementOutcome.Refused, _scheduler.RowOf(first).Outcome);
    }

    [Fact]
    public void A_deadline_that_is_now_ends_it_in_the_same_step()
    {
        Run();
        var first = _scheduler.Retire(_leaving);

        _scheduler.Retire(_leaving, Within(0, OnDeadline.GiveUp));

        Assert.Equal((RetirementOutcome.Retired, 0), (_scheduler.RowOf(first).Outcome, _scheduler.RowOf(first).WaitedForCount));
    }

    [Fact]
    public void A_second_caller_interrupts_once_the_worker_has_acknowledged()
    {
        var running = new[] { Run(), Run() };
        var first = _scheduler.Retire(_leaving);

        _scheduler.Retire(_leaving, new RetirementOptions { RunningTasks = RunningTasks.Interrupt });
        Assert.Empty(_scheduler.Sent.Interrupts); // It is not known yet what runs.
        _scheduler.Acknowledge(_leaving);

        Assert.Equal(running, _scheduler.RowOf(first).Interrupted);
        Assert.Equal(0, _scheduler.RowOf(first).WaitedForCount);
    }

    [Fact]
    public void A_second_caller_who_does_not_interrupt_interrupts_nothing()
    {
        Run();
        _scheduler.Retire(_leaving);
        _scheduler.Retire(_leaving);
        _scheduler.Acknowledge(_leaving);

        _scheduler.Retire(_leaving);

        Assert.Empty(_scheduler.Sent.Interrupts);
        Assert.True(_leaving.IsMember);
    }

    [Fact]
    public void What_was_waited_for_and_is_interrupted_then_counts_as_interrupted_only()
    {
        var running = new[] { Run(), Run() };
        var first = _scheduler.Retire(_leaving);
        _scheduler.Acknowledge(_leaving);

        _scheduler.Retire(_leaving, new RetirementOptions { RunningTasks = RunningTasks.Interrupt });

        Assert.Equal(running, _scheduler.RowOf(first).Interrupted);
        Assert.Equal(0, _scheduler.RowOf(first).WaitedForCount);
        Assert.Equal(["Retirement"], StimuliOf(running[0], "Processing -> Waiting"));
    }

    [Fact]
    public void A_retirement_for_good_overtakes_one_that_asks_for_a_successor()
    {
        _scheduler.Retire(_leaving, s_restart);
        _scheduler.Sent.Nannies.Clear();

        _scheduler.Retire(_leaving);
        _scheduler.Acknowledge(_leaving);

        Assert.Equal([(NannyIntent.Retire, CloseReason.Retired)], _scheduler.Sent.Nannies.Select(static sent => (sent.Message.Intent, sent.Message.Reason)));
        Assert.Equal(CloseReason.Retired, _scheduler.RemovalOf(_leaving).Reason);
    }

    [Fact]
    public void Two_who_ask_for_a_successor_get_one()
    {
        _scheduler.Retire(_leaving, s_restart);
        _scheduler.Retire(_leaving, s_restart);
        _scheduler.Acknowledge(_leaving);

        Assert.Equal(CloseReason.LifetimeRestart, _scheduler.RemovalOf(_leaving).Reason);
        Assert.Equal(NannyIntent.Restart, _scheduler.Sent.Nannies[^1].Message.Intent);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void The_worker_is_told_to_end_if_one_of_them_wants_that(bool first, bool second, bool isTold)
    {
        _scheduler.Retire(_leaving, new RetirementOptions { CloseWorkers = first });
        _scheduler.Retire(_leaving, new RetirementOptions { CloseWorkers = second });
        _scheduler.Acknowledge(_leaving);

        Assert.False(_leaving.IsMember);
        Assert.Equal(isTold, _scheduler.Sent.Told.Exists(static told => told.Message is CloseWorker));
    }

    private IEnumerable<string> StimuliOf(TaskKey key, string transition) =>
        _scheduler.StoryOf(key).Where(line => $"{line.Start} -> {line.Finish}" == transition).Select(static line => line.Stimulus);

    private TaskKey Run() => _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["w0"], AllowOtherWorkers = true });

    private static RetirementOptions Within(double seconds, OnDeadline onDeadline = OnDeadline.Abort) =>
        new() { Deadline = TimeSpan.FromSeconds(seconds), OnDeadline = onDeadline };
}
