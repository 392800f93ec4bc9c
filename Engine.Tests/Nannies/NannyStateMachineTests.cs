using Engine.Nannies.Machine;
using Engine.Nannies.Processes;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Nannies;

/// <summary>A nanny's decisions: when its worker is started, ended, started again, and when it ends itself.</summary>
public sealed class NannyStateMachineTests
{
    private static readonly NannySettings s_settings = new()
    {
        BackOff = TimeSpan.FromSeconds(1),
        BackOffMax = TimeSpan.FromSeconds(3),
        RestartsMax = 5,
        RestartWindow = TimeSpan.FromMinutes(5),
        KillGrace = TimeSpan.FromSeconds(5),
        DeathTimeout = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public void It_registers_first_and_then_starts_its_worker()
    {
        var nanny = new NannyFixture(s_settings);

        nanny.Start();
        Assert.Equal(["connect"], nanny.Order);
        nanny.Register();
        Assert.Equal(["connect", "start 1"], nanny.Order);
        nanny.Run();

        Assert.Equal((Status.Running, NannyFixture.Incarnation(1)), (nanny.Machine.Status, nanny.Machine.Worker));
        Assert.Null(nanny.Machine.NextDeadline);
    }

    [Fact]
    public void A_crashed_worker_is_followed_by_another_one_at_once_and_the_scheduler_hears_of_it_first_T070()
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Exit();

        Assert.Equal(["tell worker-10 Crashed", "tell LogEventMessage", "start 2"], nanny.Order);
    }

    [Fact]
    public void Further_crashes_are_followed_after_a_time_that_doubles_and_has_a_limit()
    {
        var nanny = NannyFixture.Running(s_settings);
        foreach (var wait in new[] { 0, 1, 2, 3, 3 })
        {
            nanny.Exit();
            if (wait > 0)
            {
                nanny.Advance(TimeSpan.FromSeconds(wait - 0.1));
                Assert.Equal(0, nanny.Alive);
                nanny.Advance(TimeSpan.FromSeconds(0.1));
            }

            Assert.NotEqual(0, nanny.Alive);
            nanny.Run();
        }
    }

    [Fact]
    public void A_back_off_of_many_days_has_a_limit_too()
    {
        var nanny = NannyFixture.Running(s_settings with { BackOff = TimeSpan.FromDays(40), RestartsMax = 25 });
        for (var i = 0; i < 25; i++)
        {
            nanny.Exit();
            nanny.Advance(i == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(2.9));
            Assert.Equal(i == 0, nanny.Alive != 0);
            nanny.Advance(TimeSpan.FromSeconds(0.1));
            nanny.Run();
        }
    }

