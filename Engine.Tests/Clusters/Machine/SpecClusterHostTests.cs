using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>Starting and ending hosts: what is told of them, when, and how long it is waited for.</summary>
public sealed class SpecClusterHostTests
{
    [Fact]
    public void What_is_told_of_a_start_or_an_end_that_is_not_under_way_changes_nothing()
    {
        var cluster = SpecClusterFixture.With(1);
        foreach (var name in new[] { "0", "nobody" })
        {
            cluster.Started(name);
            cluster.StartFailed(name);
            cluster.StartHangs(name);
            cluster.StopFailed(name);
            cluster.Stopped(name);
        }

        cluster.HostEnded("nobody");

        Assert.Equal((string.Empty, "0", "0", "0"), (cluster.Lines, cluster.Plan, cluster.Requested, cluster.Observed));
        Assert.Empty(cluster.Errors);
    }

    [Fact]
    public void A_host_is_given_up_when_its_worker_has_not_joined_in_time_and_not_before()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.Started("0");
        cluster.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal("start 0", cluster.Lines);
        cluster.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("stop 0 Vanished", cluster.Lines);
        Assert.Contains("did not become a member within 300 s", Assert.Single(cluster.Errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_pause_before_a_start_in_the_place_of_another_begins_when_that_one_was_given_up(bool hangs)
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.Joined("0");
        cluster.Pass(TimeSpan.FromSeconds(10));
        if (hangs)
        {
            cluster.StartHangs("0");
        }
        else
        {
            cluster.StartFailed("0");
        }

        Assert.Equal(TimeSpan.FromSeconds(11), cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_worker_that_was_there_for_as_long_as_the_longest_pause_counts_as_stable()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Advance(TimeSpan.FromMinutes(1));
        cluster.HostEnded("0");
        Assert.Equal("stop 0 Vanished; start 0-2", cluster.Lines);
    }

    [Fact]
    public void A_start_that_hangs_is_told_of()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.StartHangs("0");
        var error = Assert.Single(cluster.Errors);
        Assert.Equal("0", error.Worker);
        Assert.Contains("did not end in its time", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_that_hung_and_failed_in_the_end_leaves_nothing()
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(1);
        cluster.StartHangs("0");
        cluster.StartFailed("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        cluster.Up("0-2");

        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        cluster.Close();
        cluster.SchedulerClosed();
        cluster.Stopped("0-2");
        Assert.EndsWith("; closed", cluster.Lines, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_whose_start_was_cancelled_too_late_is_there_until_its_host_is_ended()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.StartHangs("0");
        cluster.Joined("0");
        Assert.Equal(string.Empty, cluster.Requested);
        cluster.Started("0");
        Assert.Equal(("0", "0"), (cluster.Requested, cluster.Observed));
        cluster.Retired("0");
        Assert.Equal((string.Empty, string.Empty), (cluster.Requested, cluster.Observed));
    }

    [Fact]
    public void A_failed_start_whose_worker_is_wanted_no_more_is_not_tried_again()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(1);
        cluster.StartFailed("0");
        var scale = cluster.Scale(0);
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
        Assert.Null(cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_host_that_ends_while_its_worker_is_waited_for_is_ended_once()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0");
        cluster.HostEnded("0");
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal("stop 0 Vanished; start 0-2", cluster.Lines);
    }

    [Fact]
    public void A_worker_that_was_retired_and_came_back_vanishes_with_its_host()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0", CloseReason.Retired);
        cluster.Joined("0"); // What it has run since then, nobody has moved.
        cluster.HostEnded("0");
        Assert.Equal("stop 0 Vanished", cluster.Lines);
    }

    [Fact]
    public void A_host_that_could_not_be_ended_is_told_of_and_tried_again_after_a_pause()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Scale(0);
        cluster.Chosen("0");
        cluster.Retired("0");
        cluster.StopFailed("0");
        Assert.Contains("tried again: no machine", Assert.Single(cluster.Errors).Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), cluster.Machine.NextDeadline);
    }

    [Fact]
    public void What_is_left_of_a_host_that_ended_is_not_retired_if_it_can_not_be_ended()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.HostEnded("0"); // The scheduler has not noticed yet: for it the worker is a member.
        cluster.StopFailed("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("stop 0 Vanished; stop 0 Vanished; start 0-2", cluster.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_host_whose_worker_is_retired_anew_is_not_ended_meanwhile(bool joinsBefore)
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Scale(0);
        cluster.Chosen("0");
        cluster.Retired("0");
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
        Assert.Null(cluster.Machine.NextDeadline);
    }
}
