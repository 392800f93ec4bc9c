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
    private static readonly TimeSpan s_storeLimit = TimeSpan.FromSeconds(10);
    private readonly WorkerOptions _options;
    private readonly ITransport _transport;
    private readonly string _schedulerAddress;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
    private bool _isClosing;
    private long _resultCount;
    private long _resultCountAtTick;

    public Worker(WorkerOptions options, ITransport transport, string schedulerAddress, TimeProvider time, bool validate)
    {
        (_options, _transport, _schedulerAddress, _time, _validate) = (options, transport, schedulerAddress, time, validate);
        _outbox = new WorkerOutbox(this);
        _watch = time.CreateTimer(
            static state => ((Worker)state!).Inbox.Post(WatchTick.Instance), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The worker's name.</summary>
    public string Name => _options.Name;

    /// <summary>Ends when the worker has closed.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Ends when the worker has closed and the last of its lanes has; a function that never returns keeps its lane.</summary>
    internal Task LanesEnded => _executor?.Ended ?? Task.CompletedTask;

    /// <summary>Threads that run functions.</summary>
    internal int LiveLaneCount => _executor?.LiveLaneCount ?? 0;

    /// <summary>Listens, connects and registers; ends when the scheduler has answered.</summary>
    public async Task StartAsync(TaskScheduler scheduler, CancellationToken cancellationToken)
    {
        _taskScheduler = scheduler;
        _spills = new SpillRunner(CreateStore, Inbox, problem => LogEvent(SpillTopic, $"{Self}: {problem}"), scheduler);
        Start(scheduler); // First, because what has been started can be closed.
        _listener = await _transport.ListenAsync($"{_transport.Scheme}://", Inbox, cancellationToken);
        _scheduler = await _transport.ConnectAsync(_schedulerAddress, Inbox, cancellationToken);
        _scheduler.TrySend(new RegisterWorker(_options.Name, _listener.Address, _options.Threads, _options.Resources.AsReadOnly()));
        await _registered.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the worker: its goodbye is sent, its lanes end, its connections close. Idempotent.</summary>
    public Task CloseAsync(string reason)
    {
        Inbox.Post(new StopRequested(reason));
        return _closed.Task;
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
            case ResultsReady:
                break; // Results are read at the end of every turn.
            case WatchTick:
                OnWatchTick();
                break;
            case SlotLeft left when left.Task.Key == left.Key && left.Task.Attempt == left.Attempt:
                _machine!.OnSeceded(left.Task);
                break;
            case SlotLeft:
                break;
            case TimeLimitReached reached:
                _machine!.OnTimedOut(reached.Task, reached.Key, reached.Attempt);
                break;
            case PeerConnected connected:
                OnPeerConnected(connected);
                break;
            case StopRequested stop:
                Close(stop.Reason);
                break;
            case WorkerRegistered registered:
                OnRegistered(registered);
                break;
            case CloseWorker close:
                Close(close.Reason);
                break;
            case GetData get:
                if (_machine!.Serve(get, envelope.Connection!) is { } answer)
                {
                    envelope.Connection!.TrySend(answer);
                }

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
            case DataReply reply:
                OnDataReply(reply);
                break;
            default:
                if (envelope.Connection == _scheduler && !_isClosing)
                {
                    _machine!.Handle(envelope.Message!);
                    MessagePools.Return(envelope.Message!);
                }

                break;
        }
    }

    protected override void EndTurn()
    {
        if (_machine is null || _isClosing)
        {
            return;
        }

        _executor!.TakeResults(this, static (worker, result) =>
        {
            worker._resultCount++;
            worker._machine!.OnResult(result);
        });
        _machine.Settle();
        _outbox.Flush();
        NoteMemory();
        Watch();
    }

    protected override void Fail(Exception exception)
    {
        _registered.TrySetException(exception);
        End(new Disconnect(DisconnectKind.Aborted, $"worker {_options.Name} failed: {exception.Message}"));
    }

    private void OnRegistered(WorkerRegistered registered)
    {
        Self = registered.Self;
        _executor = new TaskExecutor(_options.Threads, this, _time, () => Inbox.Post(ResultsReady.Instance));
        _machine = new WorkerStateMachine(Settings, _outbox) { Self = Self };
        _registered.TrySetResult();
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

    private void Close(string reason) => End(new Disconnect(DisconnectKind.Closed, reason));

    private void End(Disconnect reason)
    {
        if (_isClosing)
        {
            return;
        }

        _isClosing = true;
        try
        {
            _watch.Dispose();
            _registered.TrySetException(new ConnectionClosedException($"Worker {_options.Name} closed before it was registered: {reason}"));
            _executor?.Close();
            CancelRunning();
            _scheduler?.Close(reason);
            foreach (var peer in _peers.Values)
            {
                peer.Connection?.Close(reason);
            }
        }
        finally
        {
            Inbox.Complete(); // Whatever was thrown on the way, it ends (I6).
            _ = FinishAsync();
        }
    }

    private async Task FinishAsync()
    {
        try
        {
            if (_listener is { } listener)
            {
                await listener.DisposeAsync();
            }

            await CloseNestedAsync();
            await _spills!.CloseAsync(s_storeLimit, _time);
        }
        finally
        {
            _closed.TrySetResult();
        }
    }
}
