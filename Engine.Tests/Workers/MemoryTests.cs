using Engine.Data;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>What is spilled, and when a worker pauses. The limit is 1000 bytes, of which 500 and 800 are the levels.</summary>
public sealed class MemoryTests
{
    private const int Small = 99;
    private static readonly WorkerSettings s_settings = new()
    {
        Slots = 2,
        MemoryLimit = 1000,
        MemoryTarget = 0.5,
        MemoryPause = 0.8,
        SpillBytesMin = 100,
    };

    private readonly WorkerFixture _worker = new(s_settings);

    [Fact]
    public void The_oldest_value_is_written_when_there_are_more_bytes_than_the_target_and_then_leaves_memory()
    {
        Hold(200, 1, 2);
        Assert.Empty(_worker.Orders);

        var value = Hold(200, 3);
        Assert.Equal([(SpillAction.Write, Key(1))], Orders());
        Assert.NotSame(value, _worker.Orders[0].Value);
        Assert.Equal((600, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes));

        _worker.EndWrite(bytes: 150);
        Assert.Equal((400, 150, 1), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes, _worker.Machine.SpilledCount));
        Assert.Equal((600, 3), (_worker.Machine.HeldBytes, _worker.Machine.HeldCount));
    }

    [Fact]
    public void Values_are_written_one_at_a_time_until_there_is_room()
    {
        Hold(200, 1, 2, 3, 4, 5);
        Assert.Equal([(SpillAction.Write, Key(1))], Orders());

        _worker.EndWrite();
        _worker.EndWrite();
        _worker.EndWrite();

        Assert.Equal([Key(1), Key(2), Key(3)], _worker.Orders.Select(static order => order.Key));
        Assert.Equal(400, _worker.Machine.ManagedBytes);
    }

    [Fact]
    public void A_value_that_was_read_since_stays_longer()
    {
        Hold(150, 1, 2, 3);
        _worker.Serve(Key(1));
        _worker.Compute(Key(10), (Key(2), Peer(1)));

        Hold(150, 4);

        Assert.Equal([(SpillAction.Write, Key(3))], Orders());
    }

    [Fact]
    public void A_value_that_the_store_can_not_keep_stays_and_is_not_tried_again()
    {
        Hold(200, 1, 2, 3);

        _worker.RefuseWrite();
        Assert.Equal([Key(1), Key(2)], _worker.Orders.Select(static order => order.Key));
        _worker.RefuseWrite();
        _worker.RefuseWrite();
        Hold(200, 4);

        Assert.Equal([Key(1), Key(2), Key(3), Key(4)], _worker.Orders.Select(static order => order.Key));
        Assert.Equal((800, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes));
        Assert.True(_worker.Holds(Key(1)));
    }

    [Fact]
    public void Small_values_and_numbers_stay()
    {
        Hold(Small, 1, 2, 3, 4, 5, 6);
        _worker.Compute(Key(7));
        _worker.End(Key(7));

        Assert.Empty(_worker.Orders);
    }

    [Fact]
    public void A_small_copy_for_tasks_stays_but_one_that_the_scheduler_wants_can_go()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)));
        _worker.Deliver(_worker.Asked[0], value: Bytes(600), bytes: 600);
        Assert.Empty(_worker.Orders);

        _worker.Acquire(Key(10), Peer(2));

        Assert.Equal([(SpillAction.Write, Key(10))], Orders());
    }

    [Fact]
    public void Without_a_target_or_a_limit_nothing_is_written()
    {
        foreach (var settings in new[] { s_settings with { MemoryTarget = null, MemoryPause = null }, s_settings with { MemoryLimit = null } })
        {
            var worker = new WorkerFixture(settings);

            worker.Compute(Key(1));
            worker.End(Key(1), Bytes(5000));

            Assert.Empty(worker.Orders);
            Assert.Empty(worker.Told);
        }
    }

    [Fact]
    public void A_value_that_is_freed_while_it_is_written_is_deleted_and_counts_no_more()
    {
        Hold(200, 1, 2, 3);

        _worker.Free(Key(1));
        Assert.Equal([(SpillAction.Write, Key(1)), (SpillAction.Delete, Key(1))], Orders());
        _worker.EndWrite();

        Assert.Equal((400, 0, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes, _worker.Machine.SpilledCount));
    }

    [Fact]
    public void A_value_that_is_computed_again_while_its_first_is_written_is_written_by_itself()
    {
        Hold(200, 1, 2, 3);
        _worker.Compute(Key(1), null, null, [], attempt: 2);
        var again = Bytes(300);
        _worker.End(Key(1), again);

        _worker.EndWrite();
        _worker.EndWrite();

        Assert.Equal([(SpillAction.Write, Key(1)), (SpillAction.Delete, Key(1)), (SpillAction.Write, Key(2))], Orders());
        Assert.Equal((500, 1), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledCount));
        Assert.Same(again, _worker.ValueOf(Key(1)));
    }

    [Fact]
    public void A_spilled_value_that_is_freed_is_deleted()
    {
        Hold(200, 1, 2, 3);
        _worker.EndWrite();

        _worker.Free(Key(1));

        Assert.Equal((SpillAction.Delete, Key(1)), Orders()[^1]);
        Assert.Equal((400, 0, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes, _worker.Machine.SpilledCount));
        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void A_value_in_memory_that_is_freed_is_not_written()
    {
        Hold(200, 1, 2);

        _worker.Free(Key(1));
        Hold(200, 3, 4);

        Assert.Equal([(SpillAction.Write, Key(2))], Orders());
    }

    [Fact]
    public void A_spilled_value_that_is_computed_again_is_in_memory_again()
    {
        Hold(200, 1, 2, 3);
        _worker.EndWrite();
        _worker.Compute(Key(1), null, null, [], attempt: 2);

        _worker.End(Key(1), "again");

        Assert.Equal("again", _worker.ValueOf(Key(1)));
        Assert.Equal((0, 0), (_worker.Machine.SpilledCount, _worker.Machine.SpilledBytes));
    }

    [Fact]
    public void While_a_value_is_written_that_makes_enough_room_no_other_one_leaves_memory()
    {
        Hold(200, 1, 2, 3);
        _worker.EndWrite();
        _worker.Compute(Key(10), (Key(1), Peer(1))); // Has the first one read, which the store keeps too.
        _worker.EndRead(_worker.Orders[^1], Bytes(200));
        Assert.Equal((SpillAction.Write, Key(2)), Orders()[^1]);

        _worker.Serve(Key(3)); // Now the first was not read for longest.

        Assert.Equal((600, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledCount));
    }

    [Fact]
    public void Numbers_stay_however_small_a_value_may_be_that_is_spilled()
    {
        var worker = new WorkerFixture(s_settings with { MemoryLimit = 10, SpillBytesMin = 1, MemoryPause = null });

        for (var i = 1; i <= 2; i++)
        {
            worker.Compute(Key(i));
            worker.Machine.OnResult(new ExecutionResult { Task = worker.TaskOf(Key(i)), Done = 1, Value = DataValue.From(7), Seconds = 0.1f });
            worker.Settle();
        }

        Assert.Equal(16, worker.Machine.ManagedBytes);
        Assert.Empty(worker.Orders);
    }

    [Fact]
    public void A_report_of_another_order_changes_nothing()
    {
        Hold(200, 1, 2, 3);

        _worker.Machine.OnSpilled(number: 77, bytes: 1);
        _worker.Machine.OnUnspilled(number: 77, value: "x");
        _worker.Machine.Validate();

        Assert.Equal((600, 0), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledBytes));
    }

    [Fact]
    public void Above_the_level_for_a_pause_nothing_new_starts_until_there_is_a_little_less_again()
    {
        _worker.ComputeMany(Key(1), Key(2));
        _worker.End(Key(1), Bytes(900));
        Assert.Equal([Status.Paused], Statuses());

        _worker.ComputeMany(Key(3));
        _worker.End(Key(2));
        Assert.Equal([Key(1), Key(2)], _worker.Started);
        Assert.Equal([Key(1), Key(2)], _worker.Finished.Select(static finished => finished.Key));

        _worker.EndWrite();
        Assert.Equal([Status.Paused, Status.Running], Statuses());
        Assert.Equal(Key(3), _worker.Started[^1]);
    }

    [Theory]
    [InlineData(0.5, 761, Status.Paused)]
    [InlineData(0.5, 760, Status.Running)]
    [InlineData(null, 761, Status.Paused)]
    [InlineData(null, 760, Status.Running)]
    [InlineData(0.8, 801, Status.Paused)]
    [InlineData(0.8, 800, Status.Running)]
    public void A_paused_worker_runs_again_a_twentieth_below_or_where_spilling_ends(double? target, int left, Status expected)
    {
        var worker = new WorkerFixture(s_settings with { MemoryTarget = target, SpillBytesMin = 10_000 });
        worker.ComputeMany(Key(1), Key(2));
        worker.End(Key(1), Bytes(left));
        worker.End(Key(2), Bytes(100));
        Assert.Equal(Status.Paused, worker.Machine.Status);

        worker.Free(Key(2));

        Assert.Equal(expected, worker.Machine.Status);
    }

    [Fact]
    public void Paused_by_hand_a_worker_goes_on_with_what_runs_and_starts_nothing_until_it_is_let_go()
    {
        _worker.Compute(Key(1));
        _worker.Pause(true);
        _worker.Pause(true);
        _worker.Compute(Key(2));
        _worker.End(Key(1));
        Assert.Equal([Key(1)], _worker.Started);
        Assert.True(_worker.Holds(Key(1)));

        _worker.Pause(false);

        Assert.Equal([Key(1), Key(2)], _worker.Started);
        Assert.Equal([Status.Paused, Status.Running], Statuses());
    }

    [Fact]
    public void A_worker_that_is_paused_by_hand_and_by_memory_needs_both_to_run()
    {
        Hold(900, 1);
        _worker.Pause(true);
        _worker.EndWrite();
        Assert.Equal([Status.Paused], Statuses());

        _worker.Pause(false);

        Assert.Equal([Status.Paused, Status.Running], Statuses());
    }

    [Fact]
    public void While_paused_inputs_are_not_fetched_but_copies_that_the_scheduler_wants_are()
    {
        _worker.Pause(true);
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(2)));
        _worker.Acquire(Key(12), Peer(2));
        Assert.Equal([Key(12)], Assert.Single(_worker.Asked).Keys);

        _worker.Acquire(Key(11), Peer(3)); // A task waits for it already.
        Assert.Equal((Peer(3), Key(11)), (_worker.Asked[1].Holder, Assert.Single(_worker.Asked[1].Keys)));
        _worker.Deliver(_worker.Asked[1]);
        Assert.Equal([Key(11)], _worker.ReplicasAdded);

        _worker.Pause(false);
        Assert.Equal([Key(10)], _worker.Asked[2].Keys);
        _worker.Deliver(_worker.Asked[2]);
        Assert.Equal([Key(1)], _worker.Started);
    }

    [Fact]
    public void A_task_that_waits_in_a_paused_worker_can_be_given_back()
    {
        _worker.Pause(true);
        _worker.Compute(Key(1));
        _worker.Compute(Key(2), (Key(10), Peer(2)));

        _worker.Steal(Key(1));
        _worker.Steal(Key(2));

        Assert.Equal([(Key(1), 1, true), (Key(2), 1, true)], _worker.StealAnswers);
    }

    /// <summary>A value that is measured as so many bytes.</summary>
    private static byte[] Bytes(int size) => new byte[size - 24];

    /// <summary>The worker runs tasks whose values have so many bytes each; gives the last value.</summary>
    private byte[] Hold(int size, params int[] keys)
    {
        byte[] value = [];
        foreach (var key in keys)
        {
            value = Bytes(size);
            _worker.Compute(Key(key));
            _worker.End(Key(key), value);
        }

        return value;
    }

    private List<(SpillAction, TaskKey)> Orders() => [.. _worker.Orders.Select(static order => (order.Action, order.Key))];

    private List<Status> Statuses() => [.. _worker.Told.Cast<StatusChanged>().Select(static told => told.Status)];
}
