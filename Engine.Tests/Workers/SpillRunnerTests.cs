using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using Engine.Workers.Memory;

namespace Engine.Tests.Workers;

public sealed class SpillRunnerTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly Mailbox _inbox = new();
    private readonly WatchedStore _store = new();
    private readonly List<string> _reports = [];
    private readonly SpillRunner _runner;

    public SpillRunnerTests() => _runner = new SpillRunner(() => _store, _inbox, _reports.Add, TaskScheduler.Default);

    public Task InitializeAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task Orders_are_carried_out_in_order_and_each_ends_once()
    {
        _runner.Post(Write(1, "first"));
        _runner.Post(Write(2, "second"));
        _runner.Post(new SpillOrder(SpillAction.Read, 3, WorkerFixture.Key(1)));
        _runner.Post(new SpillOrder(SpillAction.Delete, 0, WorkerFixture.Key(1)));
        _runner.Post(new SpillOrder(SpillAction.Read, 4, WorkerFixture.Key(1)));
        _runner.Post(Write(5, new object()));

        Assert.Equal((1, true), AsWritten(await NextAsync()));
        Assert.Equal((2, true), AsWritten(await NextAsync()));
        Assert.Equal((3, "first"), AsRead(await NextAsync()));
        Assert.Equal((4, null), AsRead(await NextAsync()));
        Assert.Equal((5, false), AsWritten(await NextAsync()));
        Assert.Contains("not kept", Assert.Single(_reports), StringComparison.Ordinal);
        await _runner.CloseAsync(CancellationToken.None).Within("end of the runner");
        Assert.True(_store.IsDisposed);
    }

    [Fact]
    public async Task A_store_that_can_not_be_made_or_breaks_ends_each_order()
    {
        var runner = new SpillRunner(static () => throw new IOException("no room"), _inbox, _reports.Add, TaskScheduler.Default);

        runner.Post(Write(1, "x"));
        runner.Post(new SpillOrder(SpillAction.Read, 2, WorkerFixture.Key(1)));

        Assert.Equal((1, false), AsWritten(await NextAsync()));
        Assert.Equal((2, null), AsRead(await NextAsync()));
        Assert.All(_reports, static report => Assert.Contains("no room", report, StringComparison.Ordinal));
        await runner.CloseAsync(CancellationToken.None).Within("end of the runner");
    }

    [Fact]
    public async Task Without_orders_there_is_no_store()
    {
        await _runner.CloseAsync(CancellationToken.None).Within("end of the runner");

        Assert.False(_store.IsDisposed);
    }

    [Fact]
    public async Task A_store_that_does_not_give_up_is_left_behind_and_removed_when_it_comes_back()
    {
        using var left = new CancellationTokenSource();
        var gate = new Gate();
        _store.Writing = _ => gate.PassAsync(CancellationToken.None);
        _runner.Post(Write(1, "x"));
        await gate.Entered;

        var closed = _runner.CloseAsync(left.Token);
        Assert.False(closed.IsCompleted);
        await left.CancelAsync();
        await closed.Within("end of the runner");
        Assert.False(_store.IsDisposed);

        gate.Open();
        await NextAsync();
        await _runner.Completion.Within("end of the loop");
        Assert.True(_store.IsDisposed);
        Assert.Empty(_reports);
    }

    private static SpillOrder Write(int number, object value) => new(SpillAction.Write, number, WorkerFixture.Key(number), value);

    private static (long, bool) AsWritten(Message message) =>
        message is SpillEnded ended ? (ended.Number, ended.Bytes > 0) : throw new InvalidCastException($"{message}");

    private static (long, object?) AsRead(Message message) =>
        message is UnspillEnded ended ? (ended.Number, ended.Value) : throw new InvalidCastException($"{message}");

    private async Task<Message> NextAsync()
    {
        Envelope envelope;
        while (!_inbox.TryTake(out envelope))
        {
            await _inbox.WaitAsync().AsTask().Within("the end of an order");
        }

        return envelope.Message!;
    }
}
