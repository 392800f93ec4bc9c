using Engine.Diagnostics;
using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

public sealed class ComponentTests
{
    [Fact]
    public async Task Messages_are_handled_in_order_and_a_turn_ends_after_some()
    {
        var component = new TestComponent();
        component.Run(TaskScheduler.Default);
        for (var i = 0; i < 1000; i++)
        {
            component.Inbox.Post(new NumberedMessage(i, Lane.Data));
        }

        component.Inbox.Complete();
        await component.Completion.Within("end of the loop");

        Assert.Equal(Enumerable.Range(0, 1000), component.Numbers);
        Assert.True(component.TurnCount >= 1000 / 64);
    }

    [Fact]
    public async Task A_component_that_throws_fails_once_with_that_and_ends()
    {
        var component = new TestComponent { WhenHandled = static _ => throw new InvalidOperationException("a bug") };
        component.Run(TaskScheduler.Default);

        component.Inbox.Post(new NumberedMessage(1, Lane.Data));
        await component.Completion.Within("end of the loop");

        Assert.Equal("a bug", Assert.IsType<InvalidOperationException>(Assert.Single(component.Failures)).Message);
        Assert.False(component.Inbox.Post(new NumberedMessage(2, Lane.Data)));
    }

    [Fact]
    public async Task A_component_that_throws_ends_the_connections_whose_messages_it_leaves_unread()
    {
        var gate = new Gate();
        var transport = new Engine.Protocol.InProcTransport();
        var component = new TestComponent
        {
            WhenHandled = _ =>
            {
                gate.Pass();
                throw new InvalidOperationException("a bug");
            },
        };
        component.Run(TaskScheduler.Default);
        await using var listener = await transport.ListenAsync("inproc://component", component.Inbox, CancellationToken.None);
        var (first, second) = (new RecordingInbox(), new RecordingInbox());
        var one = await transport.ConnectAsync(listener.Address, first, CancellationToken.None);
        var two = await transport.ConnectAsync(listener.Address, second, CancellationToken.None);
        var sending = Task.Run(() => one.TrySend(new NumberedMessage(1, Lane.Data)));
        await gate.Entered;
        two.TrySend(new NumberedMessage(2, Lane.Data)); // Waits behind the one that will fail.

        gate.Open();

        var end = await second.NextEndAsync();
        Assert.Equal(DisconnectKind.Aborted, end.Kind);
        Assert.Contains("a bug", end.Detail, StringComparison.Ordinal);
        await sending.Within("the sender comes back");
    }

    [Fact]
    public async Task A_poster_is_not_kept_by_a_component_that_never_runs_out_of_messages()
    {
        var isOver = 0;
        var component = new TestComponent();
        component.WhenHandled = number =>
        {
            if (Volatile.Read(ref isOver) == 0)
            {
                component.Inbox.Post(new NumberedMessage(number + 1, Lane.Data));
            }
        };
        component.Run(TaskScheduler.Default);

        await Task.Run(() => component.Inbox.Post(new NumberedMessage(0, Lane.Data))).Within("the poster comes back");

        Volatile.Write(ref isOver, 1);
        component.Inbox.Complete();
        await component.Completion.Within("end of the loop");
    }

    [Fact]
    public async Task A_loop_on_the_pool_does_not_move_into_the_context_of_a_poster()
    {
        var context = new CountingContext();
        var handled = 0;
        var component = new TestComponent();
        component.WhenHandled = _ => handled++;
        component.Run(TaskScheduler.Default);
        component.Inbox.Post(new NumberedMessage(0, Lane.Data));

        await Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(context);
                for (var i = 0; i < 10_000; i++)
                {
                    component.Inbox.Post(new NumberedMessage(i, Lane.Data));
                }

                SynchronizationContext.SetSynchronizationContext(null);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Within("all is posted");
        component.Inbox.Complete();
        await component.Completion.Within("end of the loop");

        Assert.Equal(10_001, handled);
        Assert.Equal(0, context.PostCount);
    }

    [Fact]
    public async Task A_loop_on_a_scheduler_of_its_own_never_leaves_it()
    {
        using var thread = new SeededThread(seed: 1);
        var strayed = 0;
        var component = new TestComponent { WhenHandled = _ => strayed += thread.IsCurrent ? 0 : 1 };
        component.Run(thread.Scheduler);
        for (var i = 0; i < 10_000; i++)
        {
            component.Inbox.Post(new NumberedMessage(i, i % 2 == 0 ? Lane.Data : Lane.Control));
        }

        component.Inbox.Complete();
        await component.Completion.Within("end of the loop");

        Assert.Equal(10_000, component.Numbers.Count);
        Assert.Equal(0, strayed);
    }

    [Fact]
    public async Task A_slow_reader_does_not_hold_a_fast_producer_up_and_its_backlog_shows()
    {
        var gate = new Gate();
        var component = new TestComponent { WhenHandled = number => Pass(gate, number) };
        component.Run(TaskScheduler.Default);
        var first = Task.Run(() => component.Inbox.Post(new NumberedMessage(0, Lane.Data)));
        await gate.Entered;

        for (var i = 1; i <= 5000; i++)
        {
            Assert.True(component.Inbox.Post(new NumberedMessage(i, Lane.Data)));
        }

        Assert.Equal(5000, component.Inbox.Depth);
        Assert.Equal(5000, component.Inbox.HighWater);
        gate.Open();
        component.Inbox.Complete();
        await Task.WhenAll(first, component.Completion).Within("end of the loop");
        Assert.Equal(0, component.Inbox.Depth);
        Assert.Equal(5001, component.Numbers.Count);

        static void Pass(Gate gate, int number)
        {
            if (number == 0)
            {
                gate.Pass();
            }
        }
    }

    private sealed class TestComponent() : Component(EngineMeter.Own, "test")
    {
        public Action<int>? WhenHandled { get; set; }

        public List<int> Numbers { get; } = [];

        public List<Exception> Failures { get; } = [];

        public int TurnCount { get; private set; }

        public void Run(TaskScheduler scheduler) => Start(scheduler);

        protected override void Handle(in Envelope envelope)
        {
            if (envelope.Message is NumberedMessage message)
            {
                Numbers.Add(message.Number);
                WhenHandled?.Invoke(message.Number);
            }
        }

        protected override void EndTurn() => TurnCount++;

        protected override void Fail(Exception exception) => Failures.Add(exception);
    }

    private sealed class CountingContext : SynchronizationContext
    {
        private int _posts;

        public int PostCount => Volatile.Read(ref _posts);

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posts);
            base.Post(d, state);
        }
    }
}
