using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.TestKit.Home;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.TestKit;

/// <summary>
/// A cluster within the process whose machines check themselves after every step, and a client of it. When it is
/// disposed it makes sure that nothing is left: no loop, no thread of a worker, no timer, no connection, no listener, no process, no spilled value.
/// </summary>
/// <remarks><c>await using var cluster = await ClusterFixture.StartAsync(workers: 2);</c></remarks>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private readonly List<Client> _clients = [];

    private readonly NannyWatch _nannies = new();

    private readonly WatchedTimeProvider _time;

    /// <summary>Where workers of this process spill to.</summary>
    private readonly string _spill = Path.Combine(Path.GetTempPath(), $"engine-test-{Path.GetRandomFileName()}");

    private readonly int _threads;

    private readonly bool _hasProcesses;

    private WatchedTransport? _transport;

    private ClusterFixture(LocalClusterOptions options)
    {
        (_threads, _hasProcesses, _time) = (options.ThreadsPerWorker, options.Processes, new WatchedTimeProvider(options.TimeProvider));
        options.WrapTransport = transport => _transport = new WatchedTransport(transport);
        if (options.Nannies)
        {
            options.Nanny.Plugins["watch"] = _nannies.CreatePlugin;
        }

        if (!options.Processes)
        {
            // Objects of ours can't go to other processes.
            options.TimeProvider = _time;
            var configure = options.ConfigureWorker;
            options.ConfigureWorker = (place, worker) =>
            {
                configure?.Invoke(place, worker);
                worker.SpillStore ??= _ => new FileSpillStore(_spill);
            };
        }
    }

    public LocalCluster Cluster { get; private set; } = null!; // Set before anybody has the fixture.

    /// <summary>The first client.</summary>
    public Client Client => _clients[0];

    /// <summary>Called when all is closed, before the threads of workers have to have ended: lets functions go that ignore their token.</summary>
    public Action? WhenClosed { get; set; }

    /// <summary>The clock of the cluster's components, around the one that the options name.</summary>
    public WatchedTimeProvider Time => _time;

    /// <summary>Starts a cluster with names "0", "1" and so on for its workers, and connects a client.</summary>
    /// <param name="workers">How many workers; null: as it happens; there are slots for two times the threads.</param>
    /// <param name="threads">Tasks that each runs at the same time.</param>
    /// <param name="configure">Changes the cluster's options before it starts.</param>
    /// <param name="client">The client's options.</param>
    public static async Task<ClusterFixture> StartAsync(
        int? workers = null, int threads = 1, Action<LocalClusterOptions>? configure = null, ClientOptions? client = null)
    {
        var options = workers is null && ClusterKind.HasProcesses
            ? new LocalClusterOptions { Workers = 1, ThreadsPerWorker = threads * 2 } // A process costs much.
            : new LocalClusterOptions { Workers = workers ?? 2, ThreadsPerWorker = threads };
        options.Scheduler.Validate = true;
        options.Nannies = false; // What a test doesn't ask for doesn't set timers.
        options.Scheduler.HeartbeatInterval = Timeout.InfiniteTimeSpan;
        ClusterKind.Configure(options, configure);
        var fixture = new ClusterFixture(options);
        fixture.Cluster = await LocalCluster.StartAsync(options).Within("start of the cluster");
        if (ClusterKind.HasProcesses)
        {
            HomeServer.Cluster = fixture.Cluster;
        }

        await fixture.ConnectAsync(client);
        return fixture;
    }

    /// <summary>Connects another client; closed with the fixture.</summary>
    public async Task<Client> ConnectAsync(ClientOptions? options = null)
    {
        var client = await Cluster.ConnectAsync(options).Within("connection of a client");
        _clients.Add(client);
        return client;
    }

    /// <summary>Registers a plugin of the scheduler: through the client, or where that is in another process so to say, at the scheduler.</summary>
    public async Task RegisterPluginAsync(SchedulerPlugin plugin)
    {
        if (!ClusterKind.IsOverSockets)
        {
            await Client.RegisterPluginAsync(plugin);
        }
        else if (await Cluster.Scheduler.AddPluginAsync(plugin) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Closes a worker, as one that is no longer needed; it has ended when the task ends.</summary>
    public Task CloseWorkerAsync(string name)
    {
        const string detail = "a test";
        return (ClusterKind.HasProcesses
            ? (Task)Cluster.Nannies.Single(nanny => nanny.Name == name).CloseAsync(CloseReason.UserRequest, detail)
            : Cluster.Workers.Single(worker => worker.Name == name).CloseAsync(CloseReason.UserRequest, detail)).Within("end of a worker");
    }

    /// <summary>Waits until the nanny of each worker has heard that it runs; each has one.</summary>
    public async Task NanniesKnowTheirWorkersAsync()
    {
        foreach (var worker in await Client.GetWorkersAsync())
        {
            await _nannies.WhenHeardOf(worker.Id);
        }
    }

    /// <summary>Ends a worker as a crash does.</summary>
    public async Task CrashWorkerAsync(string name, string detail)
    {
        if (ClusterKind.HasProcesses)
        {
            var asked = Client.Submit(static (string _) => Environment.ProcessId, name, new SubmitOptions { Workers = [name] }); // Of its successor, if it has just ended.
            var process = await asked.AsTask().Within("the number of the process");
            await NanniesKnowTheirWorkersAsync(); // Or it might not have come up, for its nanny, which doesn't try that again.
            ProcessCluster.Kill(process);
        }
        else
        {
            Cluster.Workers.Last(worker => worker.Name == name).Kill(CloseReason.Crashed, detail);
        }
    }

    /// <summary>From now on listens to a topic; the task of the answer ends with the first event whose text contains what is given.</summary>
    public async Task<Task> ListenAsync(string topic, string text)
    {
        var subscription = await Client.SubscribeAsync(topic).Within("subscription");
        return HearAsync().Within($"an event of the topic {topic} that says: {text}");

        async Task HearAsync()
        {
            await foreach (var logged in subscription)
            {
                if (logged.Content?.ToString()?.Contains(text, StringComparison.Ordinal) == true)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Waits until the scheduler has dealt with all that clients gave up, those of the workers' tasks too, and makes sure that it knows no task any more.</summary>
    public async Task NothingIsKnownAsync()
    {
        var clients = new List<Client>(_clients);
        foreach (var worker in Cluster.Workers)
        {
            if (worker.Nested is { } nested)
            {
                clients.Add(await nested.Within("connection of a worker's client"));
            }
        }

        if (ClusterKind.HasProcesses)
        {
            clients.AddRange(HomeServer.Clients);
        }

        foreach (var client in clients.Where(static client => !client.Completion.IsCompleted))
        {
            await client.AskAsync<object>(new WorkersRequest(), CancellationToken.None).Within("an answer, after all that the client gave up");
        }

        Assert.Equal(0, Cluster.Scheduler.TaskCount);
    }

    /// <summary>
    /// Waits until every thread of every worker has been past what the clients gave up: a function of that which has not
    /// started by then never will. All threads have to meet, so none can be about to start one that it took before.
    /// </summary>
    public async Task NothingGivenUpStartsAsync()
    {
        foreach (var client in _clients)
        {
            await client.AskAsync<object>(new WorkersRequest(), CancellationToken.None).Within("an answer, after all that the client gave up");
        }

        var workers = await Client.GetWorkersAsync().Within("the workers");
        using var meeting = new Barrier(workers.Count * _threads);
        var arrivals = workers.SelectMany(worker => Enumerable.Range(0, _threads).Select(_ => Client.Submit(
            () => meeting.SignalAndWait(TimeSpan.FromSeconds(30)), new SubmitOptions { Workers = [worker.Name] }))).ToList();
        Assert.All(await Client.GatherAsync(arrivals).Within("a meeting of all threads"), Assert.True);
        Client.Release(arrivals);
    }

    public async ValueTask DisposeAsync()
    {
        if (ClusterKind.HasProcesses)
        {
            _clients.AddRange(await HomeServer.TakeClientsAsync().Within("connection of clients of functions"));
        }

        foreach (var client in _clients)
        {
            await client.DisposeAsync().AsTask().Within($"end of {client.Id}");
        }

        await Cluster.DisposeAsync().AsTask().Within("end of the cluster");
        WhenClosed?.Invoke();
        await NothingIsLeft();
    }

    private async Task NothingIsLeft()
    {
        foreach (var client in _clients)
        {
            await client.Completion.Within($"end of the loop of {client.Id}");
        }

        await Cluster.Scheduler.Completion.Within("end of the scheduler's loop");
        await Cluster.Component!.Completion.Within("end of the cluster's loop");
        foreach (var nanny in Cluster.Nannies)
        {
            await nanny.Completion.Within($"end of the loop of nanny {nanny.Name}");
        }

        foreach (var worker in Cluster.Workers)
        {
            await worker.Completion.Within($"end of the loop of worker {worker.Self}");
            await worker.LanesEnded.Within($"end of the {worker.LiveLaneCount} threads of worker {worker.Self}");
        }

        if (_hasProcesses)
        {
            Assert.Empty(ProcessCluster.Alive());
        }

        Assert.Empty(Directory.Exists(_spill) ? Directory.GetFileSystemEntries(_spill) : []);
        if (Directory.Exists(_spill))
        {
            Directory.Delete(_spill);
        }

        await _transport!.WhenNothingIsOpen().Within($"end of the last of {_transport}");
        await _transport.DisposeAsync();

        // A function that runs on without a thread of the worker, because it is asynchronous, ends a moment later.
        await _time.WhenNoneLives().Within($"end of the last of {_time.LiveTimerCount} timers");
    }
}
