using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Workers;

/// <summary>
/// How a worker ends: once, whoever asks and however often; in time, whatever hangs; to a terminal status, whatever
/// throws (I6). The nanny is told first, then the scheduler.
/// </summary>
#pragma warning disable CA1001 // Closing disposes what it has; there is one way to end it.
internal sealed partial class Worker
#pragma warning restore CA1001
{
    /// <summary>How long a nanny may take to hear that its worker ends.</summary>
    internal static readonly TimeSpan NannyLimit = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<WorkerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CloseReason _reason;
    private string _reasonDetail = string.Empty;
    private CancellationTokenSource? _deadline;
    private WorkerEnd? _killed;
    private bool _saidGoodbye;
    private bool _hasFailed;
    private int _status = (int)Status.Init;

    /// <summary>Where the worker is in its life.</summary>
    public Status Status
    {
        get => (Status)Volatile.Read(ref _status);
        private set => Volatile.Write(ref _status, (int)value);
    }

    /// <summary>Ends when the worker has closed, with the reason that decided.</summary>
    public Task<WorkerEnd> Ended => _ended.Task;

    /// <summary>Ends when the worker has closed.</summary>
    public Task Closed => _ended.Task;

    /// <summary>Cancelled when closing has taken as long as it may.</summary>
    private CancellationToken Deadline => _deadline?.Token ?? CancellationToken.None;

    private bool IsClosing => Status >= Status.Closing;

    /// <summary>Ends the worker. The first call decides, unless a later one has a stronger reason; all get the same task.</summary>
    public Task CloseAsync(CloseReason reason, string detail)
    {
        Inbox.Post(new StopRequested(reason, detail));
        return _ended.Task;
    }

    /// <summary>
    /// Ends the worker without its help, as far as that is possible within a process: its connections are cut, its functions
    /// cancelled and left to themselves.
    /// </summary>
    public void Kill(CloseReason reason, string detail)
    {
        var end = new WorkerEnd(reason, detail);
        Volatile.Write(ref _killed, end); // First: the loop may notice the cut at once.
        _scheduler?.Close(new Disconnect(DisconnectKind.Aborted, detail));
        _executor?.Close();
        Inbox.Post(new StopRequested(reason, detail));
        _brokeOff.TrySetResult(null);
        _ended.TrySetResult(end);
    }

    /// <summary>Ends when all that was posted to the worker before has been handled; for tests.</summary>
    internal Task PostedAsync()
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Inbox.Post(new ClosingStep(heard.SetResult));
        return heard.Task;
    }

    /// <summary>Cuts the connection to the scheduler as a network does; for tests.</summary>
    internal void BreakConnection() => _scheduler!.Close(new Disconnect(DisconnectKind.Aborted, "the connection broke"));

    private void Close(CloseReason reason, string detail)
    {
        if (IsClosing)
        {
            if (!_saidGoodbye && CloseTable.StrengthOf(reason) > CloseTable.StrengthOf(_reason))
            {
                (_reason, _reasonDetail) = (reason, detail);
            }

            return;
        }

        (_reason, _reasonDetail) = (reason, detail);
        Status = Status.Closing;
        Attempt(_watch.Dispose);
        Attempt(() => _heartbeat?.Dispose());
        Attempt(() => _deadline = new CancellationTokenSource(_options.CloseTimeout, _time));
        Follow(TellNannyAsync(), StopTaking);
    }

    /// <summary>Takes a step of closing. Whatever it throws, the next one is taken (I6).</summary>
    private void Attempt(Action step)
    {
        try
        {
            step();
        }
#pragma warning disable CA1031 // See above.
        catch (Exception)
#pragma warning restore CA1031
        {
            _hasFailed = true;
        }
    }

    /// <summary>Goes on when something is over, well or not; in the loop, as long as there is one.</summary>
    private void Follow(Task task, Action next)
    {
        if (task.IsCompleted)
        {
            Run();
        }
        else
        {
            _ = FollowAsync();
        }

        async Task FollowAsync()
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!Inbox.Post(new ClosingStep(Run)))
            {
                Run();
            }
        }

        void Run()
        {
            _hasFailed |= task.IsFaulted;
            next();
        }
    }

    /// <summary>The nanny has to know before the worker's end can be seen, so that it starts nothing it shouldn't. It gets a second.</summary>
    private async Task TellNannyAsync()
    {
        // Whoever told the worker to end runs this step, and may have told many.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_host.TellNanny is { } tell && _before is null) // One that only tried to come back may try again.
        {
            try
            {
                await tell(_reason, _reasonDetail).WaitAsync(NannyLimit, _time);
            }
#pragma warning disable CA1031 // A nanny that can't be reached doesn't hold its worker up: it sees the end itself.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }

    private void StopTaking()
    {
        _saidGoodbye = true; // From now on a stronger reason would come too late: everybody has heard this one.
        _scheduler?.TrySend(new Goodbye(_reason, _reasonDetail));
        _registered.TrySetException(new ConnectionClosedException($"Worker {_options.Name} closed before it was registered: {_reasonDetail}"));
        Attempt(() => _executor?.Close());
        Attempt(CancelRunning);
        Follow(LetGoAsync(), CutOff);
    }

    /// <summary>What may take time.</summary>
    private async Task LetGoAsync()
    {
        try
        {
            await TearDownPluginsAsync().WaitAsync(Deadline);
        }
        finally
        {
            await CloseNestedAsync().WaitAsync(Deadline);
        }
    }

    private void CutOff()
    {
        var end = new Disconnect(DisconnectKind.Closed, _reasonDetail);
        Attempt(() => _scheduler?.Close(end));
        Attempt(() => _peers.Close(end));
        Attempt(() => _served.ToList().ForEach(connection => connection.Close(end)));
        Inbox.Complete();
        _ = FinishAsync();
    }

    private async Task FinishAsync()
    {
        try
        {
            if (_listener is { } listener)
            {
                await listener.DisposeAsync();
            }

            if (_spills is { } spills && spills.IsOf(Inbox)) // Otherwise it is another incarnation's.
            {
                await spills.CloseAsync(Deadline);
            }
        }
#pragma warning disable CA1031 // The last step: the status below is reached.
        catch (Exception)
#pragma warning restore CA1031
        {
            _hasFailed = true;
        }

        Attempt(() => _deadline?.Dispose());
        Status = _hasFailed || _reason is CloseReason.InternalError or CloseReason.StartFailed ? Status.Failed : Status.Closed;
        _brokeOff.TrySetResult(null);
        _ended.TrySetResult(Volatile.Read(ref _killed) ?? new WorkerEnd(_reason, _reasonDetail));
    }
}
