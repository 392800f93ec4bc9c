using Engine.Clients.Machine;
using Engine.Data.Serialization;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Runtime;
using Engine.Tasks.Remote;

namespace Engine;

/// <summary>Where a program submits work to a cluster and gets futures.</summary>
/// <remarks>
/// dask: <c>Client</c>. Thread-safe. What is submitted leaves in batches: when one is full, when something is awaited,
/// and otherwise at once, the first after a wait on the caller's thread. Files: Submit, Results, Release, Requests, and one for each further topic.
/// </remarks>
public sealed partial class Client : TaskSubmitter, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ClientStateMachine _machine = new();
    private readonly ClientOptions _options;
    private readonly ITransport _transport;
    private readonly ComponentIdentity _identity = ComponentIdentity.New(ComponentRole.Client);
    private readonly Shell _shell;
    private readonly TaskCompletionSource<ClientId> _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IConnection _scheduler = null!; // Set by ConnectAsync before anybody has the client.
    private string _schedulerAddress = string.Empty;
    private TaskScheduler _taskScheduler = TaskScheduler.Default;
    private TimeProvider _time = TimeProvider.System;
    private RemoteCalls? _crossing; // Null while workers are in this process.
    private Disconnect? _end;

    private Client(ClientOptions options, ITransport transport)
    {
        (_options, _transport) = (options, transport);
        _shell = new Shell(this);
    }

    /// <summary>The client's identity at the scheduler.</summary>
    public ClientId Id { get; private set; }

    /// <summary>The client's name.</summary>
    public string Name => _options.Name;

    /// <summary>Tasks of this client that have not ended.</summary>
    public long PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _machine.PendingCount;
            }
        }
    }

    /// <summary>Ends when the client's loop has ended.</summary>
    internal Task Completion => _shell.Completion;

    /// <summary>The most messages that ever waited in the client's mailbox.</summary>
    public int MailboxHighWater => _shell.Inbox.HighWater;

    internal static async Task<Client> ConnectAsync(
        ITransport transport,
        string schedulerAddress,
        ClientOptions options,
        CancellationToken cancellationToken,
        TaskScheduler? taskScheduler = null,
        TimeProvider? time = null,
        bool hasSession = false)
    {
        var client = new Client(options.Copy(), transport)
        {
            _taskScheduler = taskScheduler ?? TaskScheduler.Default,
            _time = time ?? TimeProvider.System,
            _schedulerAddress = schedulerAddress,
        };
        client._scheduler = await transport.ConnectAsync(schedulerAddress, client._identity, client._shell.Inbox, cancellationToken);
        client._shell.Run(client._taskScheduler);
        client._scheduler.TrySend(new RegisterClient(options.Name, hasSession && transport.CrossesProcesses));
        try
        {
            client.Id = await client._registered.Task.WaitHereAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the client: its futures are given up, whoever waits for one gets <see cref="FutureCancelledException"/>. Idempotent.</summary>
    /// <returns>A task that ends when the client is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        Post(new LastMessage(new Disconnect(DisconnectKind.Closed, $"client {Name} closed")));
        await _closed.Task;
    }

    private void ThrowIfClosed()
    {
        if (_end is { } end)
        {
            ThrowIfSessionIsOver();
            throw new ObjectDisposedException(nameof(Client), $"The client is closed ({end.Detail}). Connect a new one.");
        }
    }

    private void Handle(IConnection? connection, Message message)
    {
        if (_session is not null && !TakeIntoSession(connection, message))
        {
            return;
        }

        switch (message)
        {
            case KeyNotices notices:
                OnNotices(notices);
                MessagePools.Return(notices);
                break;
            case Reply reply:
                OnReply(reply);
                break;
            case DataReply data:
                OnDataReply(data);
                break;
            case TopicEventMessage logged:
                OnTopicEvent(logged.Event);
                break;
            case ClientRegistered registered:
                if (registered.CrossesProcesses || _transport.CrossesProcesses)
                {
                    _crossing = new RemoteCalls(_options.Serializers ?? new ValueSerializers());
                }

                if (registered.Session is { } ticket)
                {
                    BeginSession(registered.Id, ticket);
                }

                _registered.TrySetResult(registered.Id);
                break;
            default:
                throw new NotSupportedException($"A client can't be sent a {message.GetType().Name}.");
        }
    }

    private void OnNotices(KeyNotices notices)
    {
        lock (_gate)
        {
            _machine.Apply(notices);
        }

        TellDue();
    }

    /// <summary>Tells waiters of the ends of their futures, outside of the lock.</summary>
    private void TellDue()
    {
        List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)>? due = null;
        TaskCompletionSource<bool>? room = null;
        lock (_gate)
        {
            if (_machine.HasDue)
            {
                due = [];
                _machine.TakeDue(due);
            }

            if (_room is not null && _machine.PendingCount < _options.PendingTasksMax)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.TrySetResult(true);
        if (due is not null)
        {
            foreach (var (waiter, key, status) in due)
            {
                waiter.Ended(key, status);
            }
        }
    }

    private void OnDisconnected(IConnection connection, Disconnect reason)
    {
        if (connection == _scheduler)
        {
            if (!TryGoAway(reason))
            {
                End(reason);
            }
        }
        else if (connection == _returning)
        {
            TryAgain();
        }
        else
        {
            OnWorkerDisconnected(connection, reason);
        }
    }

    private void End(Disconnect reason)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _end = reason;
            _machine.CancelAll(new TaskError(TaskErrorKind.Failed, default, $"the client's connection to the scheduler ended: {reason.Detail}"));
        }

        EndSession();
        _registered.TrySetException(new ConnectionClosedException($"The scheduler refused the client or closed: {reason}"));
        TellDue();
        ReleaseWaitersForRoom();
        FailRequests(reason);
        CloseWorkerConnections(reason);
        EndSubscriptions();
        _shell.Inbox.Complete();
        _closed.TrySetResult();
    }

    /// <summary>Not sent: the connection is closed in its place, after what another thread may be sending.</summary>
    private sealed class LastMessage(Disconnect reason) : Message
    {
        public Disconnect Reason { get; } = reason;
    }

    /// <summary>The client's loop.</summary>
    private sealed class Shell(Client client) : Component(client._options.Meter, "client")
    {
        public void Run(TaskScheduler scheduler) => Start(scheduler);

        protected override void Handle(in Envelope envelope)
        {
            if (envelope.End is { } end)
            {
                client.OnDisconnected(envelope.Connection!, end);
            }
            else
            {
                client.Handle(envelope.Connection, envelope.Message!);
            }
        }

        /// <summary>A client's step has no instructions of its own: waiters were told, requests go out by themselves.</summary>
        protected override void EndTurn() => client.Acknowledge();

        protected override void Fail(Exception exception)
        {
            var reason = new Disconnect(DisconnectKind.Aborted, $"client {client.Name} failed: {exception}");
            client._scheduler.Close(reason);
            client.End(reason);
        }
    }
}
