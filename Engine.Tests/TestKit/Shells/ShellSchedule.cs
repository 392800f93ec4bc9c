using System.Diagnostics.CodeAnalysis;
using Engine.Plugins;

namespace Engine.Tests.TestKit.Shells;

/// <summary>
/// One schedule of real shells: a small cluster, clients that do what the seed says, and an end at any point. Then everybody who waits is
/// released (I6), and no loop, lane, timer or task is left.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "The schedule is to be repeatable, not secret.")]
internal sealed partial class ShellSchedule
{
    private readonly int _seed;
    private readonly Random _random;
    private readonly ShellWorld _world;
    private readonly MembershipWitness _witness;
    private readonly ShellFunctions _functions;
    private readonly List<string> _story = [];
    private readonly List<Client> _clients = [];
    private readonly List<Wish> _wishes = [];
    private readonly List<Future> _held = [];
    private readonly List<Task> _underWay = [];
    private LocalCluster _cluster = null!; // Set first of all.

    public ShellSchedule(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _world = new ShellWorld(seed, isHasty: seed % 2 == 1);
        _witness = new MembershipWitness(Tell);
        _functions = new ShellFunctions(_world.Clock, NestedOf);
    }

    /// <summary>What happened, a line for each event that a user could see.</summary>
    public string Story => string.Join('\n', _story);

    /// <summary>Tasks that were run, and which was chosen each time.</summary>
    public (int Steps, ulong OrderHash, TimeSpan Time) Trace => (_world.Tasks.RunCount, _world.Tasks.OrderHash, _world.Clock.Now);

    /// <exception cref="InvalidOperationException">A rule was broken; the message has the seed and the story.</exception>
    public void Run()
    {
        try
        {
            _world.Run(LiveAsync);
            CheckNothingIsLeft();
        }
#pragma warning disable CA1031 // Whatever broke is told with the seed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new InvalidOperationException($"Seed {_seed} (ENGINE_SHELL_SEED={_seed} runs it alone): {exception.Message}\n{Story}\n{exception}", exception);
        }
    }

    private async Task LiveAsync()
    {
        if (!await TryStartAsync())
        {
            return;
        }

        _clients.Add(await _cluster.ConnectAsync());
        for (var left = _random.Next(4, 16); left > 0; left--)
        {
            Act();
            if (_random.Next(3) == 0)
            {
                await _world.Clock.PassAsync(TimeSpan.FromMilliseconds(_random.Next(400)));
            }
        }

        if (_random.Next(4) > 0)
        {
            await Task.WhenAll(_underWay); // Without any end to release them.
            Tell("all is done");
        }

        await EndAsync();
        await Task.WhenAll(_underWay);
    }

    private async Task<bool> TryStartAsync()
    {
        var options = new LocalClusterOptions
        {
            Workers = _random.Next(2, 4),
            ThreadsPerWorker = _random.Next(1, 3),
            Nannies = _random.Next(4) > 0,
            TimeProvider = _world.Clock,
            TaskScheduler = _world.Tasks,
            FunctionScheduler = _world.Tasks,
        };
        options.Scheduler.Validate = true;
        options.Scheduler.HeartbeatInterval = _random.Next(3) == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(1);
        options.Scheduler.WorkerTimeToLive = TimeSpan.FromSeconds(30);
        options.Scheduler.NoWorkersTimeout = TimeSpan.FromMinutes(10);
        options.Scheduler.Plugins.Add(_witness);
        if (_random.Next(5) == 0)
        {
            (options.Nanny.Lifetime, options.Nanny.LifetimeRestart) = (TimeSpan.FromSeconds(3), true);
        }

        options.ConfigureWorker = (_, worker) => worker.Plugins.Add(nameof(ConnectingPlugin), () => new ConnectingPlugin(_world.Clock));
        try
        {
            _cluster = await LocalCluster.StartAsync(options);
            Tell($"{options.Workers} workers{(options.Nannies ? " with nannies" : string.Empty)} have started");
            return true;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            Tell($"the cluster did not start: {exception.GetType().Name}"); // A hasty timer cut something off.
            return false;
        }
    }

    /// <summary>Clients and cluster close, in any order, or at once.</summary>
    private async Task EndAsync()
    {
        Tell("the end begins");
        var ends = _clients.Select(static client => (Func<Task>)(() => client.DisposeAsync().AsTask())).Append(() => _cluster.DisposeAsync().AsTask()).ToArray();
        _random.Shuffle(ends);
        if (_random.Next(2) == 0)
        {
            await Task.WhenAll(ends.Select(static end => end()));
            return;
        }

        foreach (var end in ends)
        {
            await end();
        }
    }

    private void CheckNothingIsLeft()
    {
        var left = new List<string>(_witness.Violations);
        if (_cluster is not null)
        {
            Require(_cluster.Scheduler.Completion.IsCompleted, "the scheduler's loop");
            Require(_cluster.Component!.Completion.IsCompleted, "the cluster's loop");
            _clients.ForEach(client => Require(client.Completion.IsCompleted, $"the loop of {client.Id}"));
            foreach (var nanny in _cluster.Nannies)
            {
                Require(nanny.Completion.IsCompleted && nanny.Status is Status.Closed or Status.Failed, $"nanny {nanny.Name}, which is {nanny.Status}");
            }

            foreach (var worker in _cluster.Workers)
            {
                Require(worker.Completion.IsCompleted && worker.Status is Status.Closed or Status.Failed, $"worker {worker.Self}, which is {worker.Status}");
                Require(worker.LanesEnded.IsCompleted, $"{worker.LiveLaneCount} lanes of worker {worker.Self}");
            }
        }

        left.AddRange(_witness.Members.Select(static id => $"I4: {id} never left."));
        Require(_world.Clock.LiveTimerCount == 0, $"{_world.Clock.LiveTimerCount} timers");
        if (left.Count > 0)
        {
            throw new InvalidOperationException($"Something is left: {string.Join("; ", left)}");
        }

        GC.KeepAlive((_wishes, _held)); // A future that is collected is given up at a time that no seed decides.

        void Require(bool isSo, string what)
        {
            if (!isSo)
            {
                left.Add(what);
            }
        }
    }

    private Client? NestedOf(TaskContext context) =>
        _cluster.Workers.FirstOrDefault(worker => worker.Self.Id == context.Worker)?.Nested is { IsCompletedSuccessfully: true } nested ? nested.Result : null;

    private void Tell(string text) => _story.Add($"{_world.Clock.Now:c} {text}");

    /// <summary>Connects the worker's own client before a function can ask for it: that would block the one thread. Takes its time to go.</summary>
    private sealed class ConnectingPlugin(VirtualClock clock) : WorkerPlugin
    {
        public override async ValueTask SetupAsync(IWorkerContext worker, CancellationToken cancellationToken) =>
            await ((Engine.Workers.Worker)worker).ConnectNestedAsync();

        public override async ValueTask TeardownAsync(CancellationToken cancellationToken) =>
            await clock.PassAsync(TimeSpan.FromMilliseconds(20), cancellationToken);
    }
}
