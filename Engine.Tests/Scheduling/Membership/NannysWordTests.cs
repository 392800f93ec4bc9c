using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>
/// A worker and its nanny have a connection each, and the worker's may end before the nanny's word of it is there: the scheduler waits
/// for the word, and not for ever.
/// </summary>
public sealed class NannysWordTests
{
    private static readonly SchedulerSettings s_settings = new()
    {
        AllowedFailures = 0,
        WorkerSaturation = double.PositiveInfinity,
        UnknownDurationSeconds = 1e-3,
    };

    private readonly SchedulerFixture _scheduler = new(s_settings);

    [Theory]
    [InlineData(CloseReason.Restart)]
    [InlineData(CloseReason.UserRequest)]
    [InlineData(CloseReason.NannyClosing)]
    public void An_end_that_its_nanny_announces_blames_no_task_though_the_connection_ended_first_I10(CloseReason reason)
    {
        var (nanny, worker, running) = RunUnderANanny();
        var other = _scheduler.AddWorker();

        _scheduler.Cut(worker);
        Assert.Empty(_scheduler.ToldOf(running));
        _scheduler.Exited(nanny, worker, reason, "as announced");

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.Equal(other, _scheduler.Sent.Latest[running].Worker);
        Assert.Equal((reason, true), (_scheduler.RemovalOf(worker).Reason, _scheduler.RemovalOf(worker).IsExpected));
    }

    [Theory]
    [InlineData(CloseReason.MemoryLimit)]
    [InlineData(CloseReason.Crashed)]
    public void An_unannounced_end_is_blamed_for_what_its_nanny_saw_and_not_for_a_broken_connection(CloseReason reason)
    {
        var (nanny, worker, running) = RunUnderANanny();

        _scheduler.Cut(worker);
        _scheduler.Exited(nanny, worker, reason, "its process was killed by signal 9");

        Assert.Contains($"{reason}: its process was killed by signal 9", ErrorOf(running), StringComparison.Ordinal);
    }

    [Fact]
    public void While_the_word_is_awaited_nothing_is_sent_to_the_worker_I5()
    {
        var (_, worker, _) = RunUnderANanny();
        _scheduler.Cut(worker);
        _scheduler.Sent.Clear();

        var waiting = _scheduler.SubmitMany(3, new TestWork());

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Equal((0, Status.Closing), (_scheduler.Machine.RunningCount, worker.Status));
        var other = _scheduler.AddWorker(threads: 3);
        Assert.All(waiting, key => Assert.Equal(other, _scheduler.Sent.Latest[key].Worker));
    }

    [Fact]
    public void A_nanny_that_says_nothing_is_waited_for_so_long_and_no_longer()
    {
        var (_, worker, running) = RunUnderANanny();
        _scheduler.Cut(worker);

        _scheduler.Advance(s_settings.NannysWordLimit - TimeSpan.FromTicks(1));
        Assert.Empty(_scheduler.ToldOf(running));
        _scheduler.Advance(TimeSpan.FromTicks(1));

        Assert.Contains("Crashed: it broke; its nanny did not say why", ErrorOf(running), StringComparison.Ordinal);
        Assert.False(worker.IsMember);
    }

    [Fact]
    public void A_nanny_that_goes_too_is_not_waited_for()
    {
        var (nanny, worker, running) = RunUnderANanny();
        _scheduler.Cut(worker);

        _scheduler.Cut(nanny);

        Assert.Contains("Crashed: it broke; so did its nanny's", ErrorOf(running), StringComparison.Ordinal);
    }

    [Fact]
    public void A_nanny_that_has_gone_before_is_not_waited_for()
    {
        var (nanny, worker, running) = RunUnderANanny();
        _scheduler.Cut(nanny);

        _scheduler.Cut(worker);

        Assert.Contains("Crashed: it broke", ErrorOf(running), StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_came_before_the_connection_ended_stays()
    {
        var (nanny, worker, running) = RunUnderANanny();
        _scheduler.Exited(nanny, worker, CloseReason.Restart);

        _scheduler.Cut(worker);
        _scheduler.Advance(s_settings.NannysWordLimit);

        Assert.Empty(_scheduler.ToldOf(running));
        Assert.Equal(CloseReason.Restart, _scheduler.RemovalOf(worker).Reason);
    }

    [Fact]
    public void A_goodbye_is_not_waited_upon()
    {
        var (_, worker, running) = RunUnderANanny();
        _scheduler.Handle(worker, new Goodbye(CloseReason.UserRequest, "goodbye"));

        _scheduler.Cut(worker);

        Assert.Equal(CloseReason.UserRequest, _scheduler.RemovalOf(worker).Reason);
        Assert.Empty(_scheduler.ToldOf(running));
    }

    [Fact]
    public void A_retirement_whose_worker_ends_is_not_refused_while_the_word_is_awaited_and_ends_with_it()
    {
        var (nanny, worker, _) = RunUnderANanny();
        _scheduler.AddWorker();
        _scheduler.HoldData(worker);
        var retirement = _scheduler.Retire(worker, new RetirementOptions { Deadline = TimeSpan.FromSeconds(1) });
        _scheduler.Cut(worker);

        _scheduler.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_scheduler.ReportOf(retirement));
        _scheduler.Exited(nanny, worker);

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(retirement).Outcome);
    }

    [Fact]
    public void A_retirement_of_a_worker_whose_word_is_awaited_ends_with_it()
    {
        var (nanny, worker, _) = RunUnderANanny();
        _scheduler.AddWorker();
        _scheduler.Cut(worker);

        var retirement = _scheduler.Retire(worker);
        Assert.Null(_scheduler.ReportOf(retirement));
        _scheduler.Exited(nanny, worker);

        Assert.Equal(RetirementOutcome.Vanished, _scheduler.RowOf(retirement).Outcome);
    }

    private string ErrorOf(TaskKey key)
    {
        var notice = Assert.Single(_scheduler.NoticesOf(key));
        Assert.Equal(TaskErrorKind.KilledWorker, notice.Error!.Kind);
        return notice.Error.Message;
    }

    private (NannyState Nanny, WorkerState Worker, TaskKey Running) RunUnderANanny()
    {
        var nanny = _scheduler.AddNanny();
        var worker = _scheduler.AddWorker(nanny);
        return (nanny, worker, _scheduler.Submit());
    }
}
