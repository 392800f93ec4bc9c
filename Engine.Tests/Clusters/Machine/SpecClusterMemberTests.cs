using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>What the scheduler tells of members and retirements, in whatever order it comes.</summary>
public sealed class SpecClusterMemberTests
{
    [Fact]
    public void That_an_earlier_incarnation_has_left_changes_nothing()
    {
        var cluster = SpecClusterFixture.With(1);
        cluster.Left("0");
        cluster.Joined("0");
        cluster.Machine.OnWorkerRemoved(new WorkerId(1), CloseReason.Crashed, cluster.Now);
        cluster.Advance(TimeSpan.Zero);
        Assert.Equal("0", cluster.Observed);
        Assert.Null(cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_worker_that_joined_although_its_start_failed_is_started_again()
    {
        var cluster = new SpecClusterFixture();
        var scale = cluster.Scale(1);
        cluster.StartFailed("0");
        cluster.Joined("0"); // News that was under way: by the contract of provisioners nothing is left of it.
        cluster.Left("0");
        cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("start 0; start 0", cluster.Lines);
        cluster.Up("0");
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
    }

    [Fact]
    public void The_time_for_a_refused_worker_to_come_back_begins_with_the_refusal()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        cluster.Scale(2);
        cluster.Left("0");
        cluster.Pass(TimeSpan.FromSeconds(10));
        cluster.Answer(("0", RetirementOutcome.Refused));
        Assert.Equal(TimeSpan.FromSeconds(25), cluster.Machine.NextDeadline);
    }

    [Fact]
    public void A_worker_that_came_back_is_not_ended_because_the_scheduler_had_no_row_for_it_I8()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(1);
        cluster.Chosen("0");
        cluster.Left("0");
        cluster.Joined("0");
        _ = cluster.Lines;
        cluster.Machine.OnRetirement([new WorkerId(1)], [], new InvalidOperationException("no such worker"), cluster.Now);
        cluster.Advance(TimeSpan.Zero);
        Assert.Equal("retire 0", cluster.Lines);
    }

    [Fact]
    public void A_worker_that_is_named_twice_is_retired_once()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Remove("0", "0");
        Assert.Equal(("retire 0", "1"), (cluster.Lines, cluster.Plan));
    }

    [Fact]
    public void The_plan_names_incarnations_of_members_only()
    {
        var cluster = SpecClusterFixture.With(2);
        cluster.Scale(3);
        cluster.Left("1");
        Assert.Equal([new("0", new WorkerId(1)), new("1", default), new("2", default)], cluster.Machine.Plan);
    }
}
