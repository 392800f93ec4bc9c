using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters.Machine;

/// <summary>Which workers go: what is asked of the scheduler, and what has changed until it answers.</summary>
public sealed class SpecClusterChoiceTests
{
    [Fact]
    public void A_call_that_needs_no_choice_ends_although_one_is_under_way_for_an_older_call()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Scale(1);
        var scale = cluster.Scale(3);
        Assert.Equal(ScaleOutcome.Reached, cluster.Report(scale).Outcome);
    }

    [Fact]
    public void Growing_supersedes_a_change_of_size_and_its_choice()
    {
        var cluster = SpecClusterFixture.With(3);
        var scale = cluster.Scale(1);
        cluster.Grow(3);
        Assert.Equal(ScaleOutcome.Superseded, cluster.Report(scale).Outcome);
        cluster.Chosen("0", "1"); // Too late.
        Assert.Equal(("choose 2", "0 1 2"), (cluster.Lines, cluster.Plan));
    }

    [Fact]
    public void The_end_of_a_retirement_does_not_change_how_many_go_by_a_later_call()
    {
        var cluster = SpecClusterFixture.With(4);
        cluster.Scale(3);
        cluster.Chosen("0");
        cluster.Scale(1);
        cluster.Retired("0");
        cluster.Chosen("1", "2");
        Assert.Equal("choose 1; retire 0; choose 2; stop 0 Retired; retire 1 2", cluster.Lines);
        Assert.Equal("3", cluster.Plan);
    }

    [Fact]
    public void A_worker_that_left_while_the_scheduler_chose_goes_before_those_that_it_chose()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Scale(1);
        cluster.Left("2");
        cluster.Chosen("0", "1");
        Assert.Equal("choose 2; stop 2 Vanished; retire 0", cluster.Lines);
        Assert.Equal("1", cluster.Plan);
    }

    [Fact]
    public void A_worker_that_is_dropped_while_it_starts_and_comes_all_the_same_is_retired_for_the_call_that_dropped_it()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Advance(TimeSpan.FromMinutes(2));
        var options = new RetirementOptions();
        var scale = cluster.Scale(1, options);
        cluster.HostEnded("2");
        cluster.Chosen("0", "1");
        Assert.Equal("choose 2; stop 2 Vanished; start 2-2; cancel 2-2; retire 0", cluster.Lines);
        cluster.Joined("2-2");
        cluster.Started("2-2");
        Assert.Equal("retire 2-2", cluster.Lines);
        Assert.Same(options, cluster.RetirementOptions[^1]);
        cluster.Retired("0");
        cluster.Retired("2-2");
        foreach (var name in new[] { "0", "2", "2-2" })
        {
            cluster.Stopped(name);
        }

        Assert.Equal((ScaleOutcome.Reached, 1), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
        Assert.Equal(["0", "2-2"], cluster.Report(scale).Retirement.Rows.Select(static row => row.Name));
    }

    [Fact]
    public void A_worker_that_is_refused_while_the_scheduler_chooses_stays_and_no_other_is_asked_for_in_its_place()
    {
        var cluster = SpecClusterFixture.With(4);
        cluster.Scale(3);
        cluster.Chosen("0");
        var scale = cluster.Scale(1);
        cluster.Answer(("0", RetirementOutcome.Refused));
        cluster.Chosen("1", "2");
        Assert.Equal("choose 1; retire 0; choose 2; refused 0; retire 1 2", cluster.Lines);
        cluster.Retired("1", "2");
        cluster.Stopped("1");
        cluster.Stopped("2");
        Assert.Equal((ScaleOutcome.Refused, 2), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
    }

    [Fact]
    public void If_enough_are_chosen_it_does_not_matter_that_workers_of_others_are_too()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Joined("foreign");
        cluster.Scale(2);
        cluster.Chosen("foreign", "1");
        Assert.Equal("choose 1; retire 1", cluster.Lines);
    }

    [Fact]
    public void The_scheduler_is_not_asked_again_for_as_many_as_it_did_not_give()
    {
        var cluster = SpecClusterFixture.With(3);
        cluster.Joined("foreign");
        var scale = cluster.Scale(1);
        cluster.Chosen("foreign");
        cluster.Chosen("foreign", "1");
        Assert.Equal("choose 2; choose 3; retire 1", cluster.Lines);
        cluster.Retired("1");
        cluster.Stopped("1");
        Assert.Equal((ScaleOutcome.Refused, 2), (cluster.Report(scale).Outcome, cluster.Report(scale).Planned));
    }
}
