using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Nannies;

/// <summary>A nanny without its scheduler, at the end of its memory, of a lifetime, of itself.</summary>
public sealed class NannyEndTests
{
    private static readonly NannySettings s_settings = new()
    {
        KillGrace = TimeSpan.FromSeconds(5),
        DeathTimeout = TimeSpan.FromSeconds(60),
        ReconnectDelay = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public void Without_its_scheduler_it_starts_nobody()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Lose();
        nanny.Exit(CloseReason.SchedulerLost);

        nanny.Advance(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain("start 2", nanny.Order);
        Assert.Equal("connect", nanny.Order[^1]);
        nanny.Register();

        Assert.Equal("start 2", nanny.Order[^1]);
    }

    [Fact]
    public void It_tries_again_and_again_to_reach_its_scheduler_one_attempt_at_a_time()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Lose();
        for (var i = 0; i < 5; i++)
        {
            nanny.Advance(TimeSpan.FromSeconds(1));
            nanny.Advance(TimeSpan.FromSeconds(1)); // The attempt is under way.
            nanny.Lose();
        }

        Assert.Equal(5, nanny.Order.Count(static line => line == "connect"));
    }

    [Fact]
    public void A_scheduler_that_is_gone_for_the_death_timeout_ends_nanny_and_worker_T010_T012()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Lose();

        nanny.Advance(TimeSpan.FromSeconds(59));
        Assert.DoesNotContain(nanny.Order, static line => line.StartsWith("stop", StringComparison.Ordinal));
        nanny.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("stop 1 SchedulerLost", nanny.Order[^1]);
        nanny.Exit(CloseReason.SchedulerLost);

        Assert.Equal((Status.Closed, CloseReason.SchedulerLost), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void A_scheduler_that_was_never_there_ends_the_nanny_after_the_death_timeout_T083()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();

        nanny.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal((Status.Closed, CloseReason.SchedulerLost), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void The_death_timeout_counts_from_the_first_loss_and_ends_with_the_connection()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Lose();
        nanny.Advance(TimeSpan.FromSeconds(40));
        nanny.Lose();
        nanny.Advance(TimeSpan.FromSeconds(1));
        nanny.Register();
        nanny.Advance(TimeSpan.FromHours(1));
        Assert.Null(nanny.Ended);

        nanny.Lose();
        nanny.Advance(TimeSpan.FromSeconds(40));
        nanny.Lose();
        nanny.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("stop 1 SchedulerLost", nanny.Order[^1]);
    }

    [Fact]
    public void A_scheduler_that_closes_in_order_ends_nanny_and_worker_at_once_T011()
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Lose(isOrderly: true);
        Assert.Equal(["stop 1 SchedulerClosed"], nanny.Order);
        nanny.Exit(CloseReason.SchedulerClosed);

        Assert.Equal("end Closed SchedulerClosed", nanny.Order[^1]);
    }

    [Fact]
    public void A_connection_that_breaks_while_the_nanny_ends_leaves_nothing_to_wait_for()
    {
        var nanny = NannyFixture.Running(s_settings with { DeathTimeout = TimeSpan.FromSeconds(1), KillGrace = TimeSpan.FromSeconds(20) });
        nanny.Close();

        nanny.Lose();
        nanny.Advance(TimeSpan.FromSeconds(10)); // Fails if a deadline is met again and again.
        nanny.Exit();

        Assert.Equal((Status.Closed, CloseReason.UserRequest), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void Too_much_memory_is_told_to_the_scheduler_before_the_worker_is_killed_and_another_follows_T081()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 100 });

        nanny.Measure(100);
        Assert.Empty(nanny.Order);
        nanny.Measure(101);
        nanny.Measure(102);
        Assert.Equal(["tell worker-10 MemoryLimit", "kill 1 MemoryLimit"], nanny.Order);
        Assert.Contains("101 bytes", ((WorkerExited)nanny.Told[0]).Detail, StringComparison.Ordinal);
        nanny.Exit();

