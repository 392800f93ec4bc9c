using Engine.Collections;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>What the next incarnation of a worker gets whose connection broke: the values that were held complete, and nothing else.</summary>
public sealed class ReturnTests
{
    private const int Size = 200 - 24; // With its object 200 bytes.
    private static readonly WorkerSettings s_limited = new() { MemoryLimit = 1000, MemoryTarget = 0.5, MemoryPause = 0.8, SpillBytesMin = 100 };

    [Fact]
    public void Results_and_copies_that_stay_are_there_and_tasks_and_what_is_on_its_way_are_not()
    {
        var before = new WorkerFixture();
        Finish(before, 1, "one");
        before.Compute(Key(2)); // Runs.
        before.Compute(Key(3), (Key(9), Peer(2))); // Waits for an input that is on its way.

        var after = Return(before);

        Assert.Equal((1, 1), (after.Machine.HeldCount, after.Machine.RowCount));
        Assert.Equal("one", after.ValueOf(Key(1)));
        Assert.Empty(after.Started);
        after.Compute(Key(2), null, null, [], attempt: 2);
        Assert.Equal([Key(2)], after.Started);
    }

    [Fact]
    public void A_small_copy_that_was_here_for_a_task_only_is_not_there()
    {
        var before = new WorkerFixture();
        before.Compute(Key(1), (Key(9), Peer(2)));
        before.Deliver(before.Asked[0]);
        Assert.True(before.Holds(Key(9)));

        var after = Return(before);

        Assert.Equal(0, after.Machine.HeldCount);
    }

    [Fact]
    public void What_the_scheduler_declines_is_not_there()
    {
        var before = new WorkerFixture();
        Finish(before, 1, "one");
        Finish(before, 2, "two");

        var after = Return(before, null, Key(1));

        Assert.False(after.Holds(Key(1)));
        Assert.True(after.Holds(Key(2)));
    }

    [Fact]
    public void Values_in_the_store_stay_there_and_are_read_when_they_are_needed()
    {
        var (before, values) = Spilled();
        Assert.Equal(2, before.Machine.SpilledCount);

        var after = Return(before, s_limited);

        Assert.Equal((before.Machine.SpilledCount, before.Machine.SpilledBytes), (after.Machine.SpilledCount, after.Machine.SpilledBytes));
        Assert.Equal((before.Machine.ManagedBytes, before.Machine.HeldBytes), (after.Machine.ManagedBytes, after.Machine.HeldBytes));
        after.Compute(Key(10), (Key(1), Peer(1)));
        var read = Assert.Single(after.Orders, static order => order.Action == SpillAction.Read);
        after.EndRead(read, values[0]);
        Assert.Equal([values[0]], after.InputsOf(Key(10)));
    }

    [Fact]
    public void What_is_declined_is_deleted_from_the_store_and_so_is_what_was_being_written()
    {
        var (before, _) = Spilled();
        Finish(before, 5, new byte[Size]);
        var writing = before.Orders.Last(static order => order.Action == SpillAction.Write);

        var after = Return(before, s_limited, Key(1));

        Assert.Equal([Key(1), writing.Key], after.Orders.Where(static order => order.Action == SpillAction.Delete).Select(static order => order.Key).Order());
        Assert.Equal(before.Machine.SpilledCount - 1, after.Machine.SpilledCount);
    }

    [Fact]
    public void What_is_freed_in_the_step_in_which_the_connection_breaks_is_deleted_from_the_store()
    {
        var (before, _) = Spilled();
        var free = BatchPool<FreeKeys>.Get();
        free.Add(new TaskAttempt { Key = Key(1), Attempt = 1 });

        before.Machine.Handle(free); // The step does not end as others do.
        var remains = before.Machine.Leave();

        Assert.DoesNotContain(remains.Values, static held => held.Key == Key(1));
        Assert.Equal([Key(1)], before.Orders.Where(static order => order.Action == SpillAction.Delete).Select(static order => order.Key));
    }

    [Fact]
    public void What_the_store_says_of_an_order_of_the_older_incarnation_changes_nothing_I7()
    {
        var (before, _) = Spilled();
        Finish(before, 5, new byte[Size]);
        var writing = before.Orders.Last(static order => order.Action == SpillAction.Write);
        var after = Return(before, s_limited);
        var (spilled, stored) = (after.Machine.SpilledCount, after.Machine.SpilledBytes);

        after.Machine.OnSpilled(writing.Number, 1000);
        after.Machine.Settle();

        Assert.Equal((spilled, stored), (after.Machine.SpilledCount, after.Machine.SpilledBytes));
    }

    [Fact]
    public void One_that_somebody_had_paused_is_paused_again_and_says_so()
    {
        var before = new WorkerFixture();
        before.Machine.SetPaused(true);
        before.Settle();

        var after = Return(before);

        Assert.Equal(Status.Paused, after.Machine.Status);
        Assert.Contains(after.Told, static told => told is StatusChanged { Status: Status.Paused });
    }

    [Fact]
    public void It_tries_at_once_then_after_pauses_and_not_for_longer_than_the_scheduler_keeps_its_place()
    {
        Assert.Equal(TimeSpan.Zero, ComebackRule.PauseBefore(0, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromMilliseconds(100), ComebackRule.PauseBefore(1, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromMilliseconds(800), ComebackRule.PauseBefore(4, ComebackRule.Limit - TimeSpan.FromMilliseconds(801)));
        Assert.Null(ComebackRule.PauseBefore(4, ComebackRule.Limit - TimeSpan.FromMilliseconds(800)));
        Assert.Equal(new Engine.Scheduling.Machine.SchedulerSettings().NannysWordLimit, ComebackRule.Limit);
    }

    [Fact]
    public void One_whose_connections_break_again_and_again_ends_because_it_may_be_what_breaks_them()
    {
        var rule = new ComebackRule();
        for (var i = 0; i < ComebackRule.BreaksMax; i++)
        {
            Assert.True(rule.TakeBreak(TimeSpan.FromSeconds(i)));
        }

        Assert.False(rule.TakeBreak(ComebackRule.Window - TimeSpan.FromTicks(1)));
        Assert.True(rule.TakeBreak(ComebackRule.Window));
        Assert.False(rule.TakeBreak(ComebackRule.Window));
    }

    /// <summary>A worker that holds four values, of which the first two are in the store only.</summary>
    private static (WorkerFixture Worker, byte[][] Values) Spilled()
    {
        var worker = new WorkerFixture(s_limited);
        var values = new byte[4][];
        for (var i = 0; i < values.Length; i++)
        {
            Finish(worker, i + 1, values[i] = new byte[Size]);
            while (worker.Orders.Count(static order => order.Action == SpillAction.Write) > worker.Machine.SpilledCount)
            {
                worker.EndWrite();
            }
        }

        return (worker, values);
    }

    private static void Finish(WorkerFixture worker, int number, object value)
    {
        worker.Compute(Key(number));
        worker.End(Key(number), value);
    }

    private static WorkerFixture Return(WorkerFixture before, WorkerSettings? settings = null, params TaskKey[] declined)
    {
        var after = new WorkerFixture(settings);
        after.Machine.TakeOver(before.Machine.Leave(), declined);
        after.Settle();
        return after;
    }
}
