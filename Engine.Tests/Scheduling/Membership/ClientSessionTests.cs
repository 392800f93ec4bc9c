using Engine.Plugins.Transports;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>What a client holds outlives a connection that broke, for the grace of its session.</summary>
public sealed class ClientSessionTests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_instant = TimeSpan.FromTicks(1);
    private static readonly Guid s_token = new("0a0b0c0d-0e0f-1011-1213-141516171819");
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { SessionGrace = s_grace });
    private readonly ClientState _client;
    private readonly WorkerState _worker;

    public ClientSessionTests()
    {
        _worker = _scheduler.AddWorker();
        _client = _scheduler.AddClient(s_token);
    }

    [Fact]
    public void A_client_whose_connection_broke_finds_its_tasks_as_they_were()
    {
        var running = _scheduler.Submit(_client, new TestWork());
        _scheduler.Lose(_client);
        _scheduler.Finish(_worker, running);
        _scheduler.Advance(s_grace - s_instant);

        Assert.Null(_scheduler.Resume(_client.Id, s_token));

        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(running));
        _scheduler.Advance(10 * s_grace); // It is back, so no time runs.
        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(running));
    }

    [Fact]
    public void When_the_grace_is_over_what_it_held_is_let_go_and_there_is_no_way_back()
    {
        _scheduler.Submit(_client, new TestWork());
        _scheduler.Lose(_client);
        _scheduler.Advance(s_grace - s_instant);
        Assert.Equal(1, _scheduler.Machine.TaskCount);

        _scheduler.Advance(s_instant);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Contains("no session", _scheduler.Resume(_client.Id, s_token), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_break_has_a_grace_of_its_own()
    {
        _scheduler.Submit(_client, new TestWork());
        _scheduler.Lose(_client);
        _scheduler.Advance(s_grace / 2);
        Assert.Null(_scheduler.Resume(_client.Id, s_token));
        _scheduler.Lose(_client);

        _scheduler.Advance(s_grace - s_instant); // The first would have been over.
        Assert.Equal(1, _scheduler.Machine.TaskCount);
        _scheduler.Advance(s_instant);
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Theory]
    [InlineData(DisconnectKind.Closed)]
    [InlineData(DisconnectKind.ProtocolViolation)]
    public void A_client_that_closed_or_was_cut_off_is_gone_at_once(DisconnectKind kind)
    {
        _scheduler.Submit(_client, new TestWork());

        _scheduler.Lose(_client, kind);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.Null(_scheduler.Machine.NextDeadline); // Nobody is waited for.
        Assert.NotNull(_scheduler.Resume(_client.Id, s_token));
    }

    [Fact]
    public void A_client_without_a_session_is_gone_with_its_connection()
    {
        var client = _scheduler.AddClient();
        _scheduler.Submit(client, new TestWork());

        _scheduler.Lose(client);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
        Assert.NotNull(_scheduler.Resume(client.Id, default));
    }

    [Fact]
    public void Without_a_grace_there_are_no_sessions()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { SessionGrace = TimeSpan.Zero });
        var client = scheduler.AddClient(s_token);

        scheduler.Lose(client);

        Assert.NotNull(scheduler.Resume(client.Id, s_token));
    }

    [Fact]
    public void Nobody_comes_back_as_another_client()
    {
        _scheduler.Lose(_client);

        Assert.NotNull(_scheduler.Resume(_client.Id, new Guid("0a0b0c0d-0e0f-1011-1213-141516171818")));
        Assert.NotNull(_scheduler.Resume(new ClientId(_client.Id.Number + 1), s_token));
        Assert.Null(_scheduler.Resume(_client.Id, s_token));
    }

    [Fact]
    public void A_client_may_be_back_before_its_break_was_noticed()
    {
        var task = _scheduler.Submit(_client, new TestWork());

        Assert.Null(_scheduler.Resume(_client.Id, s_token));

        _scheduler.Advance(2 * s_grace);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
    }

    [Fact]
    public void Who_says_that_he_has_handled_what_was_never_sent_does_not_come_back()
    {
        _scheduler.Lose(_client);

        Assert.Contains("can't have handled", _scheduler.Resume(_client.Id, s_token, handled: 1), StringComparison.Ordinal);
    }
}
