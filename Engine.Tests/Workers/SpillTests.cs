using Engine.Data;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>What tasks, peers and clients get of values that are spilled. The limit is 1000 bytes, and there is room for 500.</summary>
public sealed class SpillTests
{
    private static readonly WorkerAddress s_self = new(new WorkerId(1), "test://self", "w1");
    private static readonly WorkerSettings s_settings = new() { MemoryLimit = 1000, MemoryTarget = 0.5, MemoryPause = 0.8, SpillBytesMin = 100 };
    private readonly WorkerFixture _worker = NewWorker(s_settings);

    [Fact]
    public void A_task_whose_input_is_spilled_starts_when_it_was_read()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self), (Key(3), s_self));
        Assert.DoesNotContain(Key(10), _worker.Started);
        var read = Assert.Single(Reads(_worker));
        Assert.Equal(Key(1), read.Key);

        _worker.EndRead(read, values[0]);

        Assert.Equal([values[0], values[2]], _worker.InputsOf(Key(10)));
    }

    [Fact]
    public void A_value_that_was_read_is_let_go_again_without_being_written_again()
    {
        var values = Spill(_worker, 1, 2, 3, 4);
        _worker.Compute(Key(10), (Key(1), s_self));
        _worker.EndRead(Reads(_worker)[0], values[0]);
        Assert.Equal(600, _worker.Machine.ManagedBytes);
        _worker.End(Key(10), "done");
        _worker.EndWrite();

        _worker.Serve(Key(4)); // Now the first was not read for longest.
        _worker.Compute(Key(5));
        _worker.End(Key(5), Bytes(200));

        Assert.Single(_worker.Orders, order => order.Key == Key(1) && order.Action == SpillAction.Write);
        Assert.Null(_worker.Serve(Key(1)));
    }

    [Fact]
    public void As_many_tasks_as_there_are_slots_have_inputs_read_and_others_run_meanwhile()
    {
        var values = Spill(_worker, 1, 2, 3, 4);
        _worker.Compute(Key(10), (Key(1), s_self));
        _worker.Compute(Key(11), (Key(2), s_self));
        _worker.Compute(Key(12), null, null, [(Key(4), s_self)], order: 0);
        Assert.Equal(Key(12), _worker.Started[^1]);
        Assert.Equal([Key(1)], Reads(_worker).Select(static read => read.Key));

        _worker.EndRead(Reads(_worker)[0], values[0]);
        Assert.Equal(Key(12), _worker.Started[^1]);
        Assert.Single(Reads(_worker)); // What was read for a task that waits for a slot is in memory.
        _worker.End(Key(12), "done");

        Assert.Equal(Key(10), _worker.Started[^1]);
        _worker.End(Key(10), "done");
        Assert.Equal([Key(1), Key(2)], Reads(_worker).Select(static read => read.Key));
        _worker.EndRead(Reads(_worker)[1], values[1]);
        Assert.Equal(Key(11), _worker.Started[^1]);
    }

    [Fact]
    public void Two_inputs_that_do_not_fit_together_stay_until_the_task_starts_even_if_they_pause_the_worker()
    {
        var values = SpillOf(450, _worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self), (Key(2), s_self));
        _worker.EndRead(Reads(_worker)[0], values[0]);
        _worker.EndRead(Reads(_worker)[1], values[1]);

        Assert.Equal([values[0], values[1]], _worker.InputsOf(Key(10)));
        Assert.Contains(_worker.Told, static told => told is StatusChanged { Status: Status.Paused });
        _worker.EndWrite();
        Assert.Equal((450, Status.Running), (_worker.Machine.ManagedBytes, _worker.Machine.Status));
    }

    [Fact]
    public void An_input_that_is_named_twice_is_read_once()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self), (Key(1), s_self));

        _worker.EndRead(Assert.Single(Reads(_worker)), values[0]);

        Assert.Equal([values[0], values[0]], _worker.InputsOf(Key(10)));
    }

    [Fact]
    public void A_value_that_can_not_be_read_is_gone_and_its_task_goes_back()
    {
        Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self));

        _worker.EndRead(Reads(_worker)[0], null);

        Assert.Equal((Key(1), s_self), _worker.Told.OfType<DataMissing>().Select(static told => (told.Key, told.Holder)).Single());
        Assert.Equal(
            (Key(10), 1, Key(1), s_self),
            _worker.Told.OfType<InputMissing>().Select(static told => (told.Key, told.Attempt, told.Input, told.Holder)).Single());
        Assert.False(_worker.Holds(Key(1)));
        Assert.Equal(2, _worker.Machine.RowCount);
        _worker.Compute(Key(11));
        Assert.Equal(Key(11), _worker.Started[^1]);
    }

    [Fact]
    public void An_input_that_is_freed_while_it_is_read_is_looked_for_where_it_was_said_to_be()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), Peer(2)));

        _worker.Free(Key(1));
        Assert.Equal([Key(1)], Assert.Single(_worker.Asked).Keys);
        _worker.EndRead(Reads(_worker)[0], values[0]);
        Assert.DoesNotContain(Key(10), _worker.Started);
        _worker.Deliver(_worker.Asked[0], value: "fetched");

        Assert.Equal(["fetched"], _worker.InputsOf(Key(10)));
    }

    [Fact]
    public void A_task_can_be_given_back_while_its_input_is_read_and_the_value_stays_in_the_store()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self));

        _worker.Steal(Key(10));
        _worker.EndRead(Reads(_worker)[0], values[0]);

        Assert.Equal([(Key(10), 1, true)], _worker.StealAnswers);
        Assert.Equal((400, 1), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledCount));
    }

    [Fact]
    public void What_was_wanted_by_a_task_that_was_given_up_is_read_when_another_wants_it()
    {
        var values = Spill(_worker, 1, 2, 3, 4);
        _worker.Compute(Key(10), (Key(1), s_self), (Key(2), s_self));
        _worker.Steal(Key(10));
        _worker.EndRead(Reads(_worker)[0], values[0]);
        Assert.Single(Reads(_worker));

        _worker.Compute(Key(11), (Key(2), s_self));
        _worker.EndRead(Reads(_worker)[1], values[1]);

        Assert.Equal([values[1]], _worker.InputsOf(Key(11)));
    }

    [Fact]
    public void Others_start_in_the_same_step_in_which_inputs_of_one_are_to_be_read()
    {
        Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10));
        _worker.Compute(Key(11), (Key(1), s_self));
        _worker.Compute(Key(12));

        _worker.End(Key(10), "done");

        Assert.Equal([Key(1)], Reads(_worker).Select(static read => read.Key));
        Assert.Equal(Key(12), _worker.Started[^1]);
    }

    [Fact]
    public void One_input_may_be_spilled_and_another_too_small_for_that()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(4));
        _worker.End(Key(4), "small");
        _worker.Compute(Key(10), (Key(4), s_self), (Key(1), s_self));

        _worker.EndRead(Assert.Single(Reads(_worker)), values[0]);

        Assert.Equal(["small", values[0]], _worker.InputsOf(Key(10)));
    }

    [Fact]
    public void As_many_tasks_have_inputs_read_after_one_that_had_has_run()
    {
        var values = Spill(_worker, 1, 2, 3, 4, 5);
        _worker.Compute(Key(10), (Key(1), s_self));
        _worker.EndRead(Reads(_worker)[0], values[0]);
        _worker.End(Key(10), "done");
        _worker.EndWrite();

        _worker.Compute(Key(11), (Key(2), s_self));
        _worker.Compute(Key(12), (Key(3), s_self));
        _worker.EndRead(Reads(_worker)[1], values[1]);

        Assert.Equal(Key(11), _worker.Started[^1]);
        Assert.Equal([Key(1), Key(2)], Reads(_worker).Select(static read => read.Key));
    }

    [Fact]
    public void A_task_whose_inputs_were_read_is_started_once_and_lives_until_it_ends()
    {
        var worker = NewWorker(s_settings with { Slots = 2 });
        var values = Spill(worker, 1, 2, 3);
        worker.Compute(Key(10), (Key(1), s_self));
        worker.EndRead(Reads(worker)[0], values[0]);

        worker.Compute(Key(11));
        worker.End(Key(10), "ten");
        worker.End(Key(11), "eleven");

        Assert.Equal([Key(10), Key(11)], worker.Started.Skip(3));
        Assert.Equal(["ten", "eleven"], worker.Finished.Skip(3).Select(static finished => finished.Values[0]));
        Assert.Equal(0, worker.Machine.ExecutingCount);
    }

    [Fact]
    public void An_input_that_is_freed_when_all_were_read_is_looked_for_when_the_task_gets_a_slot()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), Peer(2)));
        _worker.Compute(Key(11));
        _worker.EndRead(Reads(_worker)[0], values[0]);
        Assert.Equal(1, _worker.Machine.ReadyCount);

        _worker.Free(Key(1));
        _worker.End(Key(11), "done");
        _worker.Deliver(Assert.Single(_worker.Asked), "fetched");

        Assert.Equal(["fetched"], _worker.InputsOf(Key(10)));
        Assert.Single(_worker.Started, Key(10));
        _worker.End(Key(10), "done");
        Assert.Equal((0, 0), (_worker.Machine.ExecutingCount, _worker.Machine.ReadyCount));
    }

    [Fact]
    public void A_task_whose_input_was_freed_while_it_was_read_lets_others_read_and_have_its_resources()
    {
        var worker = NewWorker(s_settings with { Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        var values = Spill(worker, 1, 2, 3, 4);
        var options = new TaskOptions { Resources = [new("gpu", 1)] };
        worker.Compute(Key(10), null, options, [(Key(1), Peer(2))]);
        worker.Free(Key(1));
        worker.EndRead(Reads(worker)[0], values[0]);

        worker.Compute(Key(11), null, options, [(Key(2), s_self)]);
        worker.EndRead(Reads(worker)[1], values[1]);
        Assert.Equal(Key(11), worker.Started[^1]);
        worker.Deliver(Assert.Single(worker.Asked), "fetched");
        worker.End(Key(11), "done");

        Assert.Equal(["fetched"], worker.InputsOf(Key(10)));
    }

    [Fact]
    public void A_task_that_may_not_have_its_inputs_read_yet_returns_its_resources()
    {
        var worker = NewWorker(s_settings with { Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        var values = Spill(worker, 1, 2, 3, 4);
        worker.Compute(Key(10), (Key(1), s_self));
        worker.Compute(Key(11), null, new TaskOptions { Resources = [new("gpu", 1)] }, [(Key(2), s_self)]);
        worker.EndRead(Reads(worker)[0], values[0]);
        worker.End(Key(10), "done");

        worker.EndRead(Reads(worker)[1], values[1]);

        Assert.Equal(Key(11), worker.Started[^1]);
    }

    [Fact]
    public void A_new_attempt_of_a_task_whose_input_is_read_takes_its_place()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Compute(Key(10), (Key(1), s_self));
        _worker.Compute(Key(10), null, null, [(Key(1), s_self)], attempt: 2);

        _worker.EndRead(Assert.Single(Reads(_worker)), values[0]);

        Assert.Equal(2, _worker.TaskOf(Key(10)).Attempt);
        Assert.Single(_worker.Started, Key(10));
    }

    [Fact]
    public void A_task_keeps_its_resources_while_its_input_is_read_and_gives_them_back_with_itself()
    {
        var worker = NewWorker(s_settings with { Slots = 2, Resources = new Dictionary<string, double> { ["gpu"] = 1 } });
        Spill(worker, 1, 2, 3);
        var options = new TaskOptions { Resources = [new("gpu", 1)] };
        worker.Compute(Key(10), null, options, [(Key(1), s_self)]);
        worker.Compute(Key(11), null, options, []);
        Assert.DoesNotContain(Key(11), worker.Started);

        worker.Steal(Key(10));

        Assert.Equal(Key(11), worker.Started[^1]);
    }

    [Fact]
    public void A_spilled_value_is_read_for_a_peer_and_does_not_come_back_to_memory()
    {
        var values = Spill(_worker, 1, 2, 3);

        Assert.Null(_worker.Serve(Key(2), Key(1), Key(99)));
        Assert.Equal(600, _worker.Machine.ManagedBytes);
        _worker.EndRead(Assert.Single(Reads(_worker)), values[0]);

        var reply = Assert.Single(_worker.LateReplies).Entries;
        Assert.Equal([(Key(2), values[1]), (Key(1), values[0]), (Key(99), null)], reply.Select(static entry => (entry.Key, entry.Value.Boxed)));
        Assert.Equal([true, true, false], reply.Select(static entry => entry.Found));
        Assert.Equal(200, reply[1].NBytes);
        Assert.Equal((400, 1), (_worker.Machine.ManagedBytes, _worker.Machine.SpilledCount));
    }

    [Fact]
    public void A_worker_whose_spilled_values_are_four_times_its_limit_gives_them_all_away_without_exceeding_it()
    {
        var keys = Enumerable.Range(1, 50).ToArray();
        var values = SpillOf(100, _worker, keys).Zip(keys).ToDictionary(static pair => Key(pair.Second), static pair => pair.First);
        Assert.True(_worker.Machine.HeldBytes > 4 * 1000, "it has much");
        var missing = new List<TaskKey>(values.Keys);
        while (missing.Count > 0)
        {
            var entries = Ask(missing, values);
            Assert.NotEmpty(entries);
            Assert.All(entries, entry => Assert.Same(values[entry.Key], entry.Value.Boxed));
            missing.RemoveRange(0, entries.Length);
        }
    }

    [Fact]
    public void A_value_that_can_not_be_read_for_a_peer_is_gone_and_the_rest_of_the_reply_comes()
    {
        var values = Spill(_worker, 1, 2, 3, 4);
        _worker.Serve(Key(1), Key(2), Key(4));

        _worker.EndRead(Reads(_worker)[0], null);
        _worker.EndRead(Reads(_worker)[1], values[1]);

        Assert.Equal([false, true, true], Assert.Single(_worker.LateReplies).Entries.Select(static entry => entry.Found));
        Assert.Equal((Key(1), s_self), _worker.Told.OfType<DataMissing>().Select(static told => (told.Key, told.Holder)).Single());
        Assert.False(_worker.Holds(Key(1)));
    }

    [Fact]
    public void A_value_that_can_not_be_read_for_a_peer_stays_if_a_task_has_had_it_read_meanwhile()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Serve(Key(1));
        _worker.Compute(Key(10), (Key(1), s_self));
        _worker.EndRead(Reads(_worker)[1], values[0]);

        _worker.EndRead(Reads(_worker)[0], null);

        Assert.Same(values[0], Assert.Single(_worker.LateReplies).Entries[0].Value.Boxed);
        Assert.Empty(_worker.Told.OfType<DataMissing>());
    }

    [Theory]
    [InlineData(50, 2)] // A tenth of the limit.
    [InlineData(51, 1)]
    public void A_reply_has_as_many_spilled_values_as_its_part_of_the_memory_holds(int size, int expected)
    {
        var worker = NewWorker(s_settings with { MemoryTarget = 0.01, SpillBytesMin = 40 });
        var values = SpillOf(size, worker, 1, 2, 3, 4);
        worker.Serve(Key(1), Key(2), Key(3), Key(4));

        for (var i = 0; worker.LateReplies.Count == 0; i++)
        {
            worker.EndRead(Reads(worker)[i], values[i]);
        }

        Assert.Equal(Enumerable.Range(1, expected).Select(Key), worker.LateReplies[0].Entries.Select(static entry => entry.Key));
    }

    [Fact]
    public void A_value_that_is_freed_while_it_is_read_for_a_peer_arrives_all_the_same()
    {
        var values = Spill(_worker, 1, 2, 3);
        _worker.Serve(Key(1));

        _worker.Free(Key(1));
        _worker.EndRead(Reads(_worker)[0], values[0]);

        Assert.Same(values[0], _worker.LateReplies[0].Entries[0].Value.Boxed);
        Assert.Equal((400, 400), (_worker.Machine.ManagedBytes, _worker.Machine.HeldBytes));
    }

    [Fact]
    public void Requests_that_need_the_store_are_answered_one_after_the_other_and_others_at_once()
    {
        var values = Spill(_worker, 1, 2, 3, 4);
        _worker.Serve(Key(1));
        _worker.Serve(Key(2));
        Assert.Equal([Key(1)], Reads(_worker).Select(static read => read.Key));
        Assert.NotNull(_worker.Serve(Key(4)));

        _worker.EndRead(Reads(_worker)[0], values[0]);
        _worker.EndRead(Reads(_worker)[1], values[1]);

        Assert.Equal([Key(1), Key(2)], _worker.LateReplies.Select(static reply => Assert.Single(reply.Entries).Key));
    }

    [Fact]
    public void What_a_peer_could_not_send_at_once_is_asked_for_again()
    {
        _worker.Compute(Key(1), (Key(10), Peer(2)), (Key(11), Peer(2)));

        _worker.Machine.OnDataReply(new DataReply(
            _worker.Asked[0].RequestId, [new DataEntry { Key = Key(10), Found = true, Value = DataValue.From("first"), NBytes = 8 }]));
        _worker.Pause(false);
        Assert.Equal((Peer(2), Key(11)), (_worker.Asked[1].Holder, Assert.Single(_worker.Asked[1].Keys)));
        _worker.Deliver(_worker.Asked[1], value: "second");

        Assert.Equal(["first", "second"], _worker.InputsOf(Key(1)));
    }

    private static WorkerFixture NewWorker(WorkerSettings settings)
    {
        var worker = new WorkerFixture(settings);
        worker.Machine.Self = s_self;
        return worker;
    }

    private static byte[] Bytes(int size) => new byte[size - 24];

    private static byte[][] Spill(WorkerFixture worker, params int[] keys) => SpillOf(200, worker, keys);

    /// <summary>Has the worker hold values of so many bytes, of which the store keeps those that don't fit.</summary>
    private static byte[][] SpillOf(int size, WorkerFixture worker, params int[] keys) => [.. keys.Select(key =>
    {
        var value = Bytes(size);
        worker.Compute(Key(key));
        worker.End(Key(key), value);
        while (worker.Orders.Count(static order => order.Action == SpillAction.Write) is var writes && writes > worker.Machine.SpilledCount)
        {
            worker.EndWrite();
        }

        return value;
    })];

    private static List<SpillOrder> Reads(WorkerFixture worker) => worker.Orders.FindAll(static order => order.Action == SpillAction.Read);

    /// <summary>A peer asks for values, and the store reads them.</summary>
    private DataEntry[] Ask(List<TaskKey> keys, Dictionary<TaskKey, byte[]> values)
    {
        var (replies, reads) = (_worker.LateReplies.Count, Reads(_worker).Count);
        if (_worker.Serve([.. keys]) is { } atOnce)
        {
            return atOnce;
        }

        while (_worker.LateReplies.Count == replies)
        {
            Assert.True(_worker.Machine.ManagedBytes <= 1000, $"{_worker.Machine.ManagedBytes} bytes are in memory");
            var read = Reads(_worker)[reads++];
            _worker.EndRead(read, values[read.Key]);
        }

        return _worker.LateReplies[^1].Entries;
    }
}
