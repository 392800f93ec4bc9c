using Engine.Plugins;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Plugins;

public sealed class PluginHarnessTests
{
    [Fact]
    public async Task Hooks_are_called_in_the_order_of_registration_and_asynchronous_ones_afterwards_in_order()
    {
        var calls = new List<string>();
        await using var harness = new PluginHarness();
        await harness.RegisterAsync(new Recorder("a", calls));
        await harness.RegisterAsync(new Recorder("b", calls));

        var worker = harness.AddWorker("w");
        harness.RemoveWorker(worker);
        Assert.Equal(["a add", "b add", "a remove", "b remove"], calls.ToArray()[..4]);
        await harness.WhenHooksHaveEndedAsync().Within("the hooks");

        lock (calls)
        {
            Assert.Equal(["a removed later"], calls.Where(static call => call == "a removed later"));
        }

        Assert.Empty(harness.Workers);
    }

    [Fact]
    public async Task A_hook_that_throws_or_takes_too_long_is_recorded_and_counted()
    {
        var time = new FakeTimeProvider();
        var harness = new PluginHarness(time);
        var plugin = new Bad();
        await harness.RegisterAsync(plugin);
        harness.AddWorker("w");
        Assert.Contains("Bad.AddWorker threw InvalidOperationException", Assert.Single(harness.Failures), StringComparison.Ordinal);
        await plugin.Entered.Task.Within("the slow hook");

        time.Advance(TimeSpan.FromSeconds(30));
        await harness.WhenHooksHaveEndedAsync().Within("the hook is left to itself");

        Assert.Contains("took longer than its time limit", harness.Failures[1], StringComparison.Ordinal);
        Assert.Contains("failure 2 of this plugin", harness.Failures[1], StringComparison.Ordinal);
        await harness.DisposeAsync();
    }

    [Fact]
    public async Task Closing_cancels_the_hooks_before_it_and_has_its_own_time()
    {
        var harness = new PluginHarness(new FakeTimeProvider());
        var plugin = new Patient();
        await harness.RegisterAsync(plugin);
        harness.AddWorker("w");

        await harness.RegisterAsync(new Patient()); // In its place.

        await plugin.Cancelled.Task.Within("the hook that waits is cancelled");
        Assert.False(await plugin.IsCancelledAtClose.Task.Within("closing"));
        Assert.Contains("AddWorkerAsync", Assert.Single(harness.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_does_not_start_is_refused()
    {
        await using var harness = new PluginHarness();

        var error = await Assert.ThrowsAsync<PluginException>(() => harness.RegisterAsync(new Unstartable()));

        Assert.IsType<InvalidOperationException>(error.InnerException);
    }

    [Fact]
    public async Task What_a_plugin_asks_for_is_recorded_and_its_answers_are_given()
    {
        await using var harness = new PluginHarness();
        var plugin = new Asker();
        await harness.RegisterAsync(plugin);
        var (kept, other) = (harness.AddWorker("kept"), harness.AddWorker("other"));

        await plugin.AskAsync();

        Assert.Equal("it is kept", harness.RetireWorker(kept).VetoReason);
        Assert.Null(harness.RetireWorker(other).VetoReason);
        Assert.Equal([other], harness.ValidWorkersForDownscaling());
        Assert.Single(harness.Retirements);
        Assert.Single(harness.Restarts);
        Assert.Equal([("topic", "content")], harness.Logged);
    }

    [Fact]
    public void A_worker_leaves_once()
    {
        var harness = new PluginHarness();
        var worker = harness.AddWorker("w");
        harness.RemoveWorker(worker, CloseReason.Crashed);

        Assert.Throws<ArgumentException>(() => harness.RemoveWorker(worker));
        Assert.Equal(RetirementOutcome.Refused, PluginHarness.RowOf(worker, RetirementOutcome.Refused).Outcome);
    }

    private sealed class Recorder(string name, List<string> calls) : SchedulerPlugin
    {
        public override string Name => name;

        public override void AddWorker(WorkerAdded added) => Note("add");

        public override void RemoveWorker(WorkerRemoved removed) => Note("remove");

        public override ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken)
        {
            Note("removed later");
            return default;
        }

        private void Note(string call)
        {
            lock (calls)
            {
                calls.Add($"{name} {call}");
            }
        }
    }

    private sealed class Bad : SchedulerPlugin
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void AddWorker(WorkerAdded added) => throw new InvalidOperationException("a test");

        public override async ValueTask AddWorkerAsync(WorkerAdded added, CancellationToken cancellationToken)
        {
            Entered.TrySetResult();
            await new TaskCompletionSource().Task;
        }
    }

    private sealed class Patient : SchedulerPlugin
    {
        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<bool> IsCancelledAtClose { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask AddWorkerAsync(WorkerAdded added, CancellationToken cancellationToken)
        {
            await using var registration = cancellationToken.Register(Cancelled.SetResult);
            await Cancelled.Task;
            cancellationToken.ThrowIfCancellationRequested();
        }

        public override ValueTask CloseAsync(CancellationToken cancellationToken)
        {
            IsCancelledAtClose.SetResult(cancellationToken.IsCancellationRequested);
            return default;
        }
    }

    private sealed class Unstartable : SchedulerPlugin
    {
        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken) => throw new InvalidOperationException("a test");
    }

    private sealed class Asker : SchedulerPlugin
    {
        private ISchedulerContext _scheduler = null!;

        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken)
        {
            _scheduler = scheduler;
            return default;
        }

        public override void WorkerRetiring(WorkerRetiring retiring)
        {
            if (retiring.Worker.Name == "kept")
            {
                retiring.Veto("it is kept");
            }
        }

        public override IReadOnlyList<WorkerInfo> ValidWorkersForDownscaling(IReadOnlyList<WorkerInfo> workers) => [.. workers.Where(static worker => worker.Name != "kept")];

        public async Task AskAsync()
        {
            _scheduler.LogEvent("topic", "content");
            await _scheduler.RetireWorkersAsync(WorkerSelector.ByName("other"));
            await _scheduler.RestartWorkersAsync(WorkerSelector.ByName("other"));
        }
    }
}
