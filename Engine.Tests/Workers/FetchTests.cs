using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

public sealed class FetchTests
{
    private const long Large = 1_000_000;
    private readonly WorkerFixture _worker = new();

    [Fact]
    public void An_input_that_is_elsewhere_is_fetched_before_the_task_starts()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        Assert.Empty(_worker.Started);
        var asked = Assert.Single(_worker.Asked);
        Assert.Equal((Peer(2), Key(10)), (asked.Holder, Assert.Single(asked.Keys)));

        _worker.Deliver(asked, value: "x");

        Assert.Equal(["x"], _worker.InputsOf(Key(1)));
    }

    [Fact]
    public void Inputs_from_one_peer_are_asked_for_together()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(3)), (Key(12), Peer(2)));

        Assert.Equal(2, _worker.Asked.Count);
        Assert.Equal([Key(10), Key(12)], _worker.Asked.Single(static asked => asked.Holder == Peer(2)).Keys);
    }

    [Fact]
    public void A_request_has_a_limit_of_keys()
    {
        var worker = new WorkerFixture(new WorkerSettings { KeysPerTransferMax = 2 });

        worker.Compute(Key(1), [.. Enumerable.Range(10, 5).Select(static i => (Key(i), Peer(2)))]);

        Assert.Equal([2, 2, 1], worker.Asked.Select(static asked => asked.Keys.Length));
    }

    [Fact]
    public void Requests_at_a_time_are_limited()
    {
        var worker = new WorkerFixture(new WorkerSettings { TransfersMax = 2 });
        worker.Compute(Key(1), [.. Enumerable.Range(2, 4).Select(static i => (Key(i + 10), Peer(i)))]);
        Assert.Equal(2, worker.Asked.Count);

        worker.Deliver(worker.Asked[0]);
        worker.FailFetch(worker.Asked[1]);

        Assert.Equal(2, worker.Machine.TransferCount);
        Assert.Equal(4, worker.Asked.Count);
    }

    [Fact]
    public void A_value_that_two_tasks_need_is_fetched_once()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Compute(Key(2), (Key(10), Peer(2)));

        _worker.Deliver(Assert.Single(_worker.Asked));
        _worker.End(Key(1));

        Assert.Equal([Key(1), Key(2)], _worker.Started);
    }

    [Fact]
    public void A_small_copy_goes_with_its_last_reader_and_the_scheduler_never_hears_of_it()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(10), Peer(2)));
        _worker.Compute(Key(2), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);

        _worker.End(Key(1));
        Assert.True(_worker.Holds(Key(10)));
        _worker.Err(Key(2));

        Assert.False(_worker.Holds(Key(10)));
        Assert.Empty(_worker.ReplicasAdded);
    }

    [Fact]
    public void A_small_copy_that_is_here_serves_a_task_that_comes_later_too()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0], "x");
        _worker.Compute(Key(2), (Key(10), Peer(2)));

        _worker.End(Key(1));
        Assert.Equal(["x"], _worker.InputsOf(Key(2)));
        _worker.End(Key(2));

        Assert.Single(_worker.Asked);
        Assert.False(_worker.Holds(Key(10)));
    }

    [Theory]
    [InlineData(64 * 1024, false)]
    [InlineData((64 * 1024) + 1, true)]
    public void A_copy_of_64_KiB_is_small(long bytes, bool isKept)
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0], bytes: bytes);

        Assert.Equal(isKept, _worker.ReplicasAdded.Count == 1);
    }

    [Fact]
    public void A_large_copy_stays_and_the_scheduler_is_told()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0], bytes: Large);

        _worker.End(Key(1));

        Assert.Equal([Key(10)], _worker.ReplicasAdded);
        Assert.True(_worker.Holds(Key(10)));
    }

    [Fact]
    public void A_value_computed_here_stays_although_a_small_copy_of_it_was_here_before()
    {
        var worker = new WorkerFixture(new WorkerSettings { Slots = 2 });
        worker.Compute(Key(1), (Key(10), Peer(2)));
        worker.Deliver(worker.Asked[0]);
        worker.Compute(Key(10));
        worker.End(Key(10));
        worker.End(Key(1));

        worker.Compute(Key(2), (Key(10), Peer(1)));
        worker.End(Key(2));

        Assert.True(worker.Holds(Key(10)));
    }

    [Fact]
    public void A_task_whose_input_a_peer_does_not_have_goes_back_to_the_scheduler()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(3)));

        _worker.DeliverNothing(_worker.Asked[0]);

        var missing = Assert.IsType<InputMissing>(Assert.Single(_worker.Told));
        Assert.Equal((Key(1), 1, Key(10), Peer(2)), (missing.Key, missing.Attempt, missing.Input, missing.Holder));
        Assert.False(missing.IsUnreachable);
        _worker.Deliver(_worker.Asked[1]);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void All_tasks_that_wait_for_what_a_peer_had_go_back_when_it_is_gone()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(10), Peer(2)));
        _worker.Compute(Key(2), (Key(10), Peer(2)));
        _worker.Compute(Key(3), (Key(11), Peer(3)));

        _worker.FailFetch(_worker.Asked[0]);

        Assert.Equal([Key(1), Key(2)], _worker.Told.Cast<InputMissing>().Select(static missing => missing.Key));
        Assert.All(_worker.Told.Cast<InputMissing>(), static missing => Assert.True(missing.IsUnreachable));
        _worker.Deliver(_worker.Asked[1]);
        Assert.Equal([Key(3)], _worker.Started);
    }

    [Fact]
    public void A_task_that_came_back_is_taken_again()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.FailFetch(_worker.Asked[0]);

        _worker.Compute(Key(1), null, null, [(Key(10), Peer(3))], attempt: 2);
        _worker.Deliver(_worker.Asked[1]);

        Assert.Equal([Key(1)], _worker.Started);
    }

    [Fact]
    public void A_reply_that_nobody_waits_for_changes_nothing()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        var asked = _worker.Asked[0];
        _worker.FailFetch(asked);

        _worker.Deliver(asked);
        _worker.FailFetch(asked);

        Assert.Single(_worker.Told);
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_value_whose_reader_was_freed_meanwhile_is_dropped_when_it_arrives()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Free(Key(1));

        _worker.Deliver(_worker.Asked[0]);

        Assert.Equal(0, _worker.Machine.RowCount);
        Assert.Empty(_worker.Started);
    }

    [Fact]
    public void Inputs_that_were_freed_before_the_task_could_start_are_fetched_again()
    {
        _worker.Compute(Key(0));
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);
        _worker.Free(Key(10));
        _worker.Free(Key(11));

        _worker.End(Key(0));
        Assert.Equal([Key(10), Key(11)], _worker.Asked.Skip(1).SelectMany(static asked => asked.Keys));
        _worker.Deliver(_worker.Asked[1]);
        _worker.End(Key(1));

        Assert.Equal([Key(0), Key(1)], _worker.Started);
        Assert.Equal(2, _worker.Machine.RowCount); // The two values; no copies.
    }

    [Fact]
    public void A_copy_that_the_scheduler_asks_for_is_fetched_kept_and_told()
    {
        _worker.Acquire(Key(10), Peer(2));
        _worker.Deliver(Assert.Single(_worker.Asked));

        Assert.Equal([Key(10)], _worker.ReplicasAdded);
        Assert.True(_worker.Holds(Key(10)));
    }

    [Fact]
    public void A_copy_that_is_here_for_a_task_stays_if_the_scheduler_asks_for_it()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);

        _worker.Acquire(Key(10), Peer(2));
        _worker.End(Key(1));

        Assert.Equal([Key(10)], _worker.ReplicasAdded);
        Assert.True(_worker.Holds(Key(10)));
        Assert.Single(_worker.Asked);
    }

    [Fact]
    public void A_copy_under_way_for_a_task_stays_if_the_scheduler_asks_for_it()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Acquire(Key(10), Peer(2));

        _worker.Deliver(Assert.Single(_worker.Asked));
        _worker.End(Key(1));

        Assert.Equal([Key(10)], _worker.ReplicasAdded);
        Assert.True(_worker.Holds(Key(10)));
    }

    [Fact]
    public void A_copy_that_is_asked_for_again_before_its_turn_has_come_is_fetched_from_where_it_was_said_to_be_first()
    {
        var worker = new WorkerFixture(new WorkerSettings { TransfersMax = 1 });
        worker.Acquire(Key(10), Peer(2));
        worker.Acquire(Key(11), Peer(3));
        worker.Acquire(Key(11), Peer(4), number: 2);

        worker.Deliver(worker.Asked[0]);
        worker.Deliver(worker.Asked[1]);

        Assert.Equal([Peer(2), Peer(3)], worker.Asked.Select(static asked => asked.Holder));
        Assert.Equal([Key(10), Key(11)], worker.ReplicasAdded);
    }

    [Fact]
    public void A_copy_of_a_value_that_is_to_be_computed_here_is_not_to_be_had_here()
    {
        _worker.Compute(Key(10));

        _worker.Acquire(Key(10), Peer(2));

        var missing = Assert.IsType<DataMissing>(Assert.Single(_worker.Told));
        Assert.Equal((Key(10), Peer(2), true), (missing.Key, missing.Holder, missing.IsUnreachable));
        Assert.Empty(_worker.Asked);
    }

    [Fact]
    public void A_peer_from_which_nothing_is_wanted_any_longer_is_not_asked()
    {
        var worker = new WorkerFixture(new WorkerSettings { TransfersMax = 1 });
        worker.Compute(Key(1), (Key(10), Peer(2)));
        worker.Compute(Key(2), (Key(11), Peer(3)));
        worker.Compute(Key(11)); // Is made here now.

        worker.Deliver(worker.Asked[0]);

        Assert.Single(worker.Asked);
        Assert.Equal(0, worker.Machine.TransferCount);
    }

    [Fact]
    public void A_peer_is_asked_where_it_was_said_to_be_last()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0]);
        var moved = Peer(2) with { Address = "test://elsewhere" };

        _worker.Compute(Key(2), (Key(11), moved));

        Assert.Equal(moved, _worker.Asked[1].Holder);
    }

    [Fact]
    public void A_copy_that_can_not_be_had_is_reported()
    {
        _worker.Acquire(Key(10), Peer(2));

        _worker.DeliverNothing(_worker.Asked[0]);

        var missing = Assert.IsType<DataMissing>(Assert.Single(_worker.Told));
        Assert.Equal((Key(10), Peer(2)), (missing.Key, missing.Holder));
        Assert.Equal(0, _worker.Machine.RowCount);
    }

    [Fact]
    public void A_fetch_whose_value_is_to_be_computed_here_serves_those_who_wait_for_it()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));

        _worker.Compute(Key(10));
        _worker.End(Key(10), value: "computed");
        _worker.Deliver(_worker.Asked[0], value: "fetched");

        Assert.Equal(["computed"], _worker.InputsOf(Key(1)));
        Assert.Equal("computed", _worker.ValueOf(Key(10)));
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("is freed")]
    [InlineData("is stolen")]
    [InlineData("is rescheduled")]
    [InlineData("runs out of time")]
    public void Who_waits_for_a_value_to_be_computed_here_goes_back_if_that_task_ends_without_it(string how)
    {
        var isStolen = how == "is stolen";
        if (isStolen)
        {
            _worker.Compute(Key(0)); // So that it is ready, and doesn't run.
        }

        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Compute(Key(10), TestWork.WithContext(), new TaskOptions { Timeout = TimeSpan.FromSeconds(1) }, []);

        switch (how)
        {
            case "fails":
                _worker.Err(Key(10));
                break;
            case "is freed":
                _worker.Free(Key(10));
                break;
            case "is stolen":
                _worker.Steal(Key(10));
                break;
            case "is rescheduled":
                _worker.Err(Key(10), new RescheduleException());
                break;
            default:
                _worker.ReachTimeLimit(Key(10));
                break;
        }

        var missing = Assert.Single(_worker.Told.OfType<InputMissing>());
        Assert.Equal((Key(1), Key(10), Peer(2)), (missing.Key, missing.Input, missing.Holder));
    }

    [Fact]
    public void Values_are_served_in_the_order_of_the_request_and_what_is_not_here_is_marked()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1), value: "x");

        var entries = _worker.Serve(Key(2), Key(1), Key(99999))!;

        Assert.Equal([(Key(2), false), (Key(1), true), (Key(99999), false)], entries.Select(static entry => (entry.Key, entry.Found)));
        Assert.Equal("x", entries[1].Value.Boxed);
        Assert.True(entries[1].NBytes > 0);
    }
}
