using System.Globalization;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Questions of clients, each with one answer.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>Whether some plugin wants to hear of events.</summary>
    public bool TellsEvents { get; set; }

    /// <summary>Whether some plugin wants to hear of what is submitted.</summary>
    public bool TellsGraphs { get; set; }

    /// <summary>Whether some plugin wants to hear of transitions.</summary>
    public bool TellsTransitions { get; set; }

    /// <summary>Adds an event to a topic and tells those who have subscribed to it.</summary>
    public void LogEvent(string topic, object? content)
    {
        var logged = _topics.Add(topic, content, _now);
        if (TellsEvents)
        {
            _outbox.Publish(logged);
        }

        foreach (var client in _clients.Values)
        {
            if (client.Topics.Contains(topic))
            {
                _outbox.Send(client, new TopicEventMessage(logged));
            }
        }
    }

    private void OnRequest(ClientState client, Request request)
    {
        switch (request)
        {
            case WaitForWorkersRequest wait when wait.Count > RunningCount:
                _workerWaits.Add((wait.Count, client, wait.RequestId));
                return; // Answered when they are there.
            case PublishRequest publish:
                ReplyOrError(client, publish, Publish(publish));
                return;
            case GetDatasetRequest get:
                ReplyTaken(client, get, GetDataset(get.Name));
                return;
            case UnpublishRequest unpublish:
                ReplyOrError(client, unpublish, Unpublish(unpublish.Name));
                return;
            case FindKeyRequest find:
                ReplyTaken(client, find, FindKey(find.Name));
                return;
            case ReplicateRequest replicate:
                if (Replicate(client, replicate) is { } unknown)
                {
                    ReplyOrError(client, replicate, unknown);
                }

                return; // Otherwise answered when the copies are there.
            case RestartWorkersRequest restart:
                if (RestartWorkers(client, restart) is { } refusal)
                {
                    ReplyOrError(client, restart, refusal);
                }

                return; // Otherwise answered when the successors run.
            case RestartRequest restart:
                RestartAll(client, restart);
                return;
            case WhoHasRequest who when MustWaitForCutOff(client, who):
                return;
            default:
                Reply(client, request.RequestId, Answer(client, request));
                return;
        }
    }

    private object? Answer(ClientState client, Request request)
    {
        switch (request)
        {
            case WaitForWorkersRequest:
                return RunningCount;
            case WhoHasRequest who:
                return WhoHas(who.Keys);
            case HasWhatRequest:
                return Workers.ToDictionary(static worker => worker.Address, worker => (IReadOnlyList<TaskKey>)[.. HandlesOn(worker.Held).Concat(worker.Replicas).Select(_tasks.KeyOf)]);
            case ProcessingRequest:
                return Workers.ToDictionary(static worker => worker.Address, worker => (IReadOnlyList<TaskKey>)[.. HandlesOn(worker.Processing).Select(_tasks.KeyOf)]);
            case ClusterLoadRequest:
                return DescribeLoad();
            case RetirementsRequest:
                return (IReadOnlyList<RetirementProgress>)DescribeRetirements();
            case WorkersToCloseRequest toClose:
                return WorkersToClose(toClose.Rule, ValidForDownscaling());
            case ReadmitRequest readmit:
                return (readmit.Nanny is { } nanny && _ledger.Readmit(nanny)) | (readmit.Host is { } host && _ledger.Readmit(host));
            case ActiveMemoryRequest memory:
                return SteerActiveMemory(memory.Command);
            case StoryRequest story:
                return Story(story.Key);
            case WorkersRequest:
                return (IReadOnlyList<WorkerInfo>)[.. Workers.Select(Info)];
            case CancelRequest cancel:
                return Cancel(client, cancel.Keys, cancel.Reason);
            case RetryRequest retry:
                Retry(retry.Keys);
                return null;
            case FireAndForgetRequest fire:
                Detach(fire.Keys);
                return null;
            case ListDatasetsRequest:
                return (IReadOnlyList<string>)[.. _datasets.Names];
            case LogEventRequest logged:
                LogEvent(logged.Topic, logged.Content);
                return null;
            case EventsRequest events:
                return _topics.Of(events.Topic);
            case SubscribeRequest subscribe:
                _ = subscribe.On ? client.Topics.Add(subscribe.Topic) : client.Topics.Remove(subscribe.Topic);
                return null;
            default:
                throw new NotSupportedException($"The scheduler has no answer to a {request.GetType().Name}.");
        }
    }

    private void Reply(ClientState client, long requestId, object? value, Exception? error = null) =>
        _outbox.Send(client, new Reply(requestId, value, error));

    private void ReplyOrError(ClientState client, Request request, object? value) =>
        Reply(client, request.RequestId, value is Exception ? null : value, value as Exception);

    private Dictionary<TaskKey, IReadOnlyList<WorkerAddress>> WhoHas(TaskKey[] keys)
    {
        var result = new Dictionary<TaskKey, IReadOnlyList<WorkerAddress>>(keys.Length);
        foreach (var key in keys)
        {
            var handle = _tasks.HandleOf(key);
            result[key] = handle >= 0 && _tasks[handle].State == SchedulerTaskState.Memory ? HoldersOf(handle) : [];
        }

        return result;
    }

    private List<WorkerAddress> HoldersOf(int handle)
    {
        var holders = HolderStates(handle);
        holders.RemoveAll(static holder => holder.Cut is not null); // Who asks wants to read.
        return holders.ConvertAll(static holder => holder.Address);
    }

    internal WorkerInfo Info(WorkerState worker) => new()
    {
        Id = worker.Id,
        Name = worker.Address.Name,
        Address = worker.Address.Address,
        Threads = worker.Threads,
        Status = worker.Status,
        IsStalled = worker.IsStalled,
        Nanny = worker.Nanny,
        Host = worker.Host,
        Resources = worker.Resources,
        ProcessingCount = worker.Processing.Count,
        LongRunningCount = worker.LongRunningCount,
        OccupancySeconds = worker.Occupancy,
        HeldCount = worker.Held.Count + worker.Replicas.Count,
        HeldBytes = worker.NBytes,
        SpilledBytes = worker.SpilledBytes,
        MemoryLimit = worker.MemoryLimit,
        Leaves = worker.Leaves is { } leaves ? leaves - _now : null,
    };

    private Clusters.ClusterLoad DescribeLoad()
    {
        const int sampleMax = 100; // A queue may be long; its tasks are much alike.
        var sample = _queue.Items().Take(sampleMax).Where(run => _tasks.IsPresent(run.Handle)).ToList();
        var mean = sample.Count == 0 ? _settings.UnknownDurationSeconds : sample.Average(run => (double)_functions.Expected(_tasks[run.Handle].Function));
        var count = QueuedCount + _unrunnable.Count;
        return new Clusters.ClusterLoad
        {
            OccupancySeconds = Workers.Sum(static worker => worker.Occupancy),
            QueuedCount = count,
            QueuedSeconds = count * mean,
            ProcessingCount = Workers.Sum(static worker => worker.Processing.Count),
            Workers = [.. Workers.Select(Info)],
        };
    }

    private string DescribeWorkers() =>
        _workersById.Count == 0 ? "none" : string.Join(", ", Workers.Take(8).Select(static worker => worker.Resources.Count == 0
            ? worker.Address.Name
            : $"{worker.Address.Name} ({string.Join(", ", worker.Resources.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}")))})"))
        + (_workersById.Count > 8 ? $" and {_workersById.Count - 8} more" : string.Empty);

    private List<StoryLine> Story(TaskKey key) => [.. _story.Of(key).Select(entry => new StoryLine(
        key,
        entry.Step,
        ((SchedulerTaskState)entry.Start).ToString(),
        ((SchedulerTaskState)entry.Finish).ToString(),
        entry.Stimulus.ToString(),
        entry.Worker,
        entry.Attempt))];

    /// <summary>The transitions of a task that are still known, one a line, for people.</summary>
    public string StoryText(TaskKey key) => string.Join('\n', Story(key));

    private void Detach(TaskKey[] keys)
    {
        foreach (var key in keys)
        {
            var handle = _tasks.HandleOf(key);
            if (handle >= 0 && _tasks[handle].State is not (SchedulerTaskState.Forgotten or SchedulerTaskState.Memory or SchedulerTaskState.Erred))
            {
                _tasks[handle].Flags |= SchedulerTaskFlags.Detached;
                _needed.Enqueue(handle); // Its value may have been let go before.
            }
        }
    }

    private object FindKey(string name) => _names.TryGetValue(name, out var handle)
        ? new TakenKeys([_tasks.KeyOf(handle)], isList: false)
        : new UnknownKeyException($"No task has the key \"{name}\". It was never submitted, or all its futures were released.");

    /// <summary>Answers with keys that the client holds from now on; then it is told how they stand.</summary>
    private void ReplyTaken(ClientState client, Request request, object answer)
    {
        ReplyOrError(client, request, answer);
        if (answer is TakenKeys taken)
        {
            foreach (var key in taken.Keys)
            {
                Take(client, _tasks.HandleOf(key));
            }
        }
    }

    private void Take(ClientState client, int handle)
    {
        Want(handle, client);
        _needed.Enqueue(handle); // Its value may have been let go.
        ref var task = ref _tasks[handle];
        var error = task.Extras?.Error;
        _outbox.Notify(client, new KeyNotice
        {
            Key = _tasks.KeyOf(handle),
            Count = 1,
            Error = error,
            Status = task.State switch
            {
                SchedulerTaskState.Memory => FutureStatus.Finished,
                SchedulerTaskState.Erred => error!.Kind == TaskErrorKind.LostData ? FutureStatus.Lost : FutureStatus.Error,
                _ => FutureStatus.Pending,
            },
        });
    }

    private object? Publish(PublishRequest publish)
    {
        var handles = new List<int>();
        foreach (var key in publish.Keys)
        {
            var handle = _tasks.HandleOf(key);
            if (handle < 0 || _tasks[handle].State == SchedulerTaskState.Forgotten)
            {
                return new UnknownKeyException($"{key} can't be published: the scheduler doesn't know it. Publish a dataset while its futures are held.");
            }

            handles.Add(handle);
        }

        if (_datasets.Find(publish.Name) is not null)
        {
            if (!publish.Replace)
            {
                return new KeyConflictException($"A dataset \"{publish.Name}\" is published already. Choose another name, or publish with replace.");
            }

            Unpublish(publish.Name);
        }

        foreach (var handle in handles)
        {
            (_tasks[handle].Extras ??= new SchedulerTaskExtras()).Pins++;
            _needed.Enqueue(handle); // Its value may have been let go.
        }

        _datasets.Add(new Dataset(publish.Name, publish.Keys, publish.IsList));
        return null;
    }

    private object GetDataset(string name) =>
        _datasets.Find(name) is { } dataset ? new TakenKeys(dataset.Keys, dataset.IsList) : UnknownDataset(name);

    private UnknownKeyException? Unpublish(string name)
    {
        if (_datasets.Remove(name) is not { } dataset)
        {
            return UnknownDataset(name);
        }

        foreach (var key in dataset.Keys)
        {
            var handle = _tasks.HandleOf(key);
            _tasks[handle].Extras!.Pins--;
            _unneeded.Enqueue(handle);
        }

        return null;
    }

    private UnknownKeyException UnknownDataset(string name) =>
        new($"No dataset \"{name}\" is published. Published are: {(_datasets.Names.Any() ? string.Join(", ", _datasets.Names) : "none")}.");
}
