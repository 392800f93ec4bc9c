using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit.Shells;
using Engine.Workers;

namespace Engine.Tests.TestKit.Stories;

/// <summary>
/// A cluster of real shells on one thread, in virtual time, that writes down what happens: messages, transitions of tasks, what plugins are
/// told, and which components end. What comes first is run first, so a story changes only if behaviour does.
/// </summary>
internal sealed class StoryWorld
{
    private readonly ShellWorld _shells = new(seed: null, isHasty: false);
    private readonly List<string> _lines = [];
    private readonly List<Future> _futures = [];
    private readonly StoryTransport _transport;
    private TimeSpan? _toldAt; // Null: nothing is told.

    private StoryWorld() => _transport = new StoryTransport((from, to, message) =>
    {
        if (message is not (Heartbeat or HeartbeatOk or WorkerStalled or LogEventMessage or TopicEventMessage))
        {
            Tell($"{from} -> {to}: {StoryText.Of(message)}");
        }
    });

    public LocalCluster Cluster { get; private set; } = null!; // Set before a scenario has it.

    public Client Client { get; private set; } = null!; // As above.

    public VirtualClock Clock => _shells.Clock;

    /// <summary>Plays a scenario and gives its story.</summary>
    /// <param name="scenario">What happens, once cluster and client are there. The story ends with it.</param>
    /// <param name="workers">How many there are, named "0", "1" and so on; each has a nanny.</param>
    /// <param name="configure">Changes the cluster's options.</param>
    public static string Tell(Func<StoryWorld, Task> scenario, int workers = 2, Action<LocalClusterOptions, StoryWorld>? configure = null)
    {
        var world = new StoryWorld();
        world._shells.Run(() => world.PlayAsync(scenario, workers, configure));
        return string.Join('\n', world._lines);
    }

    /// <summary>A line of the test's own: what it does.</summary>
    public void Say(string what) => Tell($"* {what}");

    /// <summary>Lets time pass.</summary>
    public Task PassAsync(double seconds) => Clock.PassAsync(TimeSpan.FromSeconds(seconds));

    /// <summary>The newest worker of a name.</summary>
    public Worker Worker(string name) => Cluster.Workers.Last(worker => worker.Name == name);

    /// <summary>A value that a worker has computed.</summary>
    public async Task<Future<int>> ComputeAsync(int value, string worker)
    {
        var future = Keep(Client.Submit(static (int x) => x, value, On(worker)));
        await future;
        return future;
    }

    /// <summary>Holds a future until the story ends: one that is collected before that is released by another thread.</summary>
    public Future<T> Keep<T>(Future<T> future)
    {
        _futures.Add(future);
        return future;
    }

    /// <summary>A value without a recipe that a worker holds.</summary>
    public async Task<Future<int>> ScatterAsync(int value, string worker) => Keep(await Client.ScatterAsync(value, new ScatterOptions { Workers = [worker] }));

    /// <summary>A task that takes time, on a worker if it is there.</summary>
    public Future<int> Run(double seconds, string worker) => Keep(Client.Submit(
        async (TaskContext context) =>
        {
            await Clock.PassAsync(TimeSpan.FromSeconds(seconds), context.Token);
            return context.Attempt;
        },
        On(worker)));

    /// <summary>Holds messages of a kind back until the action is called.</summary>
    public Action Hold<TMessage>(string from, string to)
        where TMessage : Message => _transport.Hold((sender, receiver, message) => message is TMessage && sender == from && receiver == to);

    /// <inheritdoc cref="StoryTransport.Cut"/>
    public void Cut() => _transport.Cut();

    /// <summary>Retires a worker, and ends when that has ended.</summary>
    public Task<RetirementReport> RetireAsync(string worker, RetirementOptions? options = null)
    {
        Say($"the client retires worker {worker}");
        return Client.RetireWorkersAsync(WorkerSelector.ByName(worker), options);
    }

    private static SubmitOptions On(string worker) => new() { Workers = [worker], AllowOtherWorkers = true };

    private async Task PlayAsync(Func<StoryWorld, Task> scenario, int workers, Action<LocalClusterOptions, StoryWorld>? configure)
    {
        var options = new LocalClusterOptions
        {
            Workers = workers,
            TimeProvider = _shells.Clock,
            TaskScheduler = _shells.Tasks,
            FunctionScheduler = _shells.Tasks,
            CreateTransport = () => _transport,
        };
        options.Scheduler.Validate = true;
        options.Scheduler.HeartbeatInterval = Timeout.InfiniteTimeSpan;
        options.Scheduler.ActiveMemoryManager = false;
        options.Scheduler.Plugins.Add(new StoryPlugin(this));
        configure?.Invoke(options, this);
        Cluster = await LocalCluster.StartAsync(options);
        Client = await Cluster.ConnectAsync(new ClientOptions { Name = "client" });
        _toldAt = Clock.GetElapsedTime(0);
        await scenario(this);
        _toldAt = null;
        GC.KeepAlive(_futures);
        await Client.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    private void Tell(string line)
    {
        if (_toldAt is not { } before)
        {
            return;
        }

        var now = Clock.GetElapsedTime(0);
        if (now > before)
        {
            _lines.Add($"+ {(now - before).TotalSeconds:0.###} s");
            _toldAt = now;
        }

        _lines.Add(line);
    }

    /// <summary>Tells what the scheduler's plugins are told.</summary>
    private sealed class StoryPlugin(StoryWorld world) : SchedulerPlugin
    {
        public override void Transition(in TaskTransition transition) => world.Tell(
            $"  {transition.Key}{(transition.Count > 1 ? $" and {transition.Count - 1} more" : string.Empty)}: {transition.Start} to {transition.Finish}"
            + (transition.Worker.Number > 0 ? $", {transition.Worker}" : string.Empty));

        public override void AddWorker(WorkerAdded added) => world.Tell($"  plugins: AddWorker({added.Worker.Id}, {added.Worker.Name})");

        public override void RemoveWorker(WorkerRemoved removed) => world.Tell($"  plugins: {StoryText.Of(removed)}");

        public override void WorkerStatusChanged(WorkerStatusChanged changed) =>
            world.Tell($"  plugins: WorkerStatusChanged({changed.Worker.Id}, {changed.Before} to {changed.Worker.Status})");

        public override void Restart() => world.Tell("  plugins: Restart");
    }
}
