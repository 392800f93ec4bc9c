using Engine.Clients.Machine;
using Engine.Collections;
using Engine.Data;
using Engine.Protocol;

namespace Engine.Tests.Clients.Machine;

public sealed class FutureEndTests
{
    private readonly ClientStateMachine _client = new();
    private readonly List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> _due = [];

    [Fact]
    public void A_future_is_pending_until_it_ends()
    {
        _client.Add(Key(1));
        Assert.Equal((FutureStatus.Pending, false, 1L), (_client.Find(Key(1)).Status, _client.Find(Key(1)).IsEnded, _client.PendingCount));

        Tell(Key(1), FutureStatus.Finished, value: 5);

        var future = _client.Find(Key(1));
        Assert.Equal((FutureStatus.Finished, true, 0L), (future.Status, future.IsEnded, _client.PendingCount));
        Assert.Equal(5, future.Value.Get<int>());
    }

    [Fact]
    public void Holding_a_key_twice_is_holding_it_once()
    {
        _client.Add(Key(1));
        _client.Add(Key(1));

        Assert.Equal((1, 1), (_client.Count, _client.PendingCount));
        Assert.True(_client.Release(Key(1)));
        Assert.False(_client.Release(Key(1)));
    }

    [Fact]
    public void Everybody_who_waits_is_told_of_the_end_once()
    {
        Waiter[] waiters = [new(), new(), new()];
        _client.Add(Key(1));
        Assert.All(waiters, waiter => Assert.True(_client.TryAddWaiter(Key(1), waiter)));

        Tell(Key(1), FutureStatus.Finished, value: 5);
        Tell(Key(1), FutureStatus.Finished, value: 6);

        Assert.Equal(waiters.Select(static waiter => ((IFutureWaiter)waiter, Key(1), FutureStatus.Finished)), Due());
        Assert.Equal(5, _client.Find(Key(1)).Value.Get<int>());
        Assert.False(_client.HasDue);
    }

    [Fact]
    public void Who_comes_after_the_end_need_not_wait()
    {
        _client.Add(Key(1));
        Tell(Key(1), FutureStatus.Error);

        Assert.False(_client.TryAddWaiter(Key(1), new Waiter()));
        Assert.False(_client.TryAddWaiter(Key(2), new Waiter()));
    }

    [Fact]
    public void Who_has_lost_interest_is_not_told()
    {
        Waiter[] waiters = [new(), new()];
        _client.Add(Key(1));
        _client.Add(Key(2));
        _client.TryAddWaiter(Key(1), waiters[0]);
        _client.TryAddWaiter(Key(1), waiters[1]);
        _client.TryAddWaiter(Key(2), waiters[0]);

        _client.RemoveWaiter(Key(1), waiters[0]);
        _client.RemoveWaiter(Key(2), waiters[0]);
        _client.RemoveWaiter(Key(3), waiters[0]);
        Tell(Key(1), FutureStatus.Finished);
        Tell(Key(2), FutureStatus.Finished);

        Assert.Same(waiters[1], Assert.Single(Due()).Waiter);
    }

    [Fact]
    public void Who_waits_for_a_future_that_is_given_up_is_told()
    {
        var waiter = new Waiter();
        _client.Add(Key(1));
        _client.TryAddWaiter(Key(1), waiter);

        _client.Release(Key(1));

        Assert.Equal([(waiter, Key(1), FutureStatus.Released)], Due());
        Assert.Equal((0, 0), (_client.Count, _client.PendingCount));
    }

    [Fact]
    public void News_of_what_is_not_held_is_ignored()
    {
        _client.Add(Key(1));
        _client.Release(Key(1));
        _client.Add(Key(2));

        Tell(Key(1), FutureStatus.Finished);
        Tell(Key(99999), FutureStatus.Finished);

        Assert.False(_client.Holds(Key(1)));
        Assert.Equal(1, _client.PendingCount);
    }

    [Fact]
    public void A_failed_future_keeps_its_error()
    {
        var error = new TaskError(TaskErrorKind.Failed, Key(1), "bad");
        _client.Add(Key(1));

        Tell(Key(1), FutureStatus.Error, error: error);

        Assert.Same(error, _client.Find(Key(1)).Detail);
    }

