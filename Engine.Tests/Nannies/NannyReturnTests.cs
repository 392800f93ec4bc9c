using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Nannies;

/// <summary>A nanny whose worker's connection broke and who has come back as a new incarnation, in the same process.</summary>
public sealed class NannyReturnTests
{
    private readonly NannyFixture _nanny = NannyFixture.Running(new NannySettings { Lifetime = TimeSpan.FromMinutes(1) });

    [Fact]
    public void It_looks_after_the_new_incarnation_and_names_it_when_it_ends()
    {
        _nanny.Return(12);
        _nanny.Exit();

        Assert.Equal(["tell worker-12 Crashed", "tell LogEventMessage", "start 2"], _nanny.Order);
    }

    [Fact]
    public void What_it_is_told_of_the_older_incarnation_changes_nothing_I7()
    {
        _nanny.Return(12);

        _nanny.Machine.OnTold(new TellNanny(NannyIntent.Close, new WorkerId(10), CloseReason.SchedulerRequest, "late"), _nanny.Now);

        Assert.Empty(_nanny.Order);
        Assert.Equal(Status.Running, _nanny.Machine.Status);
    }

    [Fact]
    public void What_it_is_told_of_the_new_one_before_that_has_said_so_is_done_then()
    {
        _nanny.Machine.OnTold(new TellNanny(NannyIntent.Restart, new WorkerId(12), CloseReason.Restart, "early"), _nanny.Now);
        Assert.Empty(_nanny.Order);

        _nanny.Return(12);

        Assert.Equal(["stop 1 Restart"], _nanny.Order);
    }

    [Fact]
    public void A_retirement_of_the_older_one_that_was_aborted_does_not_make_the_end_of_the_new_one_final()
    {
        _nanny.Tell(NannyIntent.Retire, CloseReason.Retired);

        _nanny.Return(12);
        _nanny.Exit();

        Assert.Equal("start 2", _nanny.Order[^1]);
    }

    [Fact]
    public void A_worker_that_was_asked_to_end_ends_although_it_came_back_meanwhile()
    {
        _nanny.Close();

        _nanny.Return(12);
        _nanny.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(Status.Closing, _nanny.Machine.Status);
        Assert.Equal("kill 1 UserRequest", _nanny.Order[^1]);
    }

    [Fact]
    public void A_lifetime_that_was_over_when_the_connection_broke_is_over_for_the_new_one()
    {
        _nanny.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("retire worker-10", _nanny.Order[^1]);

        _nanny.Return(12);
        _nanny.Advance(TimeSpan.FromTicks(1));

        Assert.Equal("retire worker-12", _nanny.Order[^1]);
        _nanny.EndRetirement(isRefused: true); // Of the older one.
        Assert.Equal(2, _nanny.Order.Count);
    }

    [Fact]
    public void A_lifetime_that_was_not_over_when_the_connection_broke_goes_on_for_the_new_one()
    {
        _nanny.Advance(TimeSpan.FromSeconds(40));

        _nanny.Return(12);
        _nanny.Advance(TimeSpan.FromSeconds(19));
        Assert.Empty(_nanny.Order);
        _nanny.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["retire worker-12"], _nanny.Order);
    }

    [Fact]
    public void Word_of_an_older_start_or_an_older_incarnation_changes_nothing_I7()
    {
        _nanny.Return(12);

        _nanny.Return(11);
        _nanny.Return(13, number: 7);

        Assert.Equal(12, _nanny.Machine.Worker.Number);
    }

    [Fact]
    public void Word_of_a_return_that_was_heard_already_undoes_nothing_that_was_intended_since_I1()
    {
        _nanny.Return(12);
        _nanny.Machine.OnTold(new TellNanny(NannyIntent.Retire, new WorkerId(12), CloseReason.Retired, "told"), _nanny.Now);

        _nanny.Return(12);
        _nanny.Exit();

        Assert.DoesNotContain("start 2", _nanny.Order);
    }

    [Fact]
    public void One_that_came_back_before_its_start_was_over_has_its_whole_lifetime()
    {
        var nanny = new NannyFixture(new NannySettings { Lifetime = TimeSpan.FromMinutes(1) });
        nanny.Start();
        nanny.Register();

        nanny.Return(12);
        nanny.Advance(TimeSpan.FromTicks(1));
        Assert.DoesNotContain("retire worker-12", nanny.Order);
        nanny.Run();
        nanny.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("retire worker-12", nanny.Order[^1]);
    }

    [Fact]
    public void A_restart_that_is_under_way_goes_on_although_the_worker_came_back_meanwhile()
    {
        _nanny.Tell(NannyIntent.Restart, CloseReason.Restart);

        _nanny.Return(12);
        _nanny.Exit(CloseReason.UserRequest);

        Assert.Equal("start 2", _nanny.Order[^1]);
    }
}
