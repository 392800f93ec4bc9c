using System.Collections.Concurrent;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.TestKit;

namespace Engine.Tests.Scenarios;

/// <summary>Plugins on a running cluster.</summary>
public class PluginScenarios
{
    [Fact]
    public async Task Each_incarnation_gives_one_add_and_one_remove_to_each_plugin_in_order_and_synchronous_hooks_come_first()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: static options => options.Nannies = true);
        var calls = new ConcurrentQueue<string>();
        await cluster.RegisterPluginAsync(new Recorder("first", calls)).Within("registration");
        await cluster.RegisterPluginAsync(new Recorder("second", calls)).Within("registration");
        var ids = await IdsAsync(cluster);

        await cluster.Client.RestartWorkersAsync(WorkerSelector.ByName("0")).Within("restart");
        await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("1")).Within("retirement");
        await cluster.Client.UnregisterSchedulerPluginAsync("first").Within("removal");
        await cluster.Client.UnregisterSchedulerPluginAsync("second").Within("removal");
        await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("retirement");

        foreach (var name in new[] { "first", "second" })
        {
            Assert.Equal(
                [$"{name} remove {ids["0"]} Restart", $"{name} add worker-3", $"{name} remove {ids["1"]} Retired"],
                calls.Where(call => call.StartsWith(name, StringComparison.Ordinal) && !call.Contains("async", StringComparison.Ordinal)));
        }

        Assert.Equal(["first", "second", "first", "second", "first", "second"], calls.Where(static call => !call.Contains("async", StringComparison.Ordinal)).Select(static call => call.Split(' ')[0]));
    }

    [Fact]
    public async Task A_hook_that_throws_or_hangs_stops_neither_the_next_plugin_nor_the_cluster_and_is_logged()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var calls = new ConcurrentQueue<string>();
        var thrown = await cluster.ListenAsync("plugins", "Bad.RemoveWorker threw");
        var late = await cluster.ListenAsync("plugins", "took longer than its time limit");
        await cluster.RegisterPluginAsync(new Bad()).Within("registration");
        await cluster.RegisterPluginAsync(new Recorder("good", calls)).Within("registration");
        var ids = await IdsAsync(cluster);

        Assert.True((await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("retirement")).AllRetired);

        await thrown;
        await late;
        Assert.Contains($"good remove {ids["0"]} Retired", calls);
        Assert.Equal(1, await cluster.Client.Submit(static () => 1).AsTask().Within("new work"));
    }

    [Fact]
    public async Task A_plugin_can_call_back_into_a_client_and_retire_workers_from_a_hook()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var plugin = new Retirer();
        await cluster.RegisterPluginAsync(plugin).Within("registration");

        await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the first retirement");

        Assert.True((await plugin.Second.Task.Within("the second retirement, asked for by a hook")).AllRetired);
        Assert.Single(await cluster.Client.GetWorkersAsync());
    }

    [Fact]
    public async Task A_plugin_vetoes_and_holds_workers_back_from_shrinking()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        await cluster.RegisterPluginAsync(new Keeper("1")).Within("registration");

        var vetoed = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("1")).Within("the veto");
        var chosen = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByCount(3)).Within("the shrink");

        Assert.Equal((RefusalReason.Vetoed, "it is kept"), (vetoed.Rows[0].Refusal, vetoed.Rows[0].Detail));
        Assert.Equal(["0", "2"], chosen.Rows.Select(static row => row.Name).Order());
        Assert.Equal("1", Assert.Single(await cluster.Client.GetWorkersAsync()).Name);
    }

    [Fact]
    public async Task Work_that_a_plugin_adds_holds_a_retirement_up()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await cluster.RegisterPluginAsync(new Worker(work.Task)).Within("registration");
        var leaving = await cluster.ListenAsync("workers", "is ClosingGracefully");

        var retirement = cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0"));
        await leaving;
        await cluster.Client.Submit(static () => 1).AsTask().Within("other work");
        Assert.False(retirement.IsCompleted);
        work.SetException(new InvalidOperationException("it failed, but it has ended"));

        Assert.True((await retirement.Within("the retirement")).AllRetired);
    }

    [Fact]
    public async Task A_plugin_that_does_not_start_is_not_registered_and_its_error_surfaces()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var error = await Assert.ThrowsAsync<PluginException>(() => cluster.RegisterPluginAsync(new Unstartable()).Within("refusal"));

        Assert.IsType<InvalidOperationException>(error.InnerException);
        await Assert.ThrowsAsync<PluginException>(() => cluster.Client.UnregisterSchedulerPluginAsync("Unstartable").Within("refusal"));
        await Assert.ThrowsAsync<PluginException>(() => LocalCluster.StartAsync(With(new Unstartable())).Within("refusal"));

        static LocalClusterOptions With(SchedulerPlugin plugin)
        {
            var options = new LocalClusterOptions { Workers = 1 };
            options.Scheduler.Plugins.Add(plugin);
            return options;
        }
    }

    [Fact]
    public async Task A_second_plugin_of_a_name_replaces_the_first_which_is_closed_unless_it_is_idempotent()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var (first, second, third) = (new Closable(false), new Closable(false), new Closable(true));

        await cluster.RegisterPluginAsync(first).Within("registration");
        await cluster.RegisterPluginAsync(second).Within("registration");
        await cluster.RegisterPluginAsync(third).Within("registration");

        await first.Closed.Task.Within("the first is closed");
        Assert.False(second.Closed.Task.IsCompleted);
        Assert.Equal((1, 1, 0), (first.Starts, second.Starts, third.Starts));
    }

    [Fact]
    public async Task Hooks_of_the_scheduler_s_life_come_in_order_and_errors_at_the_end_don_t_stop_it()
    {
        var calls = new ConcurrentQueue<string>();
        var options = new LocalClusterOptions { Workers = 1 };
        options.Scheduler.Plugins.Add(new Recorder("life", calls));
        var cluster = await LocalCluster.StartAsync(options).Within("start");

        await cluster.DisposeAsync().AsTask().Within("end");

        Assert.Equal(
            ["life start", "life add worker-1", "life before close", "life remove worker-1 SchedulerClosed", "life close"],
            calls.Where(static call => !call.Contains("async", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Transitions_graphs_clients_and_events_are_told()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var plugin = new Watcher();
        await cluster.RegisterPluginAsync(plugin).Within("registration");
        var future = cluster.Client.Submit(static () => 5);
        await future.AsTask().Within("the value");
        await cluster.Client.LogEventAsync("mine", "an event");
        var other = await cluster.ConnectAsync();
        await other.DisposeAsync();
        await cluster.Client.UnregisterSchedulerPluginAsync("Watcher").Within("removal");

        Assert.Equal(["Forgotten Waiting", "Waiting Queued", "Queued Processing", "Processing Memory"], plugin.Transitions[future.Key]);
        Assert.Contains(plugin.Graphs, graph => graph.First == future.Key && graph.Count == 1);
        Assert.Contains(("mine", "an event"), plugin.Events);
        Assert.Contains(other.Id, plugin.Joined);
        Assert.Contains(other.Id, plugin.Left);
    }

    [Fact]
    public async Task Worker_plugins_are_set_up_on_present_and_future_workers_and_torn_down_in_the_end()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await cluster.Client.RegisterWorkerPluginAsync("recorder", static () => new WorkerRecorder()).Within("registration");
        await cluster.Cluster.ScaleAsync(2).Within("one more");
        await cluster.Client.UnregisterWorkerPluginAsync("recorder").Within("removal");

        Assert.Equal(["setup 0", "setup 1", "teardown 0", "teardown 1"], (await CallsAsync(cluster)).Order());
        await Assert.ThrowsAsync<PluginException>(() => cluster.Client.UnregisterWorkerPluginAsync("recorder").Within("refusal"));
    }

    [Fact]
    public async Task A_worker_plugin_sees_its_tasks_and_is_called_around_functions()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await cluster.Client.RegisterWorkerPluginAsync("around", static () => new Around()).Within("registration");

        Assert.True(await cluster.Client.Submit(static () => Around.IsCalled).AsTask().Within("the value"));
        await cluster.Client.UnregisterWorkerPluginAsync("around").Within("removal");

        var calls = await CallsAsync(cluster);
        Assert.Equal(["before", "after"], calls.Where(static call => !call.Contains("->", StringComparison.Ordinal)));
        Assert.Equal(["Released->Waiting", "Waiting->Ready", "Ready->Executing", "Executing->Memory"], calls.Where(static call => call.Contains("->", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_worker_plugin_whose_setup_throws_fails_the_registration_for_those_that_are_there_and_is_logged_for_those_that_come()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var error = await Assert.ThrowsAsync<PluginException>(
            () => cluster.Client.RegisterWorkerPluginAsync("broken", static () => new BrokenOn("1")).Within("refusal"));
        Assert.Contains("1 of 2", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PluginException>(() => cluster.Client.UnregisterWorkerPluginAsync("broken").Within("it was not registered"));

        await cluster.Client.RegisterWorkerPluginAsync("late", static () => new BrokenOn("2")).Within("registration");
        var logged = await cluster.ListenAsync("plugins", "\"late\" could not be set up");
        await cluster.Cluster.ScaleAsync(3).Within("one more");

        await logged;
        Assert.Equal(3, (await cluster.Client.GetWorkersAsync()).Count);
    }

    [Fact]
    public virtual Task A_function_that_is_not_found_where_workers_are_fails_the_registration() => RefusedAsync(RemotePluginKind.Worker);

    [Fact]
    public Task A_function_that_is_not_found_where_nannies_are_fails_the_registration() => RefusedAsync(RemotePluginKind.Nanny);

    [Fact]
    public async Task A_nanny_plugin_changes_the_environment_of_workers_that_are_started_and_restarts_those_that_run()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, configure: static options => options.Nannies = true);
        var calls = new ConcurrentQueue<string>();
        var joined = await cluster.ListenAsync("workers", "joined");

        await cluster.Client.RegisterNannyPluginAsync("environment", () => new EnvironmentPlugin(calls)).Within("registration");
        await joined;

        Assert.Equal("blue", await cluster.Client.Submit(static (TaskContext context) => context.Environment["COLOUR"]).AsTask().Within("the value"));
        await cluster.Client.UnregisterNannyPluginAsync("environment").Within("removal");
        Assert.Contains("exit Restart Restart", calls);
    }

    private static async Task RefusedAsync(RemotePluginKind kind)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, configure: static options => options.Nannies = true);
        var error = await Assert.ThrowsAsync<PluginException>(
            () => cluster.Client.AskAsync<object?>(new RegisterRemotePlugin(kind, "lost", "Some.Where", isIdempotent: false), default).Within("refusal"));
        Assert.Contains("Some.Where", error.Message, StringComparison.Ordinal);
        Assert.Single(await cluster.Client.GetWorkersAsync());
    }

    /// <summary>What plugins of workers have noted.</summary>
    private static async Task<List<string>> CallsAsync(ClusterFixture cluster) =>
        [.. (await cluster.Client.AskAsync<IReadOnlyList<TopicEvent>>(new EventsRequest("calls"), default).Within("the calls")).Select(static call => $"{call.Content}")];

    private static async Task<Dictionary<string, WorkerId>> IdsAsync(ClusterFixture cluster) =>
        (await cluster.Client.GetWorkersAsync()).ToDictionary(static worker => worker.Name, static worker => worker.Id);

    private sealed class Recorder(string name, ConcurrentQueue<string> calls) : SchedulerPlugin
    {
        public override string Name => name;

        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken) => new(NoteAsync("start"));

        public override ValueTask BeforeCloseAsync(CancellationToken cancellationToken)
        {
            _ = NoteAsync("before close");
            throw new InvalidOperationException("a test");
        }

        public override ValueTask CloseAsync(CancellationToken cancellationToken)
        {
            if (name == "life")
            {
                _ = NoteAsync("close");
            }

            throw new InvalidOperationException("a test");
        }

        public override void AddWorker(WorkerAdded added) => _ = NoteAsync($"add {added.Worker.Id}");

        public override ValueTask AddWorkerAsync(WorkerAdded added, CancellationToken cancellationToken) => new(NoteAsync($"add async {added.Worker.Id}"));

        public override void RemoveWorker(WorkerRemoved removed) => _ = NoteAsync($"remove {removed.Worker.Id} {removed.Reason}");

        public override ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken) => new(NoteAsync($"remove async {removed.Worker.Id}"));

        private Task NoteAsync(string call)
        {
            if (call != "start" || name == "life")
            {
                calls.Enqueue($"{name} {call}");
            }

            return Task.CompletedTask;
        }
    }

    private sealed class Bad : SchedulerPlugin
    {
        public override TimeSpan HookTimeLimit => TimeSpan.FromMilliseconds(20);

        public override void RemoveWorker(WorkerRemoved removed) => throw new InvalidOperationException("a test");

        public override async ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken) =>
            await new TaskCompletionSource().Task; // Ignores its token, and never ends.
    }

    private sealed class Retirer : SchedulerPlugin
    {
        private ISchedulerContext? _scheduler;

        public TaskCompletionSource<RetirementReport> Second { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken)
        {
            _scheduler = scheduler;
            return default;
        }

        public override async ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken)
        {
            if (!Second.Task.IsCompleted)
            {
                Second.TrySetResult(await _scheduler!.RetireWorkersAsync(WorkerSelector.ByName("1"), cancellationToken: cancellationToken));
            }
        }
    }

    private sealed class Keeper(string name) : SchedulerPlugin
    {
        public override void WorkerRetiring(WorkerRetiring retiring)
        {
            if (retiring.Worker.Name == name)
            {
                retiring.Veto("it is kept");
            }
        }

        public override IReadOnlyList<WorkerInfo> ValidWorkersForDownscaling(IReadOnlyList<WorkerInfo> workers) => [.. workers.Where(worker => worker.Name != name)];
    }

    private sealed class Worker(Task work) : SchedulerPlugin
    {
        public override void WorkerRetiring(WorkerRetiring retiring) => retiring.WaitFor(work);
    }

    private sealed class Unstartable : SchedulerPlugin
    {
        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken) => throw new InvalidOperationException("a test");
    }

    private sealed class Closable(bool isIdempotent) : SchedulerPlugin
    {
        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Starts { get; private set; }

        public override bool IsIdempotent => isIdempotent;

        public override ValueTask StartAsync(ISchedulerContext scheduler, CancellationToken cancellationToken)
        {
            Starts++;
            return default;
        }

        public override ValueTask CloseAsync(CancellationToken cancellationToken)
        {
            Closed.TrySetResult();
            return default;
        }
    }

    private sealed class Watcher : SchedulerPlugin
    {
        public ConcurrentDictionary<TaskKey, List<string>> Transitions { get; } = [];

        public ConcurrentQueue<GraphUpdate> Graphs { get; } = [];

        public ConcurrentQueue<(string, object?)> Events { get; } = [];

        public ConcurrentQueue<ClientId> Joined { get; } = [];

        public ConcurrentQueue<ClientId> Left { get; } = [];

        public override void Transition(in TaskTransition transition) =>
            Transitions.GetOrAdd(transition.Key, static _ => []).Add($"{transition.Start} {transition.Finish}");

        public override void UpdateGraph(GraphUpdate update) => Graphs.Enqueue(update);

        public override void LogEvent(string topic, object? content) => Events.Enqueue((topic, content));

        public override void AddClient(ClientId client) => Joined.Enqueue(client);

        public override void RemoveClient(ClientId client) => Left.Enqueue(client);
    }

    private sealed class WorkerRecorder : WorkerPlugin
    {
        private IWorkerContext? _worker;

        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken)
        {
            _worker = worker;
            return Note("setup");
        }

        public override ValueTask TeardownAsync(CancellationToken cancellationToken) => Note("teardown");

        private ValueTask Note(string call)
        {
            _worker!.LogEvent("calls", $"{call} {_worker.Name}");
            return default;
        }
    }

    private sealed class Around : WorkerPlugin
    {
        private IWorkerContext? _worker;

        /// <summary>In a function: whether the thread is between the two calls around it.</summary>
        [field: ThreadStatic]
        public static bool IsCalled { get; private set; }

        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken)
        {
            _worker = worker;
            return default;
        }

        public override void Transition(in TaskTransition transition) => _worker!.LogEvent("calls", $"{transition.Start}->{transition.Finish}");

        public override void BeforeExecute(TaskKey key)
        {
            IsCalled = true;
            _worker!.LogEvent("calls", "before");
        }

        public override void AfterExecute(TaskKey key)
        {
            IsCalled = false;
            _worker!.LogEvent("calls", "after");
        }
    }

    private sealed class BrokenOn(string name) : WorkerPlugin
    {
        public override ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken) =>
            worker.Name == name ? throw new InvalidOperationException("a test") : default;
    }

    private sealed class EnvironmentPlugin(ConcurrentQueue<string> calls) : NannyPlugin
    {
        public override bool RestartsWorker => true;

        public override ValueTask BeforeStartAsync(WorkerStart start, CancellationToken cancellationToken)
        {
            start.Environment["COLOUR"] = "blue";
            return default;
        }

        public override ValueTask AfterExitAsync(WorkerExit exit, CancellationToken cancellationToken)
        {
            calls.Enqueue($"exit {exit.Reason} {exit.Action}");
            return default;
        }
    }
}