    [Fact]
    public void One_crash_too_many_within_the_window_ends_the_nanny_with_the_last_reason()
    {
        var nanny = NannyFixture.Running(s_settings);
        for (var i = 0; i < 6; i++)
        {
            nanny.Exit(i == 5 ? CloseReason.InternalError : CloseReason.Crashed);
            nanny.Advance(TimeSpan.FromSeconds(3));
            if (nanny.Alive > 0)
            {
                nanny.Run();
            }
        }

        Assert.Equal((Status.Failed, CloseReason.InternalError), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
        Assert.Equal(NannyAction.Fail, nanny.Machine.LastExit!.Action);
        Assert.Contains("6 times", nanny.Ended.Value.Detail, StringComparison.Ordinal);
        Assert.Contains("it ended by InternalError", nanny.Ended.Value.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Crashes_that_are_long_ago_are_forgotten()
    {
        var nanny = NannyFixture.Running(s_settings);
        for (var i = 0; i < 50; i++)
        {
            nanny.Exit();
            nanny.Advance(TimeSpan.FromSeconds(62));
            nanny.Run();
        }

        Assert.Null(nanny.Ended);
    }

    [Fact]
    public void Intended_restarts_count_for_nothing()
    {
        var nanny = NannyFixture.Running(s_settings);
        for (var i = 0; i < 50; i++)
        {
            nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
            nanny.Exit(CloseReason.Restart);
            nanny.Run(); // At once.
        }

        Assert.Null(nanny.Ended);
    }

    [Theory]
    [InlineData(true, CloseReason.Crashed)] // How it ended doesn't matter.
    [InlineData(false, CloseReason.LifetimeRestart)]
    public void What_was_asked_for_or_announced_is_followed_at_once_however_often(bool isAskedFor, CloseReason reason)
    {
        var nanny = NannyFixture.Running(s_settings);
        for (var number = 2; number < 20; number++)
        {
            nanny.Tell(isAskedFor ? NannyIntent.Restart : NannyIntent.Run, CloseReason.Restart);
            nanny.Exit(reason);
            Assert.Equal(number, nanny.Alive);
            nanny.Run();
        }
    }

    [Fact]
    public void A_crash_is_forgotten_when_the_window_is_over_and_not_before()
    {
        var nanny = NannyFixture.Running(s_settings with { RestartsMax = 1 });
        nanny.Exit();
        nanny.Run();

        nanny.Advance(s_settings.RestartWindow);
        nanny.Exit();
        Assert.Equal(3, nanny.Alive);
        nanny.Run();
        nanny.Advance(s_settings.RestartWindow - TimeSpan.FromTicks(1));
        nanny.Exit();

        Assert.Equal(Status.Failed, nanny.Ended!.Value.Status);
        Assert.Equal("tell LogEventMessage", nanny.Order[^2]); // The scheduler's log tells of it.
    }

    [Fact]
    public void What_is_told_of_the_last_end_is_what_is_done_then()
    {
        var (going, closing) = (NannyFixture.Running(s_settings), NannyFixture.Running(s_settings));
        closing.Close(CloseReason.SchedulerLost); // After which another one would be started, if it didn't close.

        going.Exit();
        closing.Exit();

        Assert.Equal(NannyAction.Restart, going.Machine.LastExit!.Action);
        Assert.Equal(NannyAction.CloseTogether, closing.Machine.LastExit!.Action);
    }

    [Fact]
    public void Of_a_worker_that_was_never_let_in_the_scheduler_is_told_nothing()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();

        nanny.Exit();

        Assert.DoesNotContain(nanny.Told, static told => told is WorkerExited);
    }

    [Fact]
    public void Of_two_words_of_equal_strength_the_last_counts_and_more_than_how_it_was_seen_to_end_only_if_stronger()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Announce(CloseReason.LifetimeRestart);
        nanny.Announce(CloseReason.SchedulerLost);
        nanny.Exit(CloseReason.Crashed);
        nanny.Run();
        nanny.Announce(CloseReason.LifetimeRestart);
        nanny.Exit(CloseReason.SchedulerLost);

        Assert.Equal(["tell worker-10 SchedulerLost", "tell worker-20 SchedulerLost"], nanny.Order.Where(static line => line.StartsWith("tell worker", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_late_word_of_an_older_worker_does_not_end_the_one_that_there_is_I7()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Exit();
        nanny.Run();
        nanny.Order.Clear();

        nanny.Announce(CloseReason.Retired, number: 1);
        nanny.Advance(s_settings.KillGrace);

        Assert.Empty(nanny.Order);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_nanny_that_closes_goes_on_closing_whatever_it_is_told(bool isToRetire)
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Close();

        nanny.Tell(isToRetire ? NannyIntent.Retire : NannyIntent.Run, CloseReason.Retired);

        Assert.Equal(Status.Closing, nanny.Machine.Status);
    }

    public static TheoryData<CloseReason> Reasons => [.. Enum.GetValues<CloseReason>()];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Told_to_retire_whatever_ends_the_worker_is_final_I1(CloseReason reason)
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);
        Assert.Equal(Status.ClosingGracefully, nanny.Machine.Status);

        nanny.Exit(reason);
        nanny.Advance(TimeSpan.FromHours(1));

        Assert.Equal(Status.Closed, nanny.Ended!.Value.Status);
        Assert.DoesNotContain("start 2", nanny.Order);
        Assert.NotEqual(WorkerExitCode.Failed, WorkerExitCodes.Of(nanny.Ended.Value.Reason)); // No watchdog starts it again.
    }

    [Fact]
    public void Told_to_end_because_its_worker_was_silent_on_its_way_out_no_watchdog_is_to_start_it_again_I1()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);

        nanny.Tell(NannyIntent.Close, CloseReason.Expired);
        nanny.Exit(CloseReason.Expired);

        Assert.Equal((Status.Closed, WorkerExitCode.Ended), (nanny.Ended!.Value.Status, WorkerExitCodes.Of(nanny.Ended.Value.Reason)));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Not_told_anything_the_reason_alone_decides(CloseReason reason)
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Exit(reason);

        Assert.Equal(CloseTable.ActionOf(reason) switch
        {
            NannyAction.CloseTogether => "end Closed",
            NannyAction.Fail => "end Failed",
            _ => "start 2",
        }, string.Join(' ', nanny.Order[^1].Split(' ')[..2]));
    }