    [Fact]
    public void A_notice_about_a_range_is_told_to_each_of_its_futures()
    {
        for (var i = 0; i < 4; i++)
        {
            _client.Add(Key(i));
        }

        _client.Release(Key(2));
        var notices = BatchPool<KeyNotices>.Get();
        notices.Add(new KeyNotice
        {
            Key = Key(0),
            Count = 4,
            Status = FutureStatus.Finished,
            HasValue = true,
            Values = [DataValue.From(0), DataValue.From(1), DataValue.From(2), DataValue.From(3)],
        });
        _client.Apply(notices);
        _client.Validate();

        Assert.Equal([0, 1, 3], new[] { 0, 1, 3 }.Select(i => _client.Find(Key(i)).Value.Get<int>()));
        Assert.False(_client.Holds(Key(2)));
    }

    [Fact]
    public void A_failed_future_that_is_retried_is_pending_again()
    {
        var waiter = new Waiter();
        _client.Add(Key(1));
        Tell(Key(1), FutureStatus.Error, error: new TaskError(TaskErrorKind.Failed, Key(1), "bad"));

        Tell(Key(1), FutureStatus.Pending);
        Assert.Equal((FutureStatus.Pending, 1L), (_client.Find(Key(1)).Status, _client.PendingCount));
        Assert.True(_client.TryAddWaiter(Key(1), waiter));
        Tell(Key(1), FutureStatus.Finished, value: 5);

        Assert.Equal(FutureStatus.Finished, Assert.Single(Due()).Status);
    }

    [Fact]
    public void A_value_that_is_here_stays_although_the_workers_have_lost_theirs()
    {
        _client.Add(Key(1));
        Tell(Key(1), FutureStatus.Finished, value: 5);

        Tell(Key(1), FutureStatus.Pending);
        Tell(Key(1), FutureStatus.Lost);

        Assert.Equal((FutureStatus.Finished, 5), (_client.Find(Key(1)).Status, _client.Find(Key(1)).Value.Get<int>()));
    }

    [Theory]
    [InlineData(FutureStatus.Cancelled)]
    [InlineData(FutureStatus.Lost)]
    public void A_value_that_is_with_workers_may_still_be_cancelled_or_lost(FutureStatus end)
    {
        _client.Add(Key(1));
        Tell(Key(1), FutureStatus.Finished);

        Tell(Key(1), end, error: new TaskError(TaskErrorKind.Failed, Key(1), "gone"));

        Assert.Equal((end, 0L), (_client.Find(Key(1)).Status, _client.PendingCount)); // Or its reader would ask for ever.
    }

    [Fact]
    public void All_that_is_pending_is_cancelled_when_the_scheduler_is_gone()
    {
        var waiter = new Waiter();
        _client.Add(Key(1));
        _client.Add(Key(2));
        _client.TryAddWaiter(Key(2), waiter);
        Tell(Key(1), FutureStatus.Finished, value: 5);
        var error = new TaskError(TaskErrorKind.Failed, default, "gone");

        _client.CancelAll(error);
        _client.Validate();

        Assert.Equal((FutureStatus.Finished, FutureStatus.Cancelled), (_client.Find(Key(1)).Status, _client.Find(Key(2)).Status));
        Assert.Equal(FutureStatus.Cancelled, Assert.Single(Due()).Status);
        Assert.Equal(0, _client.PendingCount);
    }

    private static TaskKey Key(long sequence) => new(new ClientId(1), sequence);

    private void Tell(TaskKey key, FutureStatus status, object? value = null, TaskError? error = null)
    {
        var notices = BatchPool<KeyNotices>.Get();
        notices.Add(new KeyNotice { Key = key, Count = 1, Status = status, HasValue = value is not null, Value = DataValue.From(value), Error = error });
        _client.Apply(notices);
        MessagePools.Return(notices);
        _client.Validate();
    }

    private List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> Due()
    {
        _due.Clear();
        _client.TakeDue(_due);
        return _due;
    }

    private sealed class Waiter : IFutureWaiter
    {
        public void Ended(TaskKey key, FutureStatus status)
        {
        }
    }
}
