using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>The first key of all, which lies at the beginning of everything, is a key like others.</summary>
public sealed class FirstKeyTests
{
    private static readonly TaskKey s_first = Key(0);
    private static readonly WorkerAddress s_self = new(new WorkerId(1), "test://self", "w1");

    private readonly WorkerFixture _worker = new();

    [Fact]
    public void Its_task_is_given_back()
    {
        _worker.Pause(true);
        _worker.Compute(s_first);

        _worker.Steal(s_first);

        Assert.Equal([(s_first, 1, true)], _worker.StealAnswers);
    }

    [Fact]
    public void A_small_copy_of_its_value_goes_with_the_last_reader()
    {
        _worker.Compute(Key(1), (s_first, Peer(2)));
        _worker.Deliver(_worker.Asked[0], "x");
        Assert.Equal(["x"], _worker.InputsOf(Key(1)));

        _worker.End(Key(1));

        Assert.Equal(1, _worker.Machine.HeldCount);
        Assert.Equal((true, false), (_worker.Machine.Holds(Key(1)), _worker.Machine.Holds(s_first)));
    }

    [Fact]
    public void Its_value_is_asked_for_again_if_a_peer_could_not_send_it_at_once()
    {
        _worker.Compute(Key(1), (s_first, Peer(2)));

        _worker.Machine.OnDataReply(new DataReply(_worker.Asked[0].RequestId, []));
        _worker.Settle();

        Assert.Equal([s_first], _worker.Asked[1].Keys);
    }

    [Fact]
    public void Its_value_may_be_spilled_again_when_it_was_read_for_a_task()
    {
        var worker = new WorkerFixture(new WorkerSettings { MemoryLimit = 100, MemoryTarget = 0.5, SpillBytesMin = 10 });
        worker.Compute(s_first);
        worker.End(s_first, new byte[100]);
        worker.EndWrite();
        worker.Compute(Key(1), (s_first, s_self));

        worker.EndRead(worker.Orders[^1], new byte[100]);
        Assert.Equal([s_first, Key(1)], worker.Started);
        worker.Settle();

        Assert.Equal((1, 0), (worker.Machine.SpilledCount, worker.Machine.ManagedBytes));
    }

    [Fact]
    public void A_task_that_waited_for_its_value_is_forgotten_with_it()
    {
        _worker.Compute(Key(1), (s_first, Peer(2)));
        _worker.Free(Key(1));
        _worker.Compute(Key(2), (Key(11), Peer(3)), (Key(12), Peer(4))); // Entries are used again.

        _worker.Deliver(_worker.Asked[0]);
        _worker.Deliver(_worker.Asked[1]);

        Assert.Empty(_worker.Started);
    }

    [Fact]
    public void Its_value_is_held()
    {
        Assert.False(_worker.Machine.Holds(s_first));
        _worker.Compute(s_first);
        Assert.False(_worker.Machine.Holds(s_first));

        _worker.End(s_first);

        Assert.True(_worker.Machine.Holds(s_first));
        Assert.False(_worker.Machine.Holds(Key(100_000)));
    }

    [Fact]
    public void A_small_copy_for_a_task_is_not_held_for_itself()
    {
        _worker.Compute(Key(1), (s_first, Peer(2)));

        _worker.Deliver(_worker.Asked[0]);

        Assert.Equal((1, false), (_worker.Machine.HeldCount, _worker.Machine.Holds(s_first)));
    }
}