    [Fact]
    public void A_worker_that_is_missing_takes_its_nanny_with_it_always_8522()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Announce(CloseReason.Missing); // It says so before it goes, and then is seen to go somehow.

        nanny.Exit(CloseReason.Crashed);

        Assert.Equal((Status.Closed, CloseReason.Missing), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void Told_to_restart_it_stops_its_worker_kills_it_after_the_grace_and_starts_another_when_it_is_dead_1303()
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        Assert.Equal(["stop 1 Restart"], nanny.Order);
        nanny.Advance(TimeSpan.FromSeconds(5)); // It doesn't care.
        Assert.Equal(["stop 1 Restart", "tell worker-10 Restart", "kill 1 Restart"], nanny.Order);
        nanny.Exit();

        Assert.Equal("start 2", nanny.Order[^1]);
    }

    [Fact]
    public void A_kill_that_nobody_sees_succeed_ends_the_nanny_and_no_successor_runs_beside_it_T092()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);

        nanny.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(Status.Failed, nanny.Ended!.Value.Status);
        Assert.DoesNotContain("start 2", nanny.Order);
        nanny.Exit(); // After all.
        nanny.Register();
        nanny.Advance(TimeSpan.FromHours(1));
        Assert.DoesNotContain("start 2", nanny.Order);
    }

    [Fact]
    public void Orders_about_an_older_worker_change_nothing_I7()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Exit();
        nanny.Run();
        nanny.Order.Clear();

        foreach (var intent in Enum.GetValues<NannyIntent>())
        {
            nanny.Tell(intent, CloseReason.Restart, number: 1);
        }

        Assert.Empty(nanny.Order);
        Assert.Equal(Status.Running, nanny.Machine.Status);
        nanny.Exit();
        nanny.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 3", nanny.Order[^1]);
    }

    [Fact]
    public void Events_of_an_older_worker_change_nothing_I7()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 10, Lifetime = TimeSpan.FromMinutes(1) });
        nanny.Exit();
        nanny.Run();
        nanny.Order.Clear();

        nanny.Exit(CloseReason.Retired, number: 1);
        nanny.Announce(CloseReason.Retired, number: 1);
        nanny.FailStart(number: 1);
        nanny.Run(number: 1);
        nanny.Measure(99, number: 1);
        nanny.EndRetirement(isRefused: true, number: 1);

        Assert.Empty(nanny.Order);
        Assert.Equal(NannyFixture.Incarnation(2), nanny.Machine.Worker);
    }

    [Fact]
    public void An_order_that_comes_before_the_nanny_knows_its_workers_incarnation_is_obeyed_when_it_does()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();

        nanny.Tell(NannyIntent.Retire, CloseReason.Retired); // The scheduler has let the worker in already.
        nanny.Run();
        Assert.Equal(Status.ClosingGracefully, nanny.Machine.Status);
        nanny.Exit(CloseReason.Crashed);

        Assert.Equal(Status.Closed, nanny.Ended!.Value.Status);
    }

    [Fact]
    public void An_early_order_about_an_older_worker_is_not_obeyed_by_a_younger_one()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Exit();

        nanny.Tell(NannyIntent.Retire, CloseReason.Retired, number: 1);
        nanny.Run();
        nanny.Exit();
        nanny.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("start 3", nanny.Order[^1]);
    }

    [Fact]
    public void The_last_of_retire_and_restart_decides_7312()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        nanny.Exit(CloseReason.Retired);
        Assert.Equal("start 2", nanny.Order[^1]);

        nanny.Run();
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);
        nanny.Exit(CloseReason.Restart);
        Assert.Equal(Status.Closed, nanny.Ended!.Value.Status);
    }

    [Fact]
    public void A_retirement_that_was_aborted_is_forgotten()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);

        nanny.Tell(NannyIntent.Run, CloseReason.Retired);
        Assert.Equal(Status.Running, nanny.Machine.Status);
        nanny.Exit();

        Assert.Equal("start 2", nanny.Order[^1]);
    }

    [Fact]
    public void An_intent_holds_for_one_worker_only()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        nanny.Exit(CloseReason.Restart);
        nanny.Run();

        nanny.Exit(CloseReason.Missing);

        Assert.Equal(Status.Closed, nanny.Ended!.Value.Status);
    }

    [Fact]
    public void A_nanny_that_is_refused_ends_and_starts_nothing()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();

        nanny.Refuse();

        Assert.Equal(["connect", "end Closed Refused"], nanny.Order);
    }

    [Fact]
    public void A_worker_that_is_refused_takes_its_nanny_with_it_A1_21()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();

        nanny.FailStart(new InvalidOperationException("refused"), CloseReason.Refused);

        Assert.Equal((Status.Closed, CloseReason.Refused), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void A_start_that_fails_is_told_once_with_its_own_error_and_not_tried_again_T077()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();
        var error = new FormatException("the port is taken");

        nanny.FailStart(error);
        nanny.Exit(); // The process is seen to go, too.
        nanny.Advance(TimeSpan.FromHours(1));

        Assert.Equal((Status.Failed, CloseReason.StartFailed, "the port is taken", error), nanny.Ended);
        Assert.Single(nanny.Order, static line => line.StartsWith("start", StringComparison.Ordinal));
    }

    [Fact]
    public void A_start_that_fails_after_the_nanny_was_closed_is_its_end_with_the_error_T078()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();
        nanny.Close();
        var error = new FormatException("the port is taken");

        nanny.FailStart(error);

        Assert.Equal((Status.Closed, CloseReason.UserRequest, error), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason, nanny.Ended.Value.Error));
    }

    [Fact]
    public void A_process_that_is_seen_to_end_before_it_came_up_is_followed_by_another_one_T079()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();

        nanny.Exit();
        Assert.Equal("start 2", nanny.Order[^1]);
        nanny.Run(number: 1); // Its word comes after its end: it is not taken for the second one's.
        nanny.FailStart(number: 1);

        Assert.Equal((0, 2), (nanny.Machine.Worker.Number, nanny.Alive));
        Assert.Null(nanny.Ended);
    }

    [Fact]
    public void A_word_of_a_worker_that_was_seen_to_end_does_not_bring_it_back()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Lose();
        nanny.Exit(); // Nobody is started while the scheduler is away.

        nanny.Run();
        nanny.Announce(CloseReason.Retired);
        nanny.FailStart();

        Assert.Equal((0, Status.Init), (nanny.Machine.Worker.Number, nanny.Machine.Status));
        Assert.Null(nanny.Ended);
    }
}
