using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>A cluster's plan against what is there: growing, shrinking, failing starts, workers that vanish.</summary>
public sealed class SpecClusterTests
{
    [Fact]
    public void Growing_starts_all_at_once_and_ends_when_all_are_members()
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(3);

        Assert.Equal("start 0; start 1; start 2", cluster.Lines);
        Assert.Equal([0, 1, 2], cluster.Specs.Select(static spec => spec.Place));
        Assert.All(cluster.Specs, static spec => Assert.Equal(("inproc://scheduler", 2, null), (spec.SchedulerAddress, spec.Threads, spec.MemoryLimit)));
        cluster.Up("1");
        cluster.Joined("0"); // The worker may be a member before the start of its host has ended.
        cluster.Started("0");
        cluster.Started("2");
        Assert.False(cluster.HasEnded(scale));
        Assert.Equal(("0 1 2", "0 1 2", "0 1"), (cluster.Plan, cluster.Requested, cluster.Observed));
        cluster.Joined("2");

        Assert.Equal((ScaleOutcome.Reached, 3), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
        Assert.Empty(cluster.Report(scale).Retirement.Rows);
        Assert.Null(cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_start_that_fails_is_tried_again_alone() // dask/distributed#5919
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(5);
        foreach (var name in new[] { "0", "1", "3", "4" })
        {
            cluster.Up(name);
        }

        cluster.StartFailed("2");
        _ = cluster.Lines;
        Assert.Equal("0 1 3 4", cluster.Observed);
        Assert.Equal("2", Assert.Single(cluster.Errors).Worker);
        cluster.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(string.Empty, cluster.Lines);
        cluster.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("start 2", cluster.Lines);
        cluster.Up("2");

        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
    }

    [Fact]
    public void The_pause_between_starts_doubles_up_to_a_limit()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        var pauses = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            cluster.StartFailed("0");
            pauses.Add((cluster.Machine.NextDeadline!.Value - cluster.Now).TotalSeconds);
            cluster.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        Assert.Equal(8, cluster.Machine.Status.RecentErrors.Count);
    }

    [Fact]
    public void Errors_are_kept_up_to_a_limit()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        for (var i = 0; i < 150; i++)
        {
            cluster.StartFailed("0");
            cluster.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(100, cluster.Machine.Status.RecentErrors.Count);
    }

    [Fact]
    public void Shrinking_retires_those_that_the_scheduler_chooses_and_ends_their_hosts_with_the_rows() // R1, dask/distributed#4069
    {
        var cluster = SpecClusterFixture.With(4);
        var options = new RetirementOptions();
        var scale = cluster.Scale(1, options);
        Assert.Equal("choose 3", cluster.Lines);
        cluster.Chosen("0", "1", "3"); // Not the newest.
        Assert.Equal("retire 0 1 3", cluster.Lines);
        Assert.Same(options, Assert.Single(cluster.RetirementOptions));
        Assert.Equal(("2", "0 1 2 3"), (cluster.Plan, cluster.Observed));
        cluster.Left("1", CloseReason.Retired);
        Assert.Equal(string.Empty, cluster.Lines); // No host is ended before the report.
        cluster.Retired("0", "1", "3");

        Assert.Equal("stop 0 Retired; stop 1 Retired; stop 3 Retired", cluster.Lines);
        Assert.All(cluster.Stops, stop => Assert.Same(cluster.Hosts[stop.Name], stop.Host)); // dask/distributed#5135
        cluster.Stopped("3");
        cluster.Stopped("0");
        Assert.False(cluster.HasEnded(scale));
        cluster.Stopped("1");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        Assert.True(cluster.Report(scale).Retirement.AllRetired);
        Assert.Equal(3, cluster.Report(scale).Retirement.Rows.Count);
        Assert.Equal(("2", "2", "2"), (cluster.Plan, cluster.Requested, cluster.Observed));
    }

