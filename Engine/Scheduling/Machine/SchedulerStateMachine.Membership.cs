using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Workers and clients come and go.</summary>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<WorkerState?> _workers = [];
    private readonly Stack<int> _freeWorkerIndexes = new();
    private readonly Dictionary<WorkerId, WorkerState> _workersById = [];
    private readonly Dictionary<ClientId, ClientState> _clients = [];
    private readonly List<(int Count, ClientState Client, long RequestId)> _workerWaits = [];
    private long _workerNumber;
    private int _clientNumber;
    private int _running;

    /// <summary>Workers that run.</summary>
    public int RunningCount => _running;

    /// <summary>The members, in the order of their places.</summary>
    public IEnumerable<WorkerState> Workers => _workers.OfType<WorkerState>();

    /// <summary>Takes a worker in, with a new incarnation.</summary>
    /// <param name="registration">What the worker says of itself.</param>
    /// <param name="connection">Where what is meant for it is sent; opaque here.</param>
    /// <param name="now">The time of the step.</param>
    public WorkerState AddWorker(RegisterWorker registration, IConnection? connection, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.WorkerAdded;
        var index = _freeWorkerIndexes.TryPop(out var free) ? free : _workers.Count;
        if (index == _workers.Count)
        {
            _workers.Add(null);
        }

        var address = new WorkerAddress(new WorkerId(++_workerNumber), registration.Address, registration.Name);
        var worker = new WorkerState(index, address, registration.Threads, registration.Resources) { Connection = connection };
        _workers[index] = worker;
        _workersById.Add(worker.Id, worker);
        _running++;
        _outbox.Send(worker, new WorkerRegistered(address));
        UpdateRoom(worker);
        LogEvent("workers", $"{worker.Id} ({worker}) joined");
        foreach (var handle in _unrunnable.ToArray())
        {
            PlaceUnrunnable(handle);
        }

        AnswerWorkerWaits();
        Drain();
        return worker;
    }

    /// <summary>Removes a worker: its tasks go elsewhere, values that only it held are computed again.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="expected">Whether it had announced its end; an unannounced one counts against the tasks that ran.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="now">The time of the step.</param>
    public void RemoveWorker(WorkerState worker, bool expected, string reason, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.WorkerRemoved;
        if (worker.Status == WorkerStatus.Removed)
        {
            return;
        }

        worker.Status = WorkerStatus.Removed;
        _running--;
        _open.Set(worker, worker.OpenPlace, false);
        _idle.Set(worker, worker.IdlePlace, false);
        _busy.Set(worker, worker.BusyPlace, false);
        _stealsUnderWay -= worker.StealsUnderWay;
        foreach (var handle in HandlesOn(worker.Held).Concat(worker.Replicas).ToList())
        {
            LoseReplica(handle, worker);
        }

        foreach (var handle in worker.AwaitedReplicas.ToArray())
        {
            StopAwaiting(worker, handle);
        }

        foreach (var handle in HandlesOn(worker.Processing).ToList())
        {
            if (!expected && Suspect(handle, worker, reason) is { } error)
            {
                Fail(handle, error);
            }
            else
            {
                StartOver(handle, worker);
            }
        }

        _workers[worker.Index] = null;
        _workersById.Remove(worker.Id);
        _freeWorkerIndexes.Push(worker.Index);
        LogEvent("workers", $"{worker.Id} ({worker}) left: {reason}");
        Drain();
    }

    public ClientState AddClient(string name, IConnection? connection, TimeSpan now)
    {
        Begin(now);
        var client = new ClientState(new ClientId(++_clientNumber), name) { Connection = connection };
        _clients.Add(client.Id, client);
        _outbox.Send(client, new ClientRegistered(client.Id));
        return client;
    }

    /// <summary>Removes a client: its futures are given up.</summary>
    public void RemoveClient(ClientState client, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.ClientRemoved;
        if (!_clients.Remove(client.Id))
        {
            return;
        }

        _workerWaits.RemoveAll(wait => wait.Client == client);
        foreach (var handle in _tasks.HandlesOf(client.Id).ToList())
        {
            if (_tasks[handle].State != SchedulerTaskState.Forgotten)
            {
                Unwant(handle, client);
            }
        }

        foreach (var key in client.ForeignWants.ToList())
        {
            Unwant(_tasks.HandleOf(key), client);
        }

        Drain();
    }

    private WorkerState? FindWorker(WorkerId id) => _workersById.GetValueOrDefault(id);

    /// <summary>Counts an unannounced death against a task that ran; gives the error if it was one too many.</summary>
    private TaskError? Suspect(int handle, WorkerState worker, string reason)
    {
        var extras = _tasks[handle].Extras ??= new SchedulerTaskExtras();
        return ++extras.Suspicious <= _settings.AllowedFailures ? null : new TaskError(
            TaskErrorKind.KilledWorker,
            _tasks.KeyOf(handle),
            $"{Describe(handle)} was on {extras.Suspicious} workers that died while they had it; the last was {worker} ({reason}). "
            + "It may be what kills them: run it alone to see.");
    }

    private void PlaceUnrunnable(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.Extras?.Options is not { IsRestricted: true })
        {
            _unrunnable.Remove(handle); // Any worker will do, and there is one now.
        }

        _ready.Enqueue(handle);
    }

    private void AnswerWorkerWaits()
    {
        foreach (var wait in _workerWaits.Where(wait => wait.Count <= _running).ToList())
        {
            _workerWaits.Remove(wait);
            Reply(wait.Client, wait.RequestId, _running);
        }
    }
}
