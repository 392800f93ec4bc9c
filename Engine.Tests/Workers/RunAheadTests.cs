using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Tasks whose inputs this worker itself still has to make.</summary>
public sealed class RunAheadTests
{
    private static readonly WorkerAddress s_self = new(new WorkerId(1), "test://self", "w1");

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void A_task_starts_when_the_one_that_makes_its_input_here_has_ended()
    {
        Chain(3);
        Assert.Equal([Key(0)], _worker.Started);

        _worker.End(Key(0), "zero");
        Assert.Equal(["zero"], _worker.InputsOf(Key(1)));
        _worker.End(Key(1));
        _worker.End(Key(2));

        Assert.Equal([Key(0), Key(1), Key(2)], _worker.Started);
        Assert.Empty(_worker.Asked);
        Assert.Equal(3, _worker.Finished.Count);
    }

    [Fact]
    public void A_failure_is_told_before_what_waited_for_the_value()
    {
        Chain(3);

        _worker.Err(Key(0));

        Assert.Equal(["TaskErred", "InputMissing", "InputMissing"], _worker.Told.Select(static message => message.GetType().Name));
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void What_waits_for_a_task_that_starts_anew_waits_for_the_new_attempt()
    {
        _worker.Compute(Key(0));
        _worker.Compute(Key(1), (Key(0), s_self));

        _worker.Compute(Key(0), null, null, [], attempt: 2);
        Assert.Equal([(Key(0), CancellationCause.Cancelled)], _worker.Cancelled);
        _worker.End(Key(0)); // The first attempt, whose end frees its slot.
        _worker.End(Key(0), "second");

        Assert.Equal(["second"], _worker.InputsOf(Key(1)));
    }

    [Fact]
    public void A_chain_that_waits_is_returned_whole_when_the_worker_is_retired()
    {
        Chain(3);

        _worker.CloseAdmission();
        _worker.GiveBack();

        Assert.Equal([(Key(2), 1), (Key(1), 1)], _worker.Returned);
        Assert.Equal(["TasksReturned", "AdmissionClosed"], _worker.Order);
        _worker.End(Key(0));
        Assert.Equal([Key(0)], _worker.Started);
    }

    [Fact]
    public void What_waits_is_not_started_once_it_was_freed()
    {
        Chain(2);

        _worker.Free(Key(1));
        _worker.End(Key(0));

        Assert.Equal([Key(0)], _worker.Started);
        Assert.Equal(1, _worker.Machine.HeldCount);
    }

    private void Chain(int length)
    {
        _worker.Compute(Key(0));
        for (var i = 1; i < length; i++)
        {
            _worker.Compute(Key(i), (Key(i - 1), s_self));
        }
    }
}
