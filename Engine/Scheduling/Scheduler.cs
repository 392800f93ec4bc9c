using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Runtime;
using Engine.Scheduling.Machine;

namespace Engine.Scheduling;

/// <summary>The shell of the scheduler: its connections and the loop that feeds its machine.</summary>
/// <remarks>dask: <c>Scheduler</c>.</remarks>
internal sealed partial class Scheduler : Component, ISchedulerSink
{
    private readonly SchedulerStateMachine _machine;
    private readonly SchedulerOutbox _outbox;
    private readonly ITransport _transport;
    private readonly ComponentIdentity _identity = ComponentIdentity.New(ComponentRole.Scheduler);
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ITimer _deadline;
    private readonly Dictionary<IConnection, WorkerState> _workers = [];
    private readonly Dictionary<IConnection, ClientState> _clients = [];
    private readonly Dictionary<IConnection, NannyState> _nannies = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskScheduler _taskScheduler = TaskScheduler.Default;
    private readonly IReadOnlyList<string> _addresses;
    private IListener[] _listeners = [];
    private TimeSpan _now;
    private TimeSpan? _armedFor;
    private bool _hasTime;
    private Disconnect? _end;

    /// <param name="options">How it decides.</param>
    /// <param name="transport">Connects it to the others.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="addresses">Where it listens; null: at an address that the transport chooses. The transport has to serve their schemes. If there are several, workers may be in other processes.</param>
    /// <param name="meter">Measures it; null: the process's own.</param>
    public Scheduler(SchedulerOptions options, ITransport transport, TimeProvider time, IReadOnlyList<string>? addresses = null, EngineMeter? meter = null)
        : base(meter ?? EngineMeter.Own, "scheduler")
    {
        (_transport, _time, _started, _addresses) = (transport, time, time.GetTimestamp(), addresses ?? [$"{transport.Scheme}://"]);
        _pluginsAtStart = [.. options.Plugins];
        _outbox = new SchedulerOutbox(this);
        _machine = new SchedulerStateMachine(
            options.ToSettings() with { CrossesProcesses = transport.CrossesProcesses || _addresses.Count > 1 }, _outbox);
        _workerPlugins = new RemotePlugins(RemotePluginKind.Worker, text => _machine.LogEvent(PluginTopic, text), options.UploadBytesMax);
        _nannyPlugins = new RemotePlugins(RemotePluginKind.Nanny, text => _machine.LogEvent(PluginTopic, text), uploadBytesMax: 0);
        _plugins = new SchedulerPluginSet(time, failure => Inbox.Post(new PluginFailed(failure)));
        _deadline = time.CreateTimer(
            static state => ((Scheduler)state!).Inbox.Post(DeadlineReached.Instance), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The first of its addresses: the one for components of this process.</summary>
    public string Address => _listeners[0].Address;

    /// <summary>Where it listens, in the order in which that was asked for.</summary>
    public IReadOnlyList<string> Addresses => [.. _listeners.Select(static listener => listener.Address)];

    /// <summary>Tasks in its table; to be asked when it is at rest.</summary>
    internal long TaskCount => _machine.TaskCount;

    /// <summary>Called with each heartbeat, with whether its worker is stalled; for tests.</summary>
    internal Action<bool>? Beaten { get; set; }

    /// <summary>Ends when the scheduler has closed.</summary>
    public Task Closed => _closed.Task;

    public async Task StartAsync(TaskScheduler scheduler, CancellationToken cancellationToken)
    {
        _taskScheduler = scheduler;
        Start(scheduler); // First, because what has been started can be closed.
        Meter.Scheduler.Add(_gauges);
        foreach (var address in _addresses)
        {
            _listeners = [.. _listeners, await _transport.ListenAsync(address, _identity, Inbox, cancellationToken)];
        }

        await StartPluginsAsync();
    }

    /// <summary>Ends the scheduler: clients and workers are told. Idempotent.</summary>
    public Task CloseAsync()
    {
        Inbox.Post(StopRequested.Instance);
        return _closed.Task;
    }

    void ISchedulerSink.Send(WorkerState worker, Message message) => worker.Connection!.TrySend(message);

    void ISchedulerSink.Send(ClientState client, Message message) => Tell(client, message);

    void ISchedulerSink.Send(NannyState nanny, Message message) => nanny.Connection!.TrySend(message);

    private void Take(in Envelope envelope)
    {
        if (!_hasTime)
        {
            _now = _time.GetElapsedTime(_started); // Once a turn: a look at the clock costs more than a task.
            _hasTime = true;
        }

        if (_end is not null)
        {
            envelope.Connection?.Close(_end); // It may be somebody new, who waits for an answer.
            return;
        }

        if (envelope.Connection is not { } connection)
        {
            HandleOwn(envelope.Message!);
        }
        else if (envelope.End is { } end)
        {
            OnDisconnected(connection, end);
        }
        else if (RoleOf(envelope.Message!) is { } role && IsKnown(connection))
        {
            Break(connection, $"it is registered, and can't register as a {role} again");
        }
        else if (envelope.Message is PluginDone done)
        {
            (_workers.ContainsKey(connection) ? _workerPlugins : _nannyPlugins).OnDone(connection, done);
        }
        else if (_workers.TryGetValue(connection, out var worker))
        {
            _machine.Handle(worker, envelope.Message!, _now);
            if (envelope.Message is Heartbeat heartbeat)
            {
                Beaten?.Invoke(heartbeat.IsStalled);
            }

            MessagePools.Return(envelope.Message!);
        }
        else if (_clients.TryGetValue(connection, out var client))
        {
            Handle(client, connection, envelope.Message!);
        }
        else if (_nannies.TryGetValue(connection, out var nanny))
        {
            _machine.Handle(nanny, envelope.Message!, _now);
        }
        else
        {
            Register(connection, envelope.Message!);
        }
    }

    protected override void EndTurn()
    {
        _hasTime = false;
        if (_end is null)
        {
            Settle();
            Measure();
            TellOfMembers();
            Acknowledge();
            _outbox.Flush();
            HandOutPlugins();
            ArmDeadline();
        }
    }

    protected override void Fail(Exception exception) =>
        End(new Disconnect(DisconnectKind.Aborted, $"the scheduler failed: {exception}"));

    private void HandleOwn(Message message)
    {
        switch (message)
        {
            case DeadlineReached:
                _armedFor = null;
                _now = _time.GetElapsedTime(_started); // The step may have begun before the deadline.
                _machine.Tick(_now);
                break;
            case StopRequested:
                Stop();
                break;
            case Stopped:
                End(new Disconnect(DisconnectKind.Closed, "the scheduler closed"));
                break;
            default:
                HandlePlugins(message);
                break;
        }
    }

    private void Handle(ClientState client, IConnection connection, Message message)
    {
        if (!TakeIntoSession(client, connection, message))
        {
            return;
        }

        if (message is PluginRequest or RetireRequest or WorkersToCloseRequest)
        {
            HandleWithPlugins(client, (Request)message);
            return;
        }

        if (_machine.Handle(client, message, _now) is { } violation)
        {
            Break(connection, violation);
        }

        MessagePools.Return(message);
    }

    private void Register(IConnection connection, Message message)
    {
        if (RoleOf(message) is not { } role)
        {
            Break(connection, $"a connection has to say who it is before it sends a {message.GetType().Name}");
            return;
        }

        if (connection.Peer.Role != role)
        {
            Break(connection, $"a {connection.Peer.Role} can't register as a {role}: it was let in as what it is");
            return;
        }

        switch (message)
        {
            case RegisterWorker registration when _machine.Knock(registration, _now) is { } refusal:
                Refuse(connection, refusal);
                break;
            case RegisterNanny registration when _machine.FindRefusal(registration.Id, registration.Host, _now) is { } refusal:
                Refuse(connection, new RegistrationRefused(CloseReason.Refused, refusal));
                break;
            case RegisterWorker registration:
                // The connection is known before the machine answers over it.
                _workers[connection] = _machine.AddWorker(registration, connection, _now);
                _joined.Add((_workerPlugins, connection));
                break;
            case RegisterNanny registration:
                _nannies[connection] = _machine.AddNanny(registration, connection, _now);
                _joined.Add((_nannyPlugins, connection));
                break;
            case RegisterClient registration:
                _clients[connection] = _machine.AddClient(registration.Name, connection, _now, registration.HasSession ? NewToken() : null);
                break;
            case ResumeClient resume:
                Resume(connection, resume);
                break;
        }
    }

    private bool IsKnown(IConnection connection) =>
        _workers.ContainsKey(connection) || _clients.ContainsKey(connection) || _nannies.ContainsKey(connection);

    /// <summary>What has to be at the other end of a connection that registers so; null: it is no registration.</summary>
    private static ComponentRole? RoleOf(Message message) => message switch
    {
        RegisterWorker => ComponentRole.Worker,
        RegisterNanny => ComponentRole.Nanny,
        RegisterClient or ResumeClient => ComponentRole.Client,
        _ => null,
    };

    private static void Break(IConnection connection, string detail) => connection.Close(new Disconnect(DisconnectKind.ProtocolViolation, detail));

    private static void Refuse(IConnection connection, RegistrationRefused refusal)
    {
        connection.TrySend(refusal);
        connection.Close(new Disconnect(DisconnectKind.Closed, refusal.Detail));
    }

    private void OnDisconnected(IConnection connection, Disconnect end)
    {
        if (_workers.Remove(connection, out var worker))
        {
            _workerPlugins.OnGone(connection);
            _machine.OnConnectionLost(worker, $"its connection ended without a goodbye: {end}", _now);
        }
        else if (_nannies.Remove(connection, out var nanny))
        {
            _nannyPlugins.OnGone(connection);
            _machine.RemoveNanny(nanny, _now);
        }
        else if (_clients.Remove(connection, out var client))
        {
            _machine.LoseClient(client, end, _now);
        }
    }

    private void ArmDeadline()
    {
        if (_machine.NextDeadline is { } deadline && deadline != _armedFor)
        {
            _armedFor = deadline;
            _deadline.Change(deadline > _now ? deadline - _now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void End(Disconnect reason)
    {
        if (_end is not null)
        {
            return;
        }

        _end = reason;
        try
        {
            _deadline.Dispose();
            Meter.Scheduler.Remove(_gauges);
            _machine.RemoveAll(_now);
            Measure();
            TellOfMembers();
            _outbox.Flush();
            foreach (var connection in _clients.Keys.Concat(_workers.Keys).Concat(_nannies.Keys).ToList())
            {
                connection.Close(reason);
            }
        }
        finally
        {
            Inbox.Complete();
            _ = FinishAsync();
        }
    }

    private async Task FinishAsync()
    {
        try
        {
            await EndListeningAsync();
        }
        finally
        {
            await FinishPluginsAsync();
        }
    }

    private async Task EndListeningAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private async Task FinishPluginsAsync()
    {
        try
        {
            await _plugins.CloseAllAsync();
            await ClosePluginContextAsync();
        }
        finally
        {
            _closed.TrySetResult();
        }
    }

    private sealed class DeadlineReached : Message
    {
        public static readonly DeadlineReached Instance = new();
    }

    private sealed class Stopped : Message
    {
        public static readonly Stopped Instance = new();
    }

    private sealed class StopRequested : Message
    {
        public static readonly StopRequested Instance = new();
    }
}
