using Engine.Protocol;
using Engine.Workers.Execution;

namespace Engine.Workers;

/// <summary>What running functions reach of their worker.</summary>
internal sealed partial class Worker : IExecutionHost
{
    private readonly Lock _nestedGate = new();
    private readonly Lock _contextsGate = new();
    private readonly HashSet<TaskContext> _contexts = [];
    private Task<Client>? _nested;
    private bool _isNestedClosed;
    private bool _isCancelling;

    /// <summary>Who the worker is; known once it is registered.</summary>
    public WorkerAddress Self { get; private set; } = new(default, string.Empty, string.Empty);

    public IServiceProvider? Services => _options.Services;

    public IReadOnlyDictionary<string, string> Environment => _host.Environment;

    /// <summary>The client for work that tasks submit; connected when the first task asks for it.</summary>
    public Client Client
    {
        get
        {
#pragma warning disable VSTHRD002 // Once a worker, on the thread of a function: a property can't wait otherwise, and nothing here needs that thread.
            return ConnectNestedAsync().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
    }

    /// <summary>Connects the client for work that tasks submit, unless it is there.</summary>
    /// <exception cref="ConnectionClosedException">The worker has closed.</exception>
    internal Task<Client> ConnectNestedAsync()
    {
        lock (_nestedGate)
        {
            if (_isNestedClosed)
            {
                throw new ConnectionClosedException($"Worker {Self.Name} has closed, so its tasks can't submit more. Look at the token of the context.");
            }

            return _nested ??= Client.ConnectAsync(
                _transport, _schedulerAddress, new ClientOptions { Name = $"{Self.Name} tasks", Serializers = _host.Serializers, Meter = Meter }, CancellationToken.None, _taskScheduler, _time);
        }
    }

    /// <summary>The client for work that tasks submit, if one has asked for it.</summary>
    internal Task<Client>? Nested => Volatile.Read(ref _nested);

    public void LogEvent(string topic, object? content) => _scheduler!.TrySend(new LogEventMessage(topic, content));

    public void Secede(TaskContext context)
    {
        _executor!.LeaveSlot(context);
        Inbox.Post(new SlotLeft(context.Task, context.Key, context.Attempt));
    }

    public void TimeLimitReached(TaskContext context) =>
        Inbox.Post(new TimeLimitReached(context.Task, context.Key, context.Attempt));

    public Task AcquireSlotAsync() => _executor!.Slots.AcquireAsync();

    public void ReleaseSlot() => _executor!.ReleaseSlot();

    public void Entered(TaskContext context)
    {
        bool isCancelling;
        lock (_contextsGate)
        {
            _contexts.Add(context);
            isCancelling = _isCancelling;
        }

        if (isCancelling)
        {
            context.Cancel(CancellationCause.WorkerClosing); // A lane had just begun with it when the others were told.
        }
    }

    public void Left(TaskContext context)
    {
        lock (_contextsGate)
        {
            _contexts.Remove(context);
        }
    }

    /// <summary>Closes the client for work that tasks submit; from now on there is none.</summary>
    private async Task CloseNestedAsync()
    {
        Task<Client>? nested;
        lock (_nestedGate)
        {
            _isNestedClosed = true;
            nested = _nested;
        }

        if (nested is null)
        {
            return;
        }

        await ((Task)nested).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (nested.IsCompletedSuccessfully)
        {
            await nested.Result.DisposeAsync();
        }
    }

    /// <summary>Tells running functions that their worker closes.</summary>
    private void CancelRunning()
    {
        TaskContext[] running;
        lock (_contextsGate)
        {
            _isCancelling = true;
            running = [.. _contexts];
        }

        foreach (var context in running)
        {
            context.Cancel(CancellationCause.WorkerClosing);
        }
    }
}
