using Engine.Plugins.Transports;

namespace Engine.Workers;

/// <summary>
/// A connection to the scheduler that breaks ends an incarnation, not the process. What a function, a plugin or a peer has of the worker is
/// of this incarnation, so the next one is another object: it gets the values, and nothing else. <see cref="WorkerLife"/> makes it.
/// </summary>
internal sealed partial class Worker
{
    private readonly TaskCompletionSource<WorkerRemains?> _brokeOff = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WorkerRemains? _before;
    private Task _beforeEnded = Task.CompletedTask;
    private bool _isLetGo;

    /// <summary>Ends with what is left when the connection has broken and the worker may come back; otherwise with null when it has closed.</summary>
    public Task<WorkerRemains?> BrokeOff => _brokeOff.Task;

    /// <summary>Ends a worker that has broken off, when its next incarnation was let in, or when there won't be one.</summary>
    public Task LetGo()
    {
        var step = new ClosingStep(() =>
        {
            if (!_isLetGo)
            {
                (_isLetGo, _saidGoodbye) = (true, true);
                Attempt(() => _deadline = new CancellationTokenSource(_options.CloseTimeout, _time));
                Follow(LetGoAsync(), CutOff);
            }
        });
        if (!Inbox.Post(step))
        {
            step.Run();
        }

        return _ended.Task;
    }

    /// <summary>Gives up an address that only one can listen at. Who is connected is still served.</summary>
    private async Task StopListeningAsync()
    {
        if (_listener is { } listener && listener.Address == _options.ListenAddress)
        {
            await listener.DisposeAsync();
        }
    }

    private bool MayComeBack(Disconnect reason) =>
        reason.Kind == DisconnectKind.Aborted && !IsClosing && Volatile.Read(ref _killed) is null
        && _machine is { IsLeaving: false } && _host.MayComeBack?.Invoke() == true;

    /// <summary>Ends this incarnation: its functions are cancelled, nothing new begins. Peers are served until the next one is known.</summary>
    private void BreakOff(string detail)
    {
        var remains = new WorkerRemains(this, _machine!.Leave(), _executor!, _spills!);
        (_reason, _reasonDetail) = (CloseReason.SchedulerLost, detail);
        Status = Status.Closing;
        Attempt(_watch.Dispose);
        Attempt(() => _heartbeat?.Dispose());
        Attempt(() => _executor!.Close());
        Attempt(CancelRunning);
        _brokeOff.TrySetResult(remains);
    }

    /// <summary>The scheduler has let this incarnation in: what it has adopted is here, and the one before ends.</summary>
    private void TakeOver(WorkerRemains before, IReadOnlyList<TaskKey> declined)
    {
        _before = null;
        before.Spills.MoveTo(Inbox, ReportSpill);
        _machine!.TakeOver(before.Machine, declined);
        _beforeEnded = before.Worker.LetGo();
        _host.TellReturned?.Invoke(Self.Id);
    }
}
