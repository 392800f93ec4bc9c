using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Runtime;
using Engine.Workers.Execution;
using Engine.Workers.Machine;
using Engine.Workers.Memory;

namespace Engine.Workers;

/// <summary>The shell of a worker: its connections, its executor, and the loop that feeds its machine.</summary>
/// <remarks>dask: <c>Worker</c>. Sending, running and fetching are in Worker.Sink.cs, what functions reach in Worker.Host.cs, its memory in Worker.Memory.cs.</remarks>
internal sealed partial class Worker : Component
{
    private static readonly TimeSpan s_watchMin = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_watchMax = TimeSpan.FromSeconds(1);
    private static readonly Action<Worker, ExecutionResult> s_take = static (worker, result) =>
    {
        worker._resultCount++;
        worker._machine!.OnResult(result);
    };

    private static readonly Action<Worker, ExecutionResult> s_measure = static (worker, result) =>
    {
        worker.Meter.Worker.Ran(result);
        s_take(worker, result);
    };

    private readonly WorkerOptions _options;
    private readonly ITransport _transport;
    private readonly ComponentIdentity _identity = ComponentIdentity.New(ComponentRole.Worker);
    private readonly string _schedulerAddress;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkerHost _host;
    private readonly WorkerOutbox _outbox;
    private SpillRunner? _spills;
    private readonly bool _validate;
    private IListener? _listener;
    private IConnection? _scheduler;
    private TaskScheduler _taskScheduler = TaskScheduler.Default;
    private WorkerStateMachine? _machine;
    private TaskExecutor? _executor;
    private bool _isWatching;
    private bool _hasHandedOut;
    private TimeSpan _watchInterval = s_watchMin;
    private TimeSpan _stalled;
    private HeartbeatTimer? _heartbeat;
    private long _resultCount;
    private long _resultCountAtTick;

