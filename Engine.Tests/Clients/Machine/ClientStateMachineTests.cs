using Engine.Clients.Machine;
using Engine.Data;
using Engine.Protocol;

namespace Engine.Tests.Clients.Machine;

public sealed class ClientStateMachineTests : IDisposable
{
    private static readonly TaskKey s_key = new(new ClientId(1), 5);
    private readonly ClientStateMachine _machine = new();

    public void Dispose() => _machine.Validate();

    [Fact]
    public void An_own_and_a_found_future_of_one_key_are_given_up_one_by_one()
    {
        _machine.Add(s_key);
        _machine.AddFound(s_key);

        Assert.False(_machine.Release(s_key));
        Assert.False(_machine.Release(s_key));
        Assert.True(_machine.Holds(s_key));
        Assert.True(_machine.ReleaseFound(s_key));
        Assert.False(_machine.Holds(s_key));
        Assert.False(_machine.ReleaseFound(s_key));
    }

    [Fact]
    public void The_own_future_may_be_the_last()
    {
        _machine.Add(s_key);
        _machine.AddFound(s_key);

        Assert.False(_machine.ReleaseFound(s_key));
        Assert.True(_machine.Release(s_key));
    }

    [Fact]
    public void A_key_that_is_found_after_it_was_given_up_is_held_by_what_found_it_alone()
    {
        _machine.Add(s_key);
        _machine.Release(s_key);
        _machine.AddFound(s_key);

        Assert.False(_machine.Release(s_key));
        Assert.True(_machine.ReleaseFound(s_key));
    }

    [Fact]
    public void A_future_that_was_cancelled_is_pending_again_when_its_key_is_found()
    {
        _machine.Add(s_key);
        Tell(FutureStatus.Cancelled, error: Error(TaskErrorKind.Failed));

        _machine.AddFound(s_key);

        Assert.Equal(FutureStatus.Pending, _machine.Find(s_key).Status);
        Tell(FutureStatus.Finished, value: 3);
        Assert.Equal(FutureStatus.Finished, _machine.Find(s_key).Status);
    }

    [Fact]
    public void A_value_that_stayed_with_its_workers_can_be_lost()
    {
        _machine.Add(s_key);
        Tell(FutureStatus.Finished);

        Tell(FutureStatus.Lost, error: Error(TaskErrorKind.LostData));

        Assert.Equal(FutureStatus.Lost, _machine.Find(s_key).Status);
    }

    [Fact]
    public void A_value_that_is_here_can_not_be_lost()
    {
        _machine.Add(s_key);
        Tell(FutureStatus.Finished, value: 3);

        Tell(FutureStatus.Lost, error: Error(TaskErrorKind.LostData));
        Tell(FutureStatus.Pending);

        Assert.Equal(FutureStatus.Finished, _machine.Find(s_key).Status);
        Assert.Equal(3, _machine.Find(s_key).Value.Get<int>());
    }

    [Theory]
    [InlineData(FutureStatus.Finished)]
    [InlineData(FutureStatus.Error)]
    [InlineData(FutureStatus.Cancelled)]
    [InlineData(FutureStatus.Lost)]
    public void A_failure_is_told_once(FutureStatus second)
    {
        _machine.Add(s_key);
        Tell(FutureStatus.Error, error: Error(TaskErrorKind.Failed));

        Tell(second, error: Error(TaskErrorKind.LostData));

        Assert.Equal(FutureStatus.Error, _machine.Find(s_key).Status);
        Assert.Equal(0, _machine.PendingCount);
    }

    private void Tell(FutureStatus status, int? value = null, TaskError? error = null)
    {
        var notices = new KeyNotices();
        notices.Add(new KeyNotice
        {
            Key = s_key,
            Count = 1,
            Status = status,
            HasValue = value is not null,
            Value = DataValue.From(value ?? 0),
            Error = error,
        });
        _machine.Apply(notices);
        _machine.Validate();
    }

    private static TaskError Error(TaskErrorKind kind) => new(kind, s_key, "a test");
}
