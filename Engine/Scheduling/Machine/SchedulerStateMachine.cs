using Engine.Collections;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.ActiveMemory.Machine;

namespace Engine.Scheduling.Machine;

/// <summary>
/// All decisions of the scheduler. Messages go in with the time, instructions come out through the outbox; no I/O, no
/// clock, no threads. A step is one or more <c>Handle</c> calls followed by <see cref="Settle"/>.
/// </summary>
/// <remarks>
/// dask: <c>SchedulerState</c>. Files: Submit, Finish, Release, Failure, Replicas, Placement, RunAhead, Stealing; Membership, Liveness,
/// Retirement, Leaving, Selection, Restart, ActiveMemory; Queries, Validate. A transition changes one task and the indexes it is in; what follows from it is put on a work list and
/// done when the transition is over, so nothing recurses over the graph.
/// </remarks>
internal sealed partial class SchedulerStateMachine
{
    private readonly SchedulerSettings _settings;
    private readonly SchedulerOutbox _outbox;
    private readonly KeyTable<SchedulerTask> _tasks = new();
    private readonly EdgeTable _edges = new();
    private readonly FunctionStatistics _functions;
    private readonly StoryLog _story;
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Datasets _datasets = new();
    private readonly EventTopics _topics;
    private readonly DeadlineQueue _deadlines = new();
    private readonly long[] _taskCounts = new long[s_stateNames.Length];

    // Work lists: filled by transitions, emptied before the step ends.
    private readonly Queue<int> _ready = new();
    private readonly Queue<int> _needed = new();
    private readonly Queue<int> _unneeded = new();
    private readonly Queue<int> _assigned = new();
    private readonly Queue<int> _stranded = new();
    private readonly Queue<(int Handle, TaskError Error)> _failed = new();

    private static readonly string[] s_stateNames = Enum.GetNames<SchedulerTaskState>();
    private long _step;
    private TimeSpan _now;
    private Stimulus _stimulus;

    public SchedulerStateMachine(SchedulerSettings settings, SchedulerOutbox outbox)
    {
        _settings = settings;
        _outbox = outbox;
        _functions = new FunctionStatistics(settings.UnknownDurationSeconds);
        _story = new StoryLog(settings.TransitionLogLength);
        _topics = new EventTopics(settings.EventLogLength);
        _ledger = new DepartureLedger(settings.LedgerLength, settings.LedgerExpiry);
        _isActiveMemoryOn = settings.ActiveMemory;
        _policies.Add(new ReduceReplicas());
    }

    /// <summary>Tasks in the table.</summary>
    public long TaskCount => _tasks.Count;

    /// <summary>Tasks in each state; of those that are forgotten the number says nothing.</summary>
    public ReadOnlySpan<long> TaskCounts => _taskCounts;

    /// <summary>Tasks in Queued.</summary>
    public int QueuedCount { get; private set; }

