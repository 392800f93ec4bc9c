using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Tasks that were given up wait for nothing any longer, so what comes for them moves nobody else.</summary>
public sealed class GivenUpTests
{
    private static readonly WorkerAddress s_self = new(new WorkerId(1), "test://self", "w1");

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void An_input_that_comes_for_a_task_that_was_freed_does_not_count_for_the_next_one()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Free(Key(1));
        _worker.Compute(Key(2), (Key(11), Peer(3)), (Key(12), Peer(4)));

        _worker.Deliver(_worker.Asked[0]);
        _worker.Deliver(_worker.Asked[1]);
        Assert.Empty(_worker.Started);
        _worker.Deliver(_worker.Asked[2]);
        Assert.Equal([Key(2)], _worker.Started);
        _worker.End(Key(2));

        Assert.Equal(1, _worker.Machine.RowCount); // Its own value.
    }

    [Fact]
    public void A_task_that_waits_for_two_values_goes_back_once()
    {
        _worker.Compute(Key(1));
        _worker.Compute(Key(2), (Key(1), s_self), (Key(11), Peer(3)));

        _worker.Err(Key(1));
        _worker.FailFetch(_worker.Asked[0]);

        Assert.Equal(Key(2), Assert.Single(_worker.Told.OfType<InputMissing>()).Key);
    }

    [Fact]
    public void The_executor_can_see_why_a_running_task_was_given_up()
    {
        _worker.Compute(Key(1));

        _worker.Free(Key(1));

        Assert.Equal((true, CancellationCause.Cancelled), (_worker.TaskOf(Key(1)).IsAbandoned, _worker.TaskOf(Key(1)).AbandonedBy));
    }

    [Fact]
    public void A_new_attempt_that_fails_leaves_the_value_of_the_older_one_as_it_was()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1), "old");
        _worker.Compute(Key(1), null, null, [], attempt: 2);

        _worker.Err(Key(1));
        _worker.Compute(Key(2), (Key(1), s_self));

        Assert.Equal(["old"], _worker.InputsOf(Key(2)));
        _worker.Free(Key(1));
        Assert.False(_worker.Holds(Key(1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_order_about_a_task_does_not_end_the_fetch_of_its_value(bool isUnderWay)
    {
        _worker.ComputeMany(Key(0), Key(2)); // Their entries, of attempt 1, are used again for the fetch.
        _worker.End(Key(0));
        _worker.End(Key(2));
        _worker.Pause(!isUnderWay);
        _worker.Told.Clear();
        _worker.Compute(Key(1), (Key(10), Peer(2)));

        _worker.Free(Key(10));
        _worker.Interrupt(Key(10));
        Assert.Empty(_worker.Told);
        _worker.Pause(false);
        _worker.Deliver(Assert.Single(_worker.Asked), "x");

        Assert.Equal(["x"], _worker.InputsOf(Key(1)));
    }

    [Fact]
    public void A_steal_is_answered_once()
    {
        _worker.ComputeMany(Key(0), Key(1), Key(2), Key(3));
        _worker.End(Key(0), seconds: 1e-6);
        _worker.Steal(Key(2));
        _worker.GiveBack(Key(2));

        _worker.Steal(Key(3));
        _worker.GiveBack(Key(3));

        Assert.Equal([Key(2), Key(3)], _worker.StealAnswers.Select(static answer => answer.Key));
    }

    [Fact]
    public void All_that_waits_is_returned_however_much_it_is()
    {
        _worker.Compute(Key(0));
        _worker.ComputeMany([.. Enumerable.Range(1, 255).Select(Key)]);
        _worker.ComputeMany([.. Enumerable.Range(256, 100).Select(Key)]);

        _worker.CloseAdmission();
        _worker.GiveBack();

        Assert.Equal(Enumerable.Range(1, 355).Select(Key), _worker.Returned.Select(static returned => returned.Key));
    }
}
