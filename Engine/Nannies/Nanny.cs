using Engine.Nannies.Machine;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Runtime;

namespace Engine.Nannies;

/// <summary>The shell of a nanny: its connection to the scheduler, its worker, and the loop that feeds its machine.</summary>
/// <remarks>dask: <c>Nanny</c>.</remarks>
#pragma warning disable CA1001 // Ending disposes what it has; there is one way to end it.
internal sealed class Nanny : Component, INannySink
#pragma warning restore CA1001
{
    private readonly NannyStateMachine _machine;
    private readonly NannySettings _settings;
    private readonly IWorkerLauncher _launcher;
    private readonly ITransport _transport;
    private readonly string _schedulerAddress;
    private readonly string? _host;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ITimer _deadline;
    private readonly ITimer? _memoryWatch;
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<NannyEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskScheduler _taskScheduler = TaskScheduler.Default;
    private CancellationTokenSource? _starting;
    private ILaunchedWorker? _worker;
    private IConnection? _scheduler;
    private readonly HookRunner<NannyPlugin> _plugins;
    private long _number;

    public Nanny(
        NannyId id, string name, string? host, NannySettings settings, IWorkerLauncher launcher, LocalPlace place)
        : base(place.Meter, "nanny")
    {
        (Id, Name, _host, _settings, _launcher) = (id, name, host, settings, launcher);
        (_transport, _schedulerAddress, _time) = (place.Transport, place.SchedulerAddress, place.Time);
        _started = _time.GetTimestamp();
        _machine = new NannyStateMachine(settings, this);
        _plugins = new HookRunner<NannyPlugin>(
            _time, static plugin => plugin.HookTimeLimit, failure => _scheduler?.TrySend(new LogEventMessage("plugins", $"{Name}: {failure}")));
        _deadline = CreateTimer(DeadlineReached.Instance);
        if (settings.TerminateBytes is not null)
        {
            _memoryWatch = CreateTimer(LookAtMemory.Instance);
            _memoryWatch.Change(MemoryInterval, MemoryInterval);
        }
    }

    /// <summary>How often the worker's memory is looked at. dask: <c>worker.memory.monitor-interval</c>.</summary>
    public static TimeSpan MemoryInterval { get; } = TimeSpan.FromMilliseconds(100);

    public NannyId Id { get; }

    public string Name { get; }

    public Status Status => _machine.Status;

    /// <summary>The incarnation that it looks after; number 0 if there is none.</summary>
    public WorkerId Worker => _worker?.Id ?? default;

    /// <summary>Ends when the nanny has ended, with its worker.</summary>
    public Task<NannyEnd> Ended => _ended.Task;

    /// <summary>Connects, starts the worker, and ends when that runs. What went wrong is thrown once.</summary>
    public async Task StartAsync(TaskScheduler scheduler, CancellationToken cancellationToken, IReadOnlyDictionary<string, Func<NannyPlugin>>? plugins = null)
    {
        _taskScheduler = scheduler;
        _running.Task.Ignore(); // It may fail before somebody waits for it, and then nobody does.
        Start(scheduler); // First, because what has been started can be closed.
        foreach (var (name, create) in plugins ?? new Dictionary<string, Func<NannyPlugin>>())
        {
            if (await AddAsync(name, create) is { } error)
            {
                throw new PluginException($"Nanny {Name} did not start: its plugin \"{name}\" could not be made: {error.Message}", error);
            }
        }

        Inbox.Post(Begin.Instance);
        await _running.Task.WaitHereAsync(cancellationToken);
    }

    /// <summary>Ends the nanny and its worker. Idempotent; a stronger reason overtakes a weaker one.</summary>
    public Task<NannyEnd> CloseAsync(CloseReason reason, string detail)
    {
        Inbox.Post(new CloseRequested(reason, detail));
        return _ended.Task;
    }

    /// <summary>Ends nanny and worker as a machine does that is taken away: nobody is told anything.</summary>
    public void Abort()
    {
        const string detail = "its host was taken away";
        _scheduler?.Close(new Disconnect(DisconnectKind.Aborted, detail));
        _worker?.Kill(CloseReason.Crashed, detail);
        Inbox.Post(new CloseRequested(CloseReason.HostStopping, detail));
    }

    void INannySink.StartWorker(long number)
    {
        _number = number;
        _starting = new CancellationTokenSource();
        _ = LaunchAsync(number, _starting.Token);
    }

    void INannySink.StopWorker(long number, CloseReason reason, string detail)
    {
        _starting?.Cancel();
        _worker?.Stop(reason, detail);
    }

    void INannySink.KillWorker(long number, CloseReason reason, string detail)
    {
        _starting?.Cancel();
        _worker?.Kill(reason, detail);
    }

    void INannySink.SendToScheduler(Message message) => _scheduler?.TrySend(message);

    void INannySink.Connect() => _ = ConnectAsync();

    void INannySink.RetireWorker(WorkerId worker, bool restart) => _ = RetireAsync(worker, restart);

    void INannySink.End(Status status, CloseReason reason, string detail, Exception? error)
    {
        try
        {
            _deadline.Dispose();
            _memoryWatch?.Dispose();
            _starting?.Dispose();
            _scheduler?.Close(new Disconnect(DisconnectKind.Closed, detail));
        }
        finally
        {
            Inbox.Complete(); // Whatever was thrown on the way, it ends (I6).
            _ = _plugins.CallAllAsync("Teardown", static (plugin, token) => plugin.TeardownAsync(token));
            var why = $"Nanny {Name} ended before its worker ran ({reason}): {detail}";
            _running.TrySetException(error ?? (reason == CloseReason.Refused ? new WorkerRefusedException(why) : new StartFailedException(why)));
            _ended.TrySetResult(new NannyEnd(status, reason, detail, error));
        }
    }

    protected override void Handle(in Envelope envelope)
    {
        var now = _time.GetElapsedTime(_started);
        if (envelope.Connection is { } connection && connection != _scheduler)
        {
            return; // Of a connection that was given up.
        }

        if (envelope.End is { } end)
        {
            _scheduler = null;
            _machine.OnConnectionLost(end.Kind == DisconnectKind.Closed, end.Detail, now);
            return;
        }

        switch (envelope.Message)
        {
            case Begin:
                _machine.Start(now);
                break;
            case DeadlineReached:
                _machine.Tick(now);
                break;
            case LookAtMemory when _worker is { } worker:
                _machine.OnMemory(_number, worker.MemoryBytes, now);
                break;
            case Connected connected:
                OnConnected(connected, now);
                break;
            case NannyRegistered:
                _machine.OnRegistered(now);
                break;
            case RegistrationRefused refused:
                _machine.OnRefused(refused.Detail, now);
                break;
            case TellNanny told:
                _machine.OnTold(told, now);
                break;
            case AddPlugin add:
                _ = AddPluginAsync(add);
                break;
            case RemovePlugin remove:
                _ = RemovePluginAsync(remove);
                break;
            case RestartRequested restart:
                _scheduler?.TrySend(new RestartAsked(restart.Worker, restart.Detail));
                break;
            case RetirementEnded retirement:
                _machine.OnRetirementEnded(retirement.Worker, retirement.IsRefused, now);
                break;
            case CloseRequested close:
                _machine.Close(close.Reason, close.Detail, now);
                break;
            default:
                HandleOfWorker(envelope.Message, now);
                break;
        }
    }

    /// <summary>What becomes of its worker.</summary>
    private void HandleOfWorker(object? message, TimeSpan now)
    {
        switch (message)
        {
            case WorkerRuns runs:
                OnWorkerRuns(runs, now);
                break;
            case WorkerReturned returned:
                _machine.OnWorkerReturned(returned.Number, returned.Worker, now);
                break;
            case WorkerStartFailed failed:
                _machine.OnWorkerStartFailed(failed.Number, failed.Reason, failed.Error, now);
                break;
            case WorkerCloses closes:
                _machine.OnWorkerCloses(closes.Number, closes.Reason, closes.Detail, now);
                break;
            case WorkerGone gone:
                OnWorkerGone(gone, now);
                break;
        }
    }

    protected override void EndTurn()
    {
        if (_machine.NextDeadline is { } deadline && !_ended.Task.IsCompleted)
        {
            var left = deadline - _time.GetElapsedTime(_started);
            _deadline.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    protected override void Fail(Exception exception)
    {
        _starting?.Cancel(); // Or what is being started would live until it is ready, and hears only then that nobody wants it.
        _worker?.Kill(CloseReason.NannyClosing, $"its nanny failed: {exception.Message}");
        ((INannySink)this).End(Status.Failed, CloseReason.InternalError, $"nanny {Name} failed: {exception}", exception);
    }

    private void OnConnected(Connected connected, TimeSpan now)
    {
        if (connected.Connection is not { } connection)
        {
            _machine.OnConnectionLost(isOrderly: false, connected.Detail, now);
            return;
        }

        _scheduler = connection;
        connection.TrySend(new RegisterNanny(Id, Name, _host));
    }

    private void OnWorkerRuns(WorkerRuns runs, TimeSpan now)
    {
        if (runs.Number != _number || _machine.Status is Status.Closed or Status.Failed)
        {
            runs.Worker.Kill(CloseReason.NannyClosing, "its nanny has ended");
            return;
        }

        _worker = runs.Worker;
        _machine.OnWorkerStarted(runs.Number, runs.Worker.Id, now);
        if (_machine.Status == Status.Closing)
        {
            _worker.Stop(CloseReason.NannyClosing, "its nanny closes"); // It was asked to while it came up.
        }

        _running.TrySetResult();
        _ = _plugins.CallAllAsync(nameof(NannyPlugin.AfterStartAsync), (plugin, token) => plugin.AfterStartAsync(runs.Worker.Id, token));
    }

    private void OnWorkerGone(WorkerGone gone, TimeSpan now)
    {
        var worker = _machine.Worker;
        if (gone.Number == _number)
        {
            _worker = null;
        }

        _machine.OnWorkerExited(gone.Number, gone.Reason, gone.Detail, now);
        if (_machine.LastExit is { } exit && exit.Worker == worker && worker.Number > 0)
        {
            _ = _plugins.CallAllAsync(nameof(NannyPlugin.AfterExitAsync), (plugin, token) => plugin.AfterExitAsync(exit, token));
        }
    }

    private async Task AddPluginAsync(AddPlugin add)
    {
        var hadWorker = _worker;
        var restarts = false;
        var error = add.Create is not Func<NannyPlugin> create ? PluginFunctions.NotFound(add.Name, add.Create) : await AddAsync(add.Name, () =>
        {
            var plugin = create();
            restarts = plugin.RestartsWorker;
            return plugin;
        });
        _scheduler?.TrySend(new PluginDone(add.Number, error));
        if (error is null && restarts && hadWorker is { } worker)
        {
            Inbox.Post(new RestartRequested(worker.Id, $"the plugin {add.Name} asks for it"));
        }
    }

    private Task<Exception?> AddAsync(string name, Func<NannyPlugin> create) =>
        _plugins.AddAsync(name, create, static (_, _) => default, static (plugin, token) => plugin.TeardownAsync(token));

    private async Task RemovePluginAsync(RemovePlugin remove)
    {
        var error = await _plugins.RemoveAsync(remove.Name, static (plugin, token) => plugin.TeardownAsync(token));
        _scheduler?.TrySend(new PluginDone(remove.Number, error));
    }

    private async Task ConnectAsync()
    {
        Connected connected;
        try
        {
            connected = new Connected(await _transport.ConnectAsync(_schedulerAddress, new ComponentIdentity(ComponentRole.Nanny, Id.Value), Inbox, CancellationToken.None), string.Empty);
        }
#pragma warning disable CA1031 // However connecting failed, the machine is told, and tries again or gives up.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            connected = new Connected(null, exception.Message);
        }

        if (!Inbox.Post(connected))
        {
            connected.Connection?.Close(new Disconnect(DisconnectKind.Closed, $"nanny {Name} has ended"));
        }
    }

    private async Task LaunchAsync(long number, CancellationToken cancellationToken)
    {
        try
        {
            var start = new WorkerStart(Name);
            await _plugins.CallAllAsync(nameof(NannyPlugin.BeforeStartAsync), (plugin, token) => plugin.BeforeStartAsync(start, token));
            var launch = new WorkerLaunch(Id, TellAsync, _settings.Lifetime, start.Environment.AsReadOnly())
            {
                TellReturned = id => Inbox.Post(new WorkerReturned(number, id)),
            };
            var worker = await _launcher.StartAsync(launch, cancellationToken);
            if (!Inbox.Post(new WorkerRuns(number, worker)))
            {
                worker.Kill(CloseReason.NannyClosing, "its nanny has ended");
                return;
            }

            var (reason, detail) = await worker.Exited;
            Inbox.Post(new WorkerGone(number, reason, detail));
        }
#pragma warning disable CA1031 // Whatever kept the worker from starting, the machine is told, and surfaces it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var reason = exception switch
            {
                WorkerRefusedException => CloseReason.Refused,
                OperationCanceledException => CloseReason.NannyClosing,
                _ => CloseReason.StartFailed,
            };
            Inbox.Post(new WorkerStartFailed(number, reason, exception));
        }

        Task TellAsync(CloseReason reason, string detail)
        {
            Inbox.Post(new WorkerCloses(number, reason, detail));
            return Task.CompletedTask;
        }
    }

    /// <summary>A lifetime is over: the worker is retired like any other.</summary>
    private async Task RetireAsync(WorkerId worker, bool restart)
    {
        var isRefused = true;
        try
        {
            var terms = new RetirementTerms(
                null, RunningTasks.WaitFor, OnDeadline.Abort, CloseWorkers: true, restart ? CloseReason.LifetimeRestart : CloseReason.LifetimeOver);
            await using var client = await Client.ConnectAsync(
                _transport, _schedulerAddress, new ClientOptions { Name = $"{Name} nanny" }, CancellationToken.None, _taskScheduler, _time);
            var report = await client.RetireAsync(WorkerSelector.ById(worker), terms, CancellationToken.None);
            isRefused = report.Rows[0].Outcome == RetirementOutcome.Refused;
        }
        catch (Exception exception) when (exception is EngineException or ObjectDisposedException)
        {
            // The worker is gone, or the scheduler is: whichever it is, the nanny hears of it.
        }

        Inbox.Post(new RetirementEnded(worker, isRefused));
    }

    private ITimer CreateTimer(Message due) =>
        _time.CreateTimer(_ => Inbox.Post(due), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}

/// <summary>How a nanny ended.</summary>
internal sealed record NannyEnd(Status Status, CloseReason Reason, string Detail, Exception? Error);
