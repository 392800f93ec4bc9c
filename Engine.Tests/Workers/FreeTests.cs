using Engine.Tests.TestKit.Machines;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Tasks and values are given up, or given back.</summary>
public sealed class FreeTests
{
    private readonly WorkerFixture _worker = new();

    [Fact]
    public void A_value_that_is_freed_goes()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1));

        _worker.Free(Key(1));

        Assert.Equal((0, 0L, 0L), (_worker.Machine.HeldCount, _worker.Machine.HeldBytes, _worker.Machine.RowCount));
    }

    [Fact]
    public void A_task_that_is_freed_while_it_waits_never_starts()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(3)));

        _worker.Free(Key(1));
        _worker.Deliver(_worker.Asked[0]);
        _worker.Deliver(_worker.Asked[1]);

        Assert.Empty(_worker.Started);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_task_that_is_freed_while_it_is_ready_never_starts()
    {
        _worker.ComputeMany(Key(1), Key(2), Key(3));

        _worker.Free(Key(2));
        _worker.End(Key(1));

        Assert.Equal([Key(1), Key(3)], _worker.Started);
    }

    [Fact]
    public void A_task_that_is_freed_while_it_runs_is_cancelled_and_its_end_ignored()
    {
        _worker.ComputeMany(Key(1), Key(2));

        _worker.Free(Key(1));
        Assert.Equal([(Key(1), CancellationCause.Cancelled)], _worker.Cancelled);
        Assert.Equal([Key(1)], _worker.Started); // It keeps its slot until it returns.
        _worker.End(Key(1));

        Assert.Equal([Key(1), Key(2)], _worker.Started);
        Assert.Empty(_worker.Finished);
        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void A_task_that_is_freed_while_it_runs_beside_the_slots_is_cancelled_too()
    {
        _worker.Compute(Key(1));
        _worker.Secede(Key(1));

        _worker.Free(Key(1));
        _worker.Err(Key(1), new OperationCanceledException());

        Assert.Single(_worker.Cancelled);
        Assert.Single(_worker.Told); // That it left its slot; nothing of its end.
        Assert.Equal((0, 0L), (_worker.Machine.ExecutingCount, _worker.Machine.RowCount));
    }

    [Fact]
    public void A_freed_task_lets_go_of_the_copies_that_were_fetched_for_it()
    {
        _worker.Compute(Key(0));
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);

        _worker.Free(Key(1));

        Assert.False(_worker.Holds(Key(10)));
    }

    [Fact]
    public void An_older_attempt_is_not_meant_by_what_is_freed_and_a_later_one_neither()
    {
        _worker.Compute(Key(1), null, null, [], attempt: 3);

        _worker.Free(Key(1), attempt: 2);
        _worker.End(Key(1));
        _worker.Free(Key(1), attempt: 2);
        Assert.True(_worker.Holds(Key(1)));
        _worker.Free(Key(1), attempt: 3);

        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void A_value_of_an_older_attempt_can_be_freed_while_a_new_one_runs()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1));
        _worker.Compute(Key(1), null, null, [], attempt: 2);

        _worker.Free(Key(1), attempt: 1);

        Assert.False(_worker.Holds(Key(1)));
        _worker.End(Key(1));
        Assert.True(_worker.Holds(Key(1)));
    }

    [Fact]
    public void What_is_not_here_can_be_freed()
    {
        _worker.Free(Key(77));

        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_task_that_waits_or_is_ready_is_given_back()
    {
        _worker.ComputeMany(Key(1), Key(2));
        _worker.Compute(Key(3), (Key(10), Peer(2)));

        _worker.Steal(Key(2));
        _worker.Steal(Key(3));
        _worker.Deliver(_worker.Asked[0]);
        _worker.End(Key(1));

        Assert.Equal([(Key(2), 1, true), (Key(3), 1, true)], _worker.StealAnswers);
        Assert.Equal([Key(1)], _worker.Started);
        Assert.Equal(1, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_task_that_lacks_resources_is_given_back()
    {
        var worker = new WorkerFixture();
        worker.Compute(Key(1), null, new Protocol.TaskOptions { Resources = [new("gpu", 1)] }, []);

        worker.Steal(Key(1));

        Assert.Equal([(Key(1), 1, true)], worker.StealAnswers);
    }

    [Fact]
    public void A_task_that_runs_is_kept()
    {
        _worker.Compute(Key(1));

        _worker.Steal(Key(1));
        _worker.End(Key(1));

        Assert.Equal([(Key(1), 1, false)], _worker.StealAnswers);
        Assert.Single(_worker.Finished);
    }

    [Fact]
    public void What_has_ended_is_not_here_or_is_another_attempt_is_not_given_back()
    {
        _worker.ComputeMany(Key(1), Key(2));
        _worker.End(Key(1));
        _worker.ComputeMany(Key(3));

        _worker.Steal(Key(1));
        _worker.Steal(Key(77));
        _worker.Steal(Key(3), attempt: 2);

        Assert.Equal([false, false, false], _worker.StealAnswers.Select(static answer => answer.GivenUp));
        Assert.Equal(1, _worker.Machine.ReadyCount);
    }

    [Fact]
    public void An_asked_task_that_was_handed_out_but_not_started_is_recalled_and_given_back()
    {
        _worker.ComputeMany(Key(0), Key(1), Key(2));
        _worker.End(Key(0), seconds: 1e-6);
        Assert.Equal(2, _worker.Machine.ExecutingCount);

        _worker.Steal(Key(2));
        Assert.Empty(_worker.StealAnswers);
        Assert.Equal(1, _worker.RecallCount);
        _worker.GiveBack(Key(2));

        Assert.Equal([(Key(2), 1, true)], _worker.StealAnswers);
        Assert.Equal(2, _worker.Machine.RowCount);
    }

    [Fact]
    public void An_asked_task_that_has_started_when_the_others_are_recalled_is_kept()
    {
        _worker.ComputeMany(Key(0), Key(1), Key(2));
        _worker.End(Key(0), seconds: 1e-6);

        _worker.Steal(Key(1));
        _worker.GiveBack(Key(2));

        Assert.Equal([(Key(1), 1, false)], _worker.StealAnswers);
    }
}