    [Fact]
    public void A_worker_that_is_refused_stays_and_is_reported() // R3
    {
        var cluster = SpecClusterFixture.With(3);
        var scale = cluster.Scale(1);
        cluster.Chosen("0", "1");
        _ = cluster.Lines;
        cluster.Answer(("0", RetirementOutcome.Refused), ("1", RetirementOutcome.Retired));
        Assert.Equal("refused 0; stop 1 Retired", cluster.Lines);
        cluster.Stopped("1");

        var report = cluster.Report(scale);
        Assert.Equal((ScaleOutcome.Refused, 1, 2), (report.Outcome, report.Requested, report.Planned));
        Assert.Equal("0", Assert.Single(report.Retirement.Rows, static row => row.Outcome == RetirementOutcome.Refused).Name);
        Assert.Equal(("0 2", "0 2", "0 2"), (cluster.Plan, cluster.Requested, cluster.Observed));
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal(string.Empty, cluster.Lines); // Nobody asks again by itself, and nobody ends it.
    }

    [Fact]
    public void Those_go_first_that_have_not_arrived()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(6);
        cluster.Started("2");
        cluster.StartFailed("3");
        _ = cluster.Lines;
        var scale = cluster.Scale(2);

        Assert.Equal("cancel 5; cancel 4; stop 2 Vanished", cluster.Lines);
        cluster.StartFailed("5");
        cluster.Started("4"); // The cancellation came too late.
        Assert.Equal("stop 4 Vanished", cluster.Lines);
        cluster.Stopped("4");
        cluster.Stopped("2");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        Assert.Equal("0 1", cluster.Observed);
    }

    [Fact]
    public void Of_those_that_have_not_arrived_the_ones_without_a_host_go_first()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(3);
        cluster.Started("2");
        cluster.StartFailed("0");
        _ = cluster.Lines;
        cluster.Scale(2);
        Assert.Equal(("1 2", string.Empty), (cluster.Plan, cluster.Lines));
        cluster.Scale(1);
        Assert.Equal(("2", "cancel 1"), (cluster.Plan, cluster.Lines));
    }

    [Fact]
    public void A_member_whose_start_has_not_ended_is_not_cancelled_but_retired()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.Joined("0");
        _ = cluster.Lines;
        cluster.Scale(0);
        Assert.Equal("choose 1", cluster.Lines);
        cluster.Chosen("0");
        Assert.Equal(string.Empty, cluster.Lines);
        cluster.Started("0");
        Assert.Equal("retire 0", cluster.Lines);
        cluster.Retired("0");
        Assert.Equal("stop 0 Retired", cluster.Lines);
    }

    [Fact]
    public void Of_two_changes_of_size_the_last_wins()
    {
        var cluster = SpecClusterFixture.With(3);
        var first = cluster.Scale(1);
        Assert.Equal("choose 2", cluster.Lines);
        var second = cluster.Scale(5);
        Assert.Equal(ScaleOutcome.Superseded, cluster.Report(first).Outcome);
        Assert.Equal("start 3; start 4", cluster.Lines);
        cluster.Machine.OnChosen(1, [new WorkerId(1), new WorkerId(2)], cluster.Now); // The answer to the first comes too late.
        cluster.Up("3");
        cluster.Up("4");

        Assert.Equal(ScaleOutcome.Reached, cluster.Report(second).Outcome);
        Assert.Equal("0 1 2 3 4", cluster.Observed);
    }

    [Fact]
    public void A_refused_worker_whose_host_has_ended_meanwhile_is_replaced()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        cluster.HostEnded("0");
        _ = cluster.Lines;

        cluster.Answer(("0", RetirementOutcome.Refused));

        Assert.DoesNotContain("0", cluster.Plan, StringComparison.Ordinal);
        Assert.Contains("stop 0", cluster.Lines, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_worker_that_has_left_meanwhile_is_waited_for_and_not_for_ever()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        cluster.Scale(2);
        cluster.Left("0");

        cluster.Answer(("0", RetirementOutcome.Refused));

        Assert.Equal("choose 1; retire 0; start 2; refused 0; cancel 2", cluster.Lines);
        Assert.NotNull(cluster.Machine.NextDeadline);
    }

    [Fact]
    public void The_answer_to_a_choice_of_before_chooses_nobody_I7()
    {
        var cluster = SpecClusterFixture.With(4);
        cluster.Scale(1);
        cluster.Scale(3);
        Assert.Equal("choose 3; choose 1", cluster.Lines);

        cluster.Machine.OnChosen(1, [new WorkerId(1), new WorkerId(2), new WorkerId(3)], cluster.Now);
        Assert.Equal(string.Empty, cluster.Lines);
        cluster.Chosen("3");

        Assert.Equal("retire 3", cluster.Lines);
    }

    [Fact]
    public void No_more_go_than_should_however_many_are_chosen()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Joined("foreign");
        cluster.Scale(2);
        cluster.Chosen("foreign"); // In the way, so two are asked for.
        _ = cluster.Lines;

        cluster.Chosen("1", "2");

        Assert.Equal("retire 1", cluster.Lines);
    }

    [Fact]
    public void Growing_while_a_worker_is_being_retired_starts_another()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        _ = cluster.Lines;
        var scale = cluster.Scale(2);
        Assert.Equal("start 2", cluster.Lines);
        cluster.Answer(("0", RetirementOutcome.Refused));
        Assert.Equal("refused 0; cancel 2", cluster.Lines); // It stays, so the new one isn't needed.
        cluster.StartFailed("2");

        Assert.Equal("0 1", cluster.Observed);
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome); // This call asked for two, and there are two.
    }

    [Fact]
    public void Fewer_may_be_chosen_than_should_go()
    {
        var cluster = SpecClusterFixture.With(3);
        var scale = cluster.Scale(0);
        cluster.Chosen("2");
        Assert.Equal("choose 3; retire 2", cluster.Lines);
        cluster.Retired("2");
        cluster.Stopped("2");
        Assert.Equal((ScaleOutcome.Refused, 2), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
    }

    [Fact]
    public void Workers_of_others_are_not_touched()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Joined("foreign");
        cluster.Scale(2);
        cluster.Chosen("foreign");
        Assert.Equal("choose 1; choose 2", cluster.Lines);
        cluster.Chosen("foreign", "1");
        Assert.Equal("retire 1", cluster.Lines);
        Assert.Equal("0 1 2", cluster.Observed);
    }

    [Fact]
    public void Without_an_answer_of_the_scheduler_all_stay()
    {
        var cluster = SpecClusterFixture.With(2);
        var scale = cluster.Scale(1);
        cluster.ChoiceFailed();
        Assert.Equal((ScaleOutcome.Refused, 2), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
        Assert.Contains("no scheduler", cluster.Report(scale).Detail, StringComparison.Ordinal);

        scale = cluster.Scale(1);
        cluster.Chosen("0");
        cluster.RetirementFailed("0");
        Assert.Equal(ScaleOutcome.Refused, cluster.Report(scale).Outcome);
        Assert.Equal("choose 1; choose 1; retire 0; refused 0", cluster.Lines);
    }

    [Fact]
    public void A_report_without_a_row_ends_nobody()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Scale(1);
        cluster.Chosen("0", "1");
        cluster.Answer(("0", RetirementOutcome.Retired));
        Assert.Equal("choose 2; retire 0 1; stop 0 Retired; refused 1", cluster.Lines);
    }

    [Fact]
    public void If_one_of_several_left_before_its_retirement_the_others_are_retired_anew()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Scale(1);
        cluster.Chosen("0", "1");
        cluster.Left("0");
        cluster.RetirementFailed("0", "1"); // The scheduler doesn't know the first.
        Assert.Equal("choose 2; retire 0 1; stop 0 Vanished; retire 1", cluster.Lines);
    }

    [Fact]
    public void A_worker_that_came_back_while_it_was_retired_is_retired_anew()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        _ = cluster.Lines;
        cluster.Left("0");
        var id = new WorkerId(1);
        cluster.Joined("0");
        cluster.Machine.OnRetirement([id], [SpecClusterFixture.Row("0", id, RetirementOutcome.Vanished)], null, cluster.Now);
        cluster.Advance(TimeSpan.Zero);
        Assert.Equal("retire 0", cluster.Lines);
    }

    [Fact]
    public void What_was_lost_with_a_worker_that_came_back_while_it_was_retired_is_reported_too()
    {
        var cluster = SpecClusterFixture.With(2);
        var scale = cluster.Scale(1);
        cluster.Chosen("0");
        cluster.Left("0");
        var before = new WorkerId(1);
        var after = cluster.Joined("0");
        cluster.Machine.OnRetirement([before], [SpecClusterFixture.Row("0", before, RetirementOutcome.Vanished)], null, cluster.Now);
        cluster.Advance(TimeSpan.Zero);
        cluster.Retired("0");
        cluster.Stopped("0");
        Assert.Equal([before, after], cluster.Report(scale).Retirement.Rows.Select(static row => row.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_whose_host_ended_is_replaced_and_its_host_ended_with_a_row_of_a_vanished_one(bool schedulerKnowsFirst) // dask/distributed#9102
    {
        var cluster = SpecClusterFixture.With(2);
        if (schedulerKnowsFirst)
        {
            cluster.Left("1");
        }

        cluster.HostEnded("1");
        Assert.Equal(("0 1-2", "0", "0"), (cluster.Plan, cluster.Requested, cluster.Observed));
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("stop 1 Vanished; start 1-2", cluster.Lines);
        Assert.Equal(1, cluster.Specs[^1].Place);
        cluster.Up("1-2");
        cluster.Stopped("1");
        Assert.Equal(("0 1-2", "0 1-2", "0 1-2"), (cluster.Plan, cluster.Requested, cluster.Observed));
    }

    [Fact]
    public void A_worker_that_was_there_for_long_is_replaced_at_once_one_that_dies_again_and_again_ever_later()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Advance(TimeSpan.FromMinutes(2));
        cluster.HostEnded("0");
        Assert.Equal("stop 0 Vanished; start 0-2", cluster.Lines);
        cluster.Up("0-2");
        cluster.HostEnded("0-2");
        Assert.Equal("stop 0-2 Vanished", cluster.Lines);
        cluster.Advance(TimeSpan.FromSeconds(1));
        cluster.Up("0-3");
        cluster.HostEnded("0-3");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0-3; stop 0-3 Vanished", cluster.Lines);
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0-4", cluster.Lines);
    }

    [Theory]
    [InlineData(CloseReason.Restart)]
    [InlineData(CloseReason.LifetimeRestart)]
    [InlineData(CloseReason.Crashed)]
    [InlineData(CloseReason.MemoryLimit)]
    public void A_worker_that_its_nanny_restarts_is_not_replaced(CloseReason reason)
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0", reason);
        cluster.Advance(TimeSpan.FromSeconds(14.999));
        Assert.Equal(("0", "0", string.Empty), (cluster.Plan, cluster.Requested, cluster.Observed));
        cluster.Joined("0");
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal(string.Empty, cluster.Lines);
        Assert.Equal("0", cluster.Observed);
    }

    [Theory]
    [InlineData(CloseReason.Crashed, "Vanished")]
    [InlineData(CloseReason.Retired, "Retired")]
    public void A_worker_that_does_not_come_back_is_replaced(CloseReason reason, string outcome)
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0", reason);
        cluster.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal($"stop 0 {outcome}", cluster.Lines);
        Assert.Contains($"{reason}", Assert.Single(cluster.Errors).Message, StringComparison.Ordinal);
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0-2", cluster.Lines);
    }

    [Fact]
    public void A_host_whose_worker_never_joins_is_ended_and_another_is_started()
    {
        var cluster = new SpecClusterFixture(static settings => settings with { WorkerStartTimeout = TimeSpan.FromSeconds(30) });
        var scale = cluster.Scale(1);
        cluster.Started("0");
        cluster.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("start 0; stop 0 Vanished", cluster.Lines);
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0-2", cluster.Lines);
        cluster.Joined("0"); // Too late.
        cluster.Stopped("0");
        cluster.Up("0-2");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
    }

    [Fact]
    public void A_host_that_ends_before_its_worker_joins_is_replaced()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.Started("0");
        cluster.HostEnded("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0; stop 0 Vanished; start 0-2", cluster.Lines);
    }

    [Fact]
    public void A_start_that_hangs_is_not_waited_for_and_its_host_is_ended_if_it_comes_up_after_all()
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(1);
        cluster.StartHangs("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        cluster.Up("0-2");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        Assert.Equal(("0-2", "0-2"), (cluster.Plan, cluster.Requested));
        _ = cluster.Lines;
        cluster.Started("0");
        Assert.Equal("stop 0 Vanished", cluster.Lines);
        cluster.Stopped("0");
    }

    [Fact]
    public void A_worker_of_a_start_that_hung_is_retired_if_it_is_a_member()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.StartHangs("0");
        cluster.Joined("0");
        _ = cluster.Lines;
        cluster.Started("0");
        Assert.Equal("retire 0", cluster.Lines);
    }

    [Fact]
    public void A_start_that_fails_after_its_worker_joined_is_replaced_under_another_name()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.Joined("0");
        cluster.StartFailed("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0; start 0-2", cluster.Lines);
        Assert.Equal("0-2", cluster.Plan);
    }

    [Fact]
    public void A_host_that_cannot_be_ended_is_tried_a_few_times_and_then_told_of()
    {
        var cluster = SpecClusterFixture.With(1);
        var scale = cluster.Scale(0);
        cluster.Chosen("0");
        cluster.Retired("0");
        _ = cluster.Lines;
        for (var i = 0; i < 2; i++)
        {
            cluster.StopFailed("0");
            cluster.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("stop 0 Retired", cluster.Lines);
        }

        Assert.False(cluster.HasEnded(scale));
        cluster.StopFailed("0");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        Assert.Contains("by hand", cluster.Errors[^1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_worker_that_is_back_on_a_host_that_could_not_be_ended_is_retired_first(bool joinsBefore)
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0");
        cluster.Advance(TimeSpan.FromSeconds(15));
        _ = cluster.Lines;
        if (joinsBefore)
        {
            cluster.Joined("0");
        }

        cluster.StopFailed("0");
        if (!joinsBefore)
        {
            cluster.Joined("0");
        }

        Assert.Equal("retire 0", cluster.Lines);
        cluster.Retired("0");
        Assert.Equal("stop 0 Retired", cluster.Lines);
    }

    [Fact]
    public void Names_are_never_given_twice()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(0);
        cluster.Chosen("0", "1");
        cluster.Retired("0", "1");
        cluster.Scale(2);
        Assert.Equal("choose 2; retire 0 1; stop 0 Retired; stop 1 Retired; start 2; start 3", cluster.Lines);

        var alike = new SpecClusterFixture(static settings => settings with { WorkerName = static _ => "alice" });
        alike.Scale(3);
        Assert.Equal("start alice; start alice-2; start alice-3", alike.Lines);
    }

    [Fact]
    public void Adaptive_scaling_takes_out_whom_it_names()
    {
        var cluster = SpecClusterFixture.With(3);
        var pending = cluster.Scale(5);
        cluster.Remove("1", "4", "nobody");
        Assert.Equal(ScaleOutcome.Superseded, cluster.Report(pending).Outcome);
        Assert.Equal("start 3; start 4; cancel 4; retire 1", cluster.Lines);
        Assert.Equal("0 2 3", cluster.Plan);
        cluster.Answer(("1", RetirementOutcome.Refused));
        Assert.Equal(("0 1 2", "refused 1; cancel 3"), (cluster.Plan, cluster.Lines));
        cluster.Grow(2); // There are more already.
        Assert.Equal("0 1 2", cluster.Plan);
        cluster.Grow(4);
        Assert.Equal("0 1 2 5", cluster.Plan);
    }
}