        Assert.Equal("start 2", nanny.Order[^1]);
    }

    [Fact]
    public void A_worker_that_is_killed_for_its_memory_and_hears_meanwhile_that_it_is_missing_is_replaced_all_the_same()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 100 });
        nanny.Measure(101); // The scheduler removes it, and answers a heartbeat that was on its way.

        nanny.Announce(CloseReason.Missing);
        nanny.Exit(CloseReason.Missing);

        Assert.Equal("start 2", nanny.Order[^1]);
        Assert.Equal("tell worker-10 MemoryLimit", nanny.Order.Last(static line => line.StartsWith("tell worker", StringComparison.Ordinal)));
    }

    [Fact]
    public void Memory_of_a_worker_that_has_ended_is_not_looked_at()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 100 });
        nanny.Lose();
        nanny.Exit();
        nanny.Order.Clear();

        nanny.Measure(101);

        Assert.Empty(nanny.Order);
    }

    [Fact]
    public void A_worker_that_takes_too_much_memory_while_it_retires_is_killed_and_not_replaced()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 100 });
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);

        nanny.Measure(101);
        nanny.Exit();

        Assert.Equal((Status.Closed, CloseReason.Retired), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason)); // Nor is it to be started by anybody else.
        Assert.Equal(CloseReason.MemoryLimit, nanny.Machine.LastExit!.Reason);
    }

    [Fact]
    public void A_nanny_that_loses_its_scheduler_while_its_worker_retires_ends_for_good_I1()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Retire, CloseReason.Retired);
        nanny.Lose();
        nanny.Advance(s_settings.DeathTimeout);

        nanny.Exit();

        Assert.Equal((Status.Closed, CloseReason.Retired), (nanny.Ended!.Value.Status, nanny.Ended.Value.Reason));
    }

    [Fact]
    public void A_lifetime_that_is_over_retires_the_worker_T024()
    {
        var nanny = NannyFixture.Running(s_settings with { Lifetime = TimeSpan.FromHours(1) });

        nanny.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["retire worker-10"], nanny.Order);
        nanny.Tell(NannyIntent.Retire, CloseReason.LifetimeOver);
        nanny.Exit(CloseReason.LifetimeOver);

        Assert.Equal("end Closed LifetimeOver", nanny.Order[^1]);
    }

    [Fact]
    public void A_lifetime_with_restart_leads_to_a_successor_with_a_lifetime_of_its_own_T076()
    {
        var nanny = NannyFixture.Running(s_settings with { Lifetime = TimeSpan.FromHours(1), LifetimeRestart = true });

        nanny.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["retire worker-10 and restart"], nanny.Order);
        nanny.Tell(NannyIntent.Run, CloseReason.LifetimeRestart);
        nanny.Tell(NannyIntent.Restart, CloseReason.LifetimeRestart);
        nanny.Exit(CloseReason.LifetimeRestart);
        nanny.EndRetirement(isRefused: false, number: 1);
        nanny.Run();
        nanny.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("start 2", nanny.Order[^1]);
        nanny.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("retire worker-20 and restart", nanny.Order[^1]);
    }

    [Fact]
    public void A_lifetime_retirement_that_is_refused_is_asked_for_again()
    {
        var nanny = NannyFixture.Running(s_settings with { Lifetime = TimeSpan.FromHours(1) });
        for (var asked = 1; asked <= 3; asked++)
        {
            nanny.Advance(TimeSpan.FromHours(1));
            Assert.Equal(asked, nanny.Order.Count);
            nanny.Advance(TimeSpan.FromHours(1)); // It takes its time.
            Assert.Equal(asked, nanny.Order.Count);
            nanny.EndRetirement(isRefused: true);
        }

        nanny.Advance(TimeSpan.FromMinutes(6)); // A tenth of the lifetime.
        Assert.Equal(4, nanny.Order.Count);
    }

    [Theory]
    [InlineData(3600, 360)]
    [InlineData(5, 1)]
    public void A_refused_retirement_is_asked_for_again_after_a_tenth_of_the_lifetime_and_not_within_a_second(int lifetime, int pause)
    {
        var nanny = NannyFixture.Running(s_settings with { Lifetime = TimeSpan.FromSeconds(lifetime) });
        nanny.Advance(TimeSpan.FromSeconds(lifetime));
        nanny.EndRetirement(isRefused: true);
        nanny.Order.Clear();

        nanny.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromTicks(1));
        Assert.Empty(nanny.Order);
        nanny.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(["retire worker-10"], nanny.Order);
    }

    [Fact]
    public void A_lifetime_that_is_over_while_the_nanny_ends_retires_nobody()
    {
        var nanny = new NannyFixture(s_settings with { Lifetime = TimeSpan.FromSeconds(1) });
        nanny.Start();
        nanny.Register();
        nanny.Close();
        nanny.Run();

        nanny.Advance(TimeSpan.FromSeconds(2));

        Assert.DoesNotContain("retire worker-10", nanny.Order);
    }

    [Fact]
    public void It_does_not_knock_again_before_the_pause_is_over()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Advance(TimeSpan.FromSeconds(10));
        nanny.Lose();

        nanny.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Empty(nanny.Order);
        nanny.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(["connect"], nanny.Order);
    }

    [Fact]
    public void The_grace_of_a_close_counts_from_the_close()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Advance(TimeSpan.FromSeconds(100));

        nanny.Close();

        Assert.Equal(TimeSpan.FromSeconds(105), nanny.Machine.NextDeadline);
    }

    [Fact]
    public void Nothing_that_is_late_is_heard_by_a_nanny_that_failed_because_its_worker_could_not_be_killed()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 1, Lifetime = TimeSpan.FromHours(1) });
        nanny.Measure(2);
        nanny.Advance(s_settings.KillGrace);
        Assert.Equal(Status.Failed, nanny.Ended!.Value.Status);

        nanny.Tell(NannyIntent.Restart, CloseReason.Restart); // The sink fails the test if anything is done.
        nanny.Announce(CloseReason.Crashed);
        nanny.EndRetirement(isRefused: true);
        nanny.Measure(3);
        Assert.Null(nanny.Machine.NextDeadline);
        nanny.Exit();

        Assert.Equal(Status.Failed, nanny.Machine.Status);
    }

    [Fact]
    public void A_worker_that_is_asked_to_end_and_does_not_is_killed_T082()
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Close(CloseReason.NannyClosing);
        nanny.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["stop 1 NannyClosing", "tell worker-10 NannyClosing", "kill 1 NannyClosing"], nanny.Order);
        nanny.Exit();

        Assert.Equal("end Closed NannyClosing", nanny.Order[^1]);
    }

    [Fact]
    public void It_ends_whatever_happens_to_its_worker_9317()
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Close();
        nanny.Advance(TimeSpan.FromSeconds(10)); // Neither the stop nor the kill shows.

        Assert.Equal(Status.Failed, nanny.Ended!.Value.Status);
    }

    [Fact]
    public void A_worker_that_announces_its_end_again_and_again_is_killed_when_the_grace_of_the_first_time_is_over()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Announce(CloseReason.UserRequest);
        nanny.Advance(TimeSpan.FromSeconds(3));
        nanny.Announce(CloseReason.UserRequest);

        nanny.Advance(TimeSpan.FromSeconds(2));

        Assert.Contains("kill 1 UserRequest", nanny.Order);
    }

    [Fact]
    public void A_worker_that_announces_its_end_and_hangs_is_killed()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Announce(CloseReason.UserRequest);

        nanny.Advance(TimeSpan.FromSeconds(5));
        nanny.Exit();

        Assert.Equal(["tell worker-10 UserRequest", "kill 1 UserRequest", "tell worker-10 UserRequest", "end Closed UserRequest"], nanny.Order);
    }

    [Fact]
    public void Closed_before_it_was_let_in_it_ends_at_once()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();

        nanny.Close();
        Assert.Equal("end Closed UserRequest", nanny.Order[^1]);
        nanny.Register(); // The answer was on its way.
        nanny.Lose();
        nanny.Advance(TimeSpan.FromHours(1));

        Assert.Equal("end Closed UserRequest", nanny.Order[^1]);
        Assert.Null(nanny.Machine.NextDeadline);
    }

    [Fact]
    public void Closed_while_its_worker_starts_it_ends_when_that_has_ended()
    {
        var nanny = new NannyFixture(s_settings);
        nanny.Start();
        nanny.Register();

        nanny.Close();
        Assert.Equal("stop 1 UserRequest", nanny.Order[^1]);
        nanny.Run();
        Assert.Equal(Status.Closing, nanny.Machine.Status);
        nanny.Exit();

        Assert.Equal("end Closed UserRequest", nanny.Order[^1]);
    }

    [Fact]
    public void Closed_while_it_waits_to_start_another_it_ends_at_once()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Exit();
        nanny.Run();
        nanny.Exit();
        Assert.Equal(0, nanny.Alive);

        nanny.Close();
        nanny.Advance(TimeSpan.FromHours(1));

        Assert.Equal("end Closed UserRequest", nanny.Order[^1]);
    }

    [Theory]
    [InlineData(CloseReason.SchedulerLost, CloseReason.UserRequest, CloseReason.UserRequest)]
    [InlineData(CloseReason.UserRequest, CloseReason.SchedulerLost, CloseReason.UserRequest)]
    [InlineData(CloseReason.UserRequest, CloseReason.HostStopping, CloseReason.UserRequest)]
    [InlineData(CloseReason.UserRequest, CloseReason.InternalError, CloseReason.InternalError)]
    public void Of_two_closes_the_stronger_decides_and_of_equals_the_first(CloseReason first, CloseReason second, CloseReason wins)
    {
        var nanny = NannyFixture.Running(s_settings);

        nanny.Close(first);
        nanny.Close(second);
        nanny.Exit();

        Assert.Equal(wins, nanny.Ended!.Value.Reason);
        Assert.Single(nanny.Order, static line => line.StartsWith("stop", StringComparison.Ordinal));
    }

    [Fact]
    public void A_restart_does_not_undo_a_close_A3_34()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Close();

        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        nanny.Exit(CloseReason.Restart);

        Assert.Equal("end Closed UserRequest", nanny.Order[^1]);
    }

    [Fact]
    public void A_close_during_a_restart_wins_A3_34()
    {
        var nanny = NannyFixture.Running(s_settings);
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);

        nanny.Tell(NannyIntent.Close, CloseReason.SchedulerRequest);
        nanny.Exit(CloseReason.Restart);

        Assert.Equal("end Closed SchedulerRequest", nanny.Order[^1]);
    }

    [Fact]
    public void Nothing_that_is_late_brings_an_ended_nanny_back()
    {
        var nanny = NannyFixture.Running(s_settings with { TerminateBytes = 1, Lifetime = TimeSpan.FromHours(1) });
        nanny.Exit(CloseReason.Retired);
        Assert.NotNull(nanny.Ended);

        nanny.Register(); // The sink fails the test if anything is done.
        nanny.Lose();
        nanny.Refuse();
        nanny.Run();
        nanny.Announce(CloseReason.Crashed);
        nanny.Measure(2);
        nanny.Tell(NannyIntent.Restart, CloseReason.Restart);
        nanny.EndRetirement(isRefused: true);
        nanny.FailStart();
        nanny.Exit();
        nanny.Close();
        nanny.Advance(TimeSpan.FromDays(1));

        Assert.Equal(Status.Closed, nanny.Machine.Status);
        Assert.Null(nanny.Machine.NextDeadline);
    }
}
