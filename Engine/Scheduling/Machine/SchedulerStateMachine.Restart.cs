using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Workers are replaced by fresh ones, by their nannies, which are told. dask: <c>restart</c>, <c>restart_workers</c>.</summary>
internal sealed partial class SchedulerStateMachine
{
    private readonly List<RestartWait> _restarts = [];
    private long _restartNumber;

    /// <summary>Which are to be restarted: those that a selector means, if all have nannies.</summary>
    private object? RestartWorkers(ClientState client, RestartWorkersRequest request)
    {
        if (Choose(request.Workers, ValidForDownscaling()) is not RetirementChoice choice)
        {
            return Choose(request.Workers, ValidForDownscaling());
        }

        var workers = choice.Rows.Select(static row => row.Worker).OfType<WorkerState>().ToList();
        if (choice.Rows.FirstOrDefault(static row => row.Worker is null).Row is { } gone)
        {
            return new UnknownWorkerException($"{gone.Id} ({gone.Name}) has left, so nothing was restarted. GetWorkersAsync gives the ids of those that are there.");
        }

        if (workers.Find(worker => NannyOf(worker) is null) is { } alone)
        {
            return new ArgumentException($"{alone.Id} ({alone}) has no nanny that could start it again, so nothing was restarted. Retire it, and start another.");
        }

        StartAgain(client, request.RequestId, workers, request.Timeout, request.Wait);
        return null;
    }

    /// <summary>Forgets all tasks of all clients, then has all workers restarted; one without a nanny ends.</summary>
    private void RestartAll(ClientState client, RestartRequest request)
    {
        _stimulus = Stimulus.Restarted;
        foreach (var name in _datasets.Names.ToList())
        {
            Unpublish(name);
        }

        foreach (var handle in _tasks.Handles().ToList())
        {
            if (_tasks.IsPresent(handle) && _tasks[handle].State != SchedulerTaskState.Forgotten)
            {
                CancelForAll(handle);
            }

            Drain();
        }

        LogEvent("workers", $"{client.Id} restarts all {_workersById.Count} workers");
        _outbox.Publish(Restarted.Instance);
        StartAgain(client, request.RequestId, [.. Workers], request.Timeout, request.Wait);
    }

    private void CancelForAll(int handle)
    {
        ref var task = ref _tasks[handle];
        var key = _tasks.KeyOf(handle);
        Notify(ref task, new KeyNotice
        {
            Key = key,
            Count = 1,
            Status = FutureStatus.Cancelled,
            Error = new TaskError(TaskErrorKind.Failed, key, "the scheduler was restarted by a client"),
        });
        task.Flags &= ~SchedulerTaskFlags.Detached;
        foreach (var client in task.Extras?.MoreClients?.ToList() ?? [])
        {
            Unwant(handle, client);
        }

        if (OwnerOf(handle) is { } owner)
        {
            Unwant(handle, owner);
        }
        else
        {
            _unneeded.Enqueue(handle);
        }
    }

    private void StartAgain(ClientState client, long requestId, List<WorkerState> workers, TimeSpan? timeout, bool wait)
    {
        const string detail = "a client restarts it";
        var restart = new RestartWait(client, requestId, ++_restartNumber);
        foreach (var worker in workers)
        {
            var hasNanny = NannyOf(worker) is not null;
            restart.Rows.Add(worker.Id, new RestartRow(worker.Id, worker.Address.Name)
            {
                Outcome = hasNanny ? RestartOutcome.TimedOut : RestartOutcome.NoNanny,
            });
            if (hasNanny)
            {
                restart.Awaited.Add(worker.Nanny!.Value, worker.Id);
            }

            Restart(worker, detail);
        }

        if (!wait || restart.Awaited.Count == 0)
        {
            Reply(client, requestId, restart.ToReport());
            return;
        }

        _restarts.Add(restart);
        if (timeout is { } limit)
        {
            _deadlines.Add(_now + limit, DeadlineKind.Restart, restart.Number);
        }
    }

    private void Restart(WorkerState worker, string detail)
    {
        Tell(worker, NannyIntent.Restart, CloseReason.Restart, detail);
        _outbox.Send(worker, new CloseWorker(CloseReason.Restart, detail));
        Depart(worker, CloseReason.Restart, detail);
    }

    /// <summary>A worker has joined: somebody may have waited for it.</summary>
    private void OnSuccessor(WorkerState worker)
    {
        if (worker.Nanny is { } nanny)
        {
            EndAwaiting(nanny, RestartOutcome.Restarted, worker.Id);
        }
    }

    /// <summary>Who waits for a successor of this nanny's worker knows now what became of it.</summary>
    private void EndAwaiting(NannyId nanny, RestartOutcome outcome, WorkerId? successor)
    {
        for (var i = _restarts.Count - 1; i >= 0; i--)
        {
            var restart = _restarts[i];
            if (restart.Awaited.Remove(nanny, out var before))
            {
                restart.Rows[before].Outcome = outcome;
                restart.Rows[before].After = successor;
                if (restart.Awaited.Count == 0)
                {
                    EndRestart(restart);
                }
            }
        }
    }

    private void OnRestartDeadline(long number)
    {
        if (_restarts.Find(restart => restart.Number == number) is { } late)
        {
            EndRestart(late); // What has not come back is told; its nanny goes on.
        }
    }

    private void EndRestart(RestartWait restart)
    {
        _restarts.Remove(restart);
        if (_clients.ContainsKey(restart.Client.Id))
        {
            Reply(restart.Client, restart.RequestId, restart.ToReport());
        }
    }

    private sealed class RestartWait(ClientState client, long requestId, long number)
    {
        public readonly ClientState Client = client;
        public readonly long RequestId = requestId;
        public readonly long Number = number;
        public readonly Dictionary<NannyId, WorkerId> Awaited = [];
        public readonly Dictionary<WorkerId, RestartRow> Rows = [];

        public RestartReport ToReport() => new([.. Rows.Values]);
    }
}

/// <summary>For plugins: all tasks were forgotten and all workers are being restarted.</summary>
internal sealed class Restarted
{
    public static readonly Restarted Instance = new();
}
