using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>The end of a cluster: first its scheduler, then its hosts, and it always comes.</summary>
public sealed class SpecClusterCloseTests
{
    [Fact]
    public void The_scheduler_closes_first_then_all_hosts_are_ended()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Close();
        Assert.Equal("close scheduler", cluster.Lines);
        cluster.Left("0", CloseReason.SchedulerClosed);
        cluster.HostEnded("0");
        Assert.Equal(string.Empty, cluster.Lines); // Nothing is replaced.
        cluster.SchedulerClosed();
        Assert.Equal("stop 0 Vanished; stop 1 Vanished", cluster.Lines);
        Assert.All(cluster.Stops, static stop => Assert.Equal("the cluster closed", stop.Row.Detail));
        cluster.Stopped("0");
        cluster.Stopped("1");
        Assert.Equal("closed", cluster.Lines);
        Assert.Equal((string.Empty, string.Empty), (cluster.Plan, cluster.Requested));
    }

    [Fact]
    public void Closing_cancels_starts_and_leaves_none() // dask/distributed#5919
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(5);
        cluster.Up("0");
        cluster.Started("1");
        cluster.StartFailed("2");
        _ = cluster.Lines;
        cluster.Close();
        Assert.True(cluster.WasAbandoned(scale));
        Assert.Equal("close scheduler; cancel 3; cancel 4", cluster.Lines);
        cluster.StartFailed("3");
        cluster.SchedulerClosed();
        Assert.Equal("stop 0 Vanished; stop 1 Vanished", cluster.Lines);
        cluster.Started("4"); // The cancellation came too late.
        Assert.Equal("stop 4 Vanished", cluster.Lines);
        cluster.Stopped("0");
        cluster.Stopped("1");
        cluster.Stopped("4");
        Assert.Equal("closed", cluster.Lines);
        Assert.Null(cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_start_that_hangs_does_not_hold_the_end_up()
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(2);
        cluster.StartHangs("0");
        cluster.Close();
        cluster.SchedulerClosed();
        cluster.StartHangs("1");
        Assert.EndsWith("; closed", cluster.Lines, StringComparison.Ordinal);
        cluster.Started("1"); // And if it comes up after all, it is ended.
        Assert.Equal("stop 1 Vanished", cluster.Lines);
    }

    [Fact]
    public void A_host_that_cannot_be_ended_does_not_hold_the_end_up()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        cluster.Retired("0");
        cluster.StopFailed("0"); // Tried again later, but the cluster closes.
        cluster.Close();
        _ = cluster.Lines;
        cluster.SchedulerClosed();
        Assert.Equal("stop 0 Retired; stop 1 Vanished", cluster.Lines);
        cluster.StopFailed("0");
        cluster.StopFailed("1");
        Assert.Equal("closed", cluster.Lines);
    }

    [Fact]
    public void A_retirement_that_is_under_way_does_not_hold_the_end_up()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Scale(0);
        cluster.Chosen("0", "1", "2");
        _ = cluster.Lines;
        cluster.Close();
        cluster.Answer(("0", RetirementOutcome.Refused), ("1", RetirementOutcome.Retired), ("2", RetirementOutcome.Refused));
        Assert.Equal("close scheduler; stop 1 Retired", cluster.Lines);
        cluster.SchedulerClosed();
        Assert.Equal("stop 0 Vanished; stop 2 Vanished", cluster.Lines);
    }

    [Fact]
    public void Whoever_comes_after_the_end_began_changes_nothing()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Close();
        cluster.Close();
        Assert.Equal("close scheduler", cluster.Lines);
        Assert.True(cluster.WasAbandoned(cluster.Scale(5)));
        cluster.Grow(5);
        cluster.Remove("0");
        Assert.Equal(string.Empty, cluster.Lines);
        Assert.Equal("0", cluster.Observed);
    }

    [Fact]
    public void A_retirement_that_is_answered_after_its_host_is_ended_changes_nothing()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        _ = cluster.Lines;
        cluster.Close();
        cluster.SchedulerClosed();
        Assert.Equal("close scheduler; stop 0 Vanished; stop 1 Vanished", cluster.Lines);
        cluster.Retired("0");
        Assert.Equal(string.Empty, cluster.Lines);
    }

    [Fact]
    public void A_worker_that_is_away_when_the_end_begins_is_ended_after_the_scheduler_only()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0");
        cluster.Close();
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal("close scheduler", cluster.Lines);
        cluster.SchedulerClosed();
        Assert.Equal("stop 0 Vanished", cluster.Lines);
    }

    [Fact]
    public void A_host_that_could_not_be_ended_is_tried_once_more_when_the_scheduler_has_closed()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Scale(0);
        cluster.Chosen("0");
        cluster.Retired("0");
        cluster.StopFailed("0");
        _ = cluster.Lines;
        cluster.Close();
        cluster.SchedulerClosed();
        cluster.Advance(TimeSpan.FromHours(1)); // When it would have been tried again.
        Assert.Equal("close scheduler; stop 0 Retired", cluster.Lines);
    }

    [Fact]
    public void The_end_is_told_once()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Close();
        cluster.SchedulerClosed();
        Assert.False(cluster.Machine.IsClosed);
        cluster.Stopped("0");
        Assert.True(cluster.Machine.IsClosed);
        cluster.Advance(TimeSpan.FromHours(1));
        Assert.Equal("close scheduler; stop 0 Vanished; closed", cluster.Lines);
    }
}