    /// <summary>When <see cref="Tick"/> has something to do, as a time of the steps; null: never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            TimeSpan? unrunnable = _settings.NoWorkersTimeout is { } limit && FirstUnrunnable() is { } since ? since + limit : null;
            return _deadlines.First is { } first && !(unrunnable < first) ? first : unrunnable;
        }
    }

    /// <summary>Takes a worker's message.</summary>
    public void Handle(WorkerState worker, Message message, TimeSpan now)
    {
        Begin(now);
        if (message is Heartbeat heartbeat)
        {
            worker.LastSeen = now;
            OnHeartbeat(worker, heartbeat);
            return;
        }

        // Guard I7: a message of an older incarnation changes nothing.
        if (!worker.IsMember)
        {
            return; // A late message of an incarnation that is gone (I7).
        }

        worker.LastSeen = now;
        switch (message)
        {
            case FinishedBatch batch:
                OnFinished(worker, batch);
                break;
            case TaskErred erred:
                OnErred(worker, erred);
                break;
            case TaskRescheduled rescheduled:
                OnRescheduled(worker, rescheduled);
                break;
            case TaskLongRunning longRunning:
                OnLongRunning(worker, longRunning);
                break;
            case WorkerStalled stalled:
                OnStalled(worker, stalled.Seconds);
                break;
            case InputMissing missing:
                OnInputMissing(worker, missing);
                break;
            case StealResponse response:
                OnStealResponse(worker, response);
                break;
            case ReplicasAdded added:
                OnReplicasAdded(worker, added);
                break;
            case DataMissing missing:
                OnReplicaMissing(worker, missing);
                break;
            case TasksReturned returned:
                OnTasksReturned(worker, returned);
                break;
            case AdmissionClosed closed:
                OnAdmissionClosed(worker, closed);
                break;
            case StatusChanged changed:
                OnStatusChanged(worker, changed.Status);
                break;
            case Goodbye goodbye:
                Depart(worker, goodbye.Reason, goodbye.Detail);
                break;
            case LogEventMessage logged:
                LogEvent(logged.Topic, logged.Content);
                break;
            default:
                throw new NotSupportedException($"A worker can't send a {message.GetType().Name} to the scheduler.");
        }

        Drain();
    }

    /// <summary>Takes a nanny's message.</summary>
    public void Handle(NannyState nanny, Message message, TimeSpan now)
    {
        Begin(now);
        switch (message)
        {
            case WorkerExited exited:
                if (FindWorker(exited.Worker) is { } worker && worker.Nanny == nanny.Id)
                {
                    Depart(worker, exited.Reason, exited.Detail);
                }

                break;
            case RestartAsked asked:
                if (FindWorker(asked.Worker) is { } own && own.Nanny == nanny.Id && !LeavesForGood(own))
                {
                    Restart(own, asked.Detail);
                }

                break;
            case LogEventMessage logged:
                LogEvent(logged.Topic, logged.Content);
                break;
            default:
                throw new NotSupportedException($"A nanny can't send a {message.GetType().Name} to the scheduler.");
        }

        Drain();
    }

    /// <summary>Takes a client's message.</summary>
    /// <returns>What is not allowed about it, so that nothing of it was done; null: it is.</returns>
    public string? Handle(ClientState client, Message message, TimeSpan now)
    {
        Begin(now);
        switch (message)
        {
            case SubmitBatch batch:
                if (ClaimKeys(client, batch.First, batch.Count) is { } violation)
                {
                    return violation;
                }

                OnSubmit(batch);
                break;
            case SubmitMap map:
                if (ClaimKeys(client, map.First, map.Count) is { } wrong)
                {
                    return wrong;
                }

                OnSubmitMap(map);
                break;
            case ReleaseKeys released:
                OnReleaseKeys(client, released);
                break;
            case DataMissing missing:
                OnDataMissing(missing.Key, missing.Holder, isUnreachable: false, asker: null);
                break;
            case AbandonRequest abandoned:
                StopWaiting(client, abandoned.RequestId);
                break;
            case Request request:
                OnRequest(client, request);
                break;
            default:
                throw new NotSupportedException($"A client can't send a {message.GetType().Name} to the scheduler.");
        }

        Drain();
        return null;
    }

    /// <summary>Ends a step: places what can be placed. Then the outbox is to be flushed.</summary>
    public void Settle()
    {
        AdvanceRetirements();
        TellOfDeparted();
        _stimulus = Stimulus.Placement;
        Pump();
        Drain();
        BalanceLoad();
        WatchQueue();
        if (_settings.Validate)
        {
            Validate();
        }
    }

    /// <summary>Does what is due. To be called at <see cref="NextDeadline"/>.</summary>
    public void Tick(TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.Timeout;
        FailUnrunnable();
        Drain();
        while (_deadlines.TryTake(now, out var kind, out var number))
        {
            OnDeadline(kind, number);
            Drain();
        }
    }

    private void OnDeadline(DeadlineKind kind, long number)
    {
        var worker = FindWorker(new WorkerId(number));
        switch (kind)
        {
            case DeadlineKind.Retirement when worker is not null:
                OnRetirementDeadline(worker);
                break;
            case DeadlineKind.TimeToLive when worker is not null:
                OnTimeToLive(worker);
                break;
            case DeadlineKind.Pause when worker is not null:
                OnPausedLong(worker);
                break;
            case DeadlineKind.Restart:
                OnRestartDeadline(number);
                break;
            case DeadlineKind.NannysWord when worker is not null:
                OnNannySilent(worker);
                break;
            case DeadlineKind.ActiveMemory:
                OnActiveMemoryDue();
                break;
            case DeadlineKind.Session:
                OnSessionDeadline(new ClientId((int)number));
                break;
        }
    }

    private void Begin(TimeSpan now)
    {
        _now = now;
        _step++;
    }

    /// <summary>Follows up on transitions until nothing follows any more.</summary>
    private void Drain()
    {
        while (true)
        {
            if (_failed.TryDequeue(out var failed))
            {
                Fail(failed.Handle, failed.Error);
            }
            else if (_stranded.TryDequeue(out var stranded))
            {
                TakeBack(stranded);
            }
            else if (_needed.TryDequeue(out var needed))
            {
                Need(needed);
            }
            else if (_ready.TryDequeue(out var ready))
            {
                Place(ready);
            }
            else if (_unneeded.TryDequeue(out var unneeded))
            {
                LetGo(unneeded);
            }
            else if (_assigned.TryDequeue(out var assigned))
            {
                SendDependentsAhead(assigned);
            }
            else
            {
                return;
            }
        }
    }

    private void SetState(int handle, ref SchedulerTask task, SchedulerTaskState finish, int count = 1)
    {
        var start = task.State;
        if (!SchedulerTransitions.IsAllowed(start, finish))
        {
            throw new InvalidTransitionException(Describe(handle), start.ToString(), finish.ToString(), StoryText(_tasks.KeyOf(handle)));
        }

        task.State = finish;
        _taskCounts[(int)start] -= count;
        _taskCounts[(int)finish] += count;
        ref var entry = ref _story.Add();
        entry.Key = _tasks.KeyOf(handle);
        entry.Count = count;
        entry.Attempt = task.Attempt;
        entry.Step = _step;
        entry.Worker = task.Worker > 0 ? _workers[task.Worker - 1]!.Id : default;
        entry.Start = (byte)start;
        entry.Finish = (byte)finish;
        entry.Stimulus = _stimulus;
        if (TellsTransitions)
        {
            _outbox.Transition(new TaskTransition(entry.Key, count, NameOf(start), NameOf(finish), entry.Worker, task.Attempt));
        }
    }

    private static string NameOf(SchedulerTaskState state) => s_stateNames[(int)state];

    /// <summary>A task for people: its key, and its name or function.</summary>
    private string Describe(int handle)
    {
        ref var task = ref _tasks[handle];
        var label = task.Extras?.Options?.Name ?? task.Work?.Function.Name;
        return label is null ? $"{_tasks.KeyOf(handle)}" : $"{_tasks.KeyOf(handle)} ({label})";
    }

    // On its own, because what a lambda captures is allocated where its method begins: with every message, not only here.
    private void StopWaiting(ClientState client, long requestId)
    {
        _workerWaits.RemoveAll(wait => wait.Client == client && wait.RequestId == requestId);
        StopCutWaits(client, requestId);
    }

    private ClientState? OwnerOf(int handle) => _clients.GetValueOrDefault(_tasks.KeyOf(handle).Client);
}