    public Worker(WorkerOptions options, ITransport transport, string schedulerAddress, TimeProvider time, bool validate, WorkerHost? host = null, WorkerRemains? before = null)
        : base((host ?? WorkerHost.None).Meter, "worker")
    {
        (_options, _transport, _schedulerAddress, _time, _validate) = (options, transport, schedulerAddress, time, validate);
        (_host, _before) = (host ?? WorkerHost.None, before);
        _outbox = new WorkerOutbox(this);
        _plugins = new HookRunner<WorkerPlugin>(time, static plugin => plugin.HookTimeLimit, Report);
        _watch = time.CreateTimer(
            static state => ((Worker)state!).Inbox.Post(WatchTick.Instance), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The worker's name.</summary>
    public string Name => _options.Name;

    /// <summary>Ends when the worker has closed and the last of its lanes has; a function that never returns keeps its lane.</summary>
    internal Task LanesEnded => _executor?.Ended ?? Task.CompletedTask;

    /// <summary>Threads that run functions.</summary>
    internal int LiveLaneCount => _executor?.LiveLaneCount ?? 0;

    /// <summary>Listens, connects and registers; ends when the scheduler has answered.</summary>
    public async Task StartAsync(TaskScheduler scheduler, CancellationToken cancellationToken)
    {
        _taskScheduler = scheduler;
        _registered.Task.Ignore(); // It may fail before somebody waits for it, and then nobody does.
        _spills = _before?.Spills ?? new SpillRunner(CreateStore, Inbox, ReportSpill, scheduler);
        Start(scheduler); // First, because what has been started can be closed.
        if (_before is not null)
        {
            await _before.Worker.StopListeningAsync();
        }

        _listener = await _transport.ListenAsync(
            _options.ListenAddress ?? $"{TransportRouter.SchemeOf(_schedulerAddress)}://", _identity, Inbox, cancellationToken);
        _scheduler = await _transport.ConnectAsync(_schedulerAddress, _identity, Inbox, cancellationToken);
        _scheduler.TrySend(new RegisterWorker(_options.Name, _listener.Address, _options.Threads, _options.Resources.AsReadOnly())
        {
            Nanny = _host.Nanny,
            Host = _options.Host,
            MemoryLimit = _options.MemoryLimit,
            Leaves = _host.Leaves,
            After = _before?.Id,
            Offer = _before?.Offer ?? [],
        });
        await _registered.Task.WaitHereAsync(cancellationToken);
        foreach (var (name, create) in _options.Plugins)
        {
            if (await AddAsync(name, create) is { } error)
            {
                throw new PluginException($"Worker {Name} did not start: its plugin \"{name}\" could not be set up: {error.Message}", error);
            }
        }

        Inbox.Post(new PluginsChanged());
    }

    protected override void Handle(in Envelope envelope)
    {
        if (envelope.End is { } end)
        {
            OnDisconnected(envelope.Connection!, end);
            return;
        }

        switch (envelope.Message)
        {
            case GetData get:
                Serve(envelope.Connection!, get);
                break;
            case DataReply reply when envelope.Connection != _scheduler:
                OnDataReply(envelope.Connection!, reply);
                break;
            case Message message when envelope.Connection is null:
                HandleOwn(message);
                break;
            case Message message when envelope.Connection == _scheduler:
                HandleScheduler(message);
                break;
            case Message message:
                envelope.Connection!.Close(new Disconnect(
                    DisconnectKind.ProtocolViolation, $"a worker takes no {message.GetType().Name} from anybody but its scheduler"));
                break;
        }
    }

    /// <summary>What the worker's own parts say.</summary>
    private void HandleOwn(Message message)
    {
        switch (message)
        {
            case ResultsReady:
                break; // Results are read at the end of every turn.
            case WatchTick:
                OnWatchTick();
                break;
            case SlotLeft left when left.Task.Key == left.Key && left.Task.Attempt == left.Attempt:
                _machine!.OnSeceded(left.Task);
                break;
            case TimeLimitReached reached:
                _machine!.OnTimedOut(reached.Task, reached.Key, reached.Attempt);
                break;
            case PeerConnected connected:
                OnPeerConnected(connected);
                break;
            case SpillEnded spilled:
                _machine!.OnSpilled(spilled.Number, spilled.Bytes);
                break;
            case UnspillEnded unspilled:
                _machine!.OnUnspilled(unspilled.Number, unspilled.Value);
                break;
            case PauseRequested pause:
                _machine!.SetPaused(pause.Paused);
                break;
            case StopRequested stop:
                Close(stop.Reason, stop.Detail);
                break;
            case ClosingStep step:
                step.Run();
                break;
            case PluginsChanged when _executor is not null:
                OnPluginsChanged();
                break;
        }
    }

    private void HandleScheduler(Message message)
    {
        switch (message)
        {
            case WorkerRegistered registered:
                OnRegistered(registered);
                break;
            case RegistrationRefused refused:
                _registered.TrySetException(new WorkerRefusedException($"Worker {_options.Name} was not let in: {refused.Detail}"));
                Close(refused.Reason, refused.Detail);
                break;
            case CloseWorker close:
                Close(close.Reason, close.Detail);
                break;
            case HeartbeatOk ok:
                _heartbeat?.SetInterval(ok.Interval);
                break;
            case HeartbeatMissing missing:
                Close(missing.Reason, $"the scheduler no longer has it: {missing.Detail}");
                break;
            case AddPlugin add:
                OnAddPlugin(add);
                break;
            case RemovePlugin remove:
                OnRemovePlugin(remove);
                break;
            case WorkersDeparted departed:
                Array.ForEach(departed.Workers, peer => FailFetches(_peers.Forget(peer)));
                break;
            default:
                if (!IsClosing)
                {
                    _machine!.Handle(message);
                    MessagePools.Return(message);
                }

                break;
        }
    }

    protected override void EndTurn()
    {
        if (_machine is null || IsClosing)
        {
            return;
        }

        _executor!.TakeResults(this, Meter.Worker.WantsDurations ? s_measure : s_take); // Asked once a turn, not for each task.
        _machine.Settle();
        _outbox.Flush();
        if (_outbox.TellsTransitions)
        {
            _outbox.TellTransitions(TellTransition);
        }

        NoteMemory();
        Watch();
    }

    protected override void Fail(Exception exception)
    {
        _registered.TrySetException(exception);
        Close(CloseReason.InternalError, $"worker {_options.Name} failed: {exception.Message}");
    }

    private void OnRegistered(WorkerRegistered registered)
    {
        if (IsClosing)
        {
            return;
        }

        Self = registered.Self;
        _executor = new TaskExecutor(_options.Threads, this, _time, () => Inbox.Post(ResultsReady.Instance), _before?.Executor, _host.FunctionScheduler);
        _machine = new WorkerStateMachine(Settings, _outbox) { Self = Self };
        if (_before is { } before)
        {
            TakeOver(before, registered.Declined);
        }

        if (registered.HeartbeatInterval != Timeout.InfiniteTimeSpan)
        {
            _heartbeat = new HeartbeatTimer(_host.HeartbeatTime ?? PulseTimeProvider.For(_time), registered.HeartbeatInterval, Beat, _taskScheduler);
        }

        Status = Status.Running;
        _registered.TrySetResult();
    }

    /// <summary>Says that the worker lives; on the timer's thread. That it can't be sent ends nothing: if the connection is gone, that is noticed.</summary>
    private void Beat(bool isStalled) => _scheduler!.TrySend(new Heartbeat(Self.Id, isStalled, ManagedBytes, SpilledBytes));

    /// <summary>Answers who asks for values. Another worker may have had this address before: what it was asked for isn't here (I7).</summary>
    private void Serve(IConnection connection, GetData get)
    {
        if (_machine is null)
        {
            connection.Close(new Disconnect(DisconnectKind.Closed, $"worker {Name} is no member yet")); // An answer would be about another worker.
            return;
        }

        _served.Add(connection);
        var answer = get.Holder == Self.Id
            ? _machine.Serve(get, connection)
            : new DataReply(get.RequestId, [.. get.Keys.Select(static key => new DataEntry { Key = key })]);
        if (answer is not null)
        {
            Reply(connection, answer);
        }
    }

    private void OnWatchTick()
    {
        _isWatching = false;
        if (_resultCount == _resultCountAtTick && _machine is { } machine)
        {
            _stalled += _watchInterval;
            machine.OnStalled(_stalled.TotalSeconds);
        }
    }

    /// <summary>
    /// Looks again in a while if a lane might be in a long task, with others behind it or with results of others that it
    /// hasn't told of; while nothing happens, less and less often.
    /// </summary>
    private void Watch()
    {
        var isActive = _hasHandedOut || _resultCount != _resultCountAtTick;
        if ((_isWatching && (_watchInterval == s_watchMin || !isActive))
            || _machine!.ExecutingCount == 0 || _machine.ExecutingCount + _machine.ReadyCount < 2)
        {
            return;
        }

        _watchInterval = isActive ? s_watchMin : TimeSpan.FromTicks(Math.Min(_watchInterval.Ticks * 2, s_watchMax.Ticks));
        if (_resultCount != _resultCountAtTick)
        {
            _stalled = TimeSpan.Zero;
        }

        (_isWatching, _hasHandedOut, _resultCountAtTick) = (true, false, _resultCount);
        _watch.Change(_watchInterval, Timeout.InfiniteTimeSpan);
    }
}
