using static Engine.Collections.Invariant;

namespace Engine.Scheduling.Machine;

/// <summary>Derives every index again from the rows and compares. On in all tests of the machine.</summary>
internal sealed partial class SchedulerStateMachine
{
    public void Validate()
    {
        Require(_ready.Count + _needed.Count + _unneeded.Count + _failed.Count + _assigned.Count + _stranded.Count == 0, "work lists are empty between steps");
        var occupied = 0L;
        var counts = new long[_taskCounts.Length];
        var edges = 0;
        foreach (var handle in _tasks.Handles())
        {
            ref var task = ref _tasks[handle];
            if (task.State == SchedulerTaskState.Forgotten)
            {
                Require(task.FirstDependent == 0 && task.FirstDependency == 0 && task.Worker == 0, $"{_tasks.KeyOf(handle)} is clean");
                continue;
            }

            occupied++;
            counts[(int)task.State]++;
            edges += ValidateDependencies(handle, ref task);
            ValidateDependents(handle, ref task);
            ValidateState(handle, ref task);
        }

        Require(occupied == _tasks.Count, $"{_tasks.Count} rows are counted, {occupied} are occupied");
        Require(counts.AsSpan(1).SequenceEqual(TaskCounts[1..]), $"tasks in each state are counted as {string.Join(", ", _taskCounts)}, there are {string.Join(", ", counts)}");
        var (queued, unrunnable) = (counts[(int)SchedulerTaskState.Queued], counts[(int)SchedulerTaskState.NoWorker]);
        Require(queued == QueuedCount, $"{QueuedCount} tasks are counted as queued, {queued} are");
        Require(edges == _edges.Count, $"{_edges.Count} edges are counted, {edges} are linked");
        Require(unrunnable == _unrunnable.Count, $"{_unrunnable.Count} tasks are listed without a worker, {unrunnable} are");
        foreach (var worker in Workers)
        {
            ValidateWorker(worker);
        }

        Require(_workersById.Count == Workers.Count() && RunningCount == Workers.Count(static worker => worker.TakesWork), "workers are counted");
        ValidateMembership();
        Require(_stealsUnderWay == Workers.Sum(static worker => worker.StealsUnderWay), "steals are counted");
        foreach (var (name, handle) in _names)
        {
            Require(_tasks[handle].Extras?.Options?.Name == name, $"the name \"{name}\" belongs to its task");
        }

        foreach (var key in _datasets.All.SelectMany(static dataset => dataset.Keys))
        {
            Require(_tasks[_tasks.HandleOf(key)].Extras is { Pins: > 0 }, $"{key} is pinned by its dataset");
        }
    }

    /// <summary>Events that are kept of the topic that has most; for tests.</summary>
    public int LongestTopic => _topics.LongestCount;

    /// <summary>Departures that the ledger remembers; for tests.</summary>
    public int DepartureCount => _ledger.Count;

    /// <summary>Unannounced deaths that count against a task; for tests.</summary>
    public int DeathsOf(TaskKey key) => _tasks.HandleOf(key) is var handle and >= 0 ? _tasks[handle].Extras?.Suspicious ?? 0 : 0;

    /// <summary>A number that stands for all that is known of tasks and members, within a process; for tests.</summary>
    public int Fingerprint()
    {
        var hash = default(HashCode);
        foreach (var handle in _tasks.Handles())
        {
            ref var task = ref _tasks[handle];
            hash.Add(HashCode.Combine(handle, task.State, task.Attempt, task.Worker, task.Flags));
            if (task.Extras is { } extras)
            {
                hash.Add(HashCode.Combine(extras.Suspicious, extras.RetriesLeft, extras.UnreachableCount, extras.MoreHolders?.Count, extras.AwaitedHolders?.Count));
            }
        }

        foreach (var worker in Workers)
        {
            hash.Add(HashCode.Combine(worker.Id, worker.Status, worker.Processing.Count, worker.Held.Count, worker.Replicas.Count, worker.NBytes, worker.AwaitedBytes));
        }

        hash.Add(HashCode.Combine(_ledger.Count, _nannies.Count, _clients.Count, _retirements.Count, QueuedCount));
        return hash.ToHashCode();
    }

    private void ValidateMembership()
    {
        Require(_retirements.Count == Workers.Count(static worker => worker.Retirement is not null), "retirements are listed");
        Require(_departed.Count == 0, "peers have been told who has gone");
        Require(
            _workersOnHost.Count == Workers.Select(static worker => worker.Host).OfType<string>().Distinct().Count()
            && _workersOnHost.All(host => host.Value == Workers.Count(worker => worker.Host == host.Key)),
            "workers of hosts are counted");
        Require(_cutCount == Workers.Count(static worker => worker.Cut is not null), $"{_cutCount} workers are counted whose connection has ended");
        Require(_cutCount > 0 || _cutWaits.Count == 0, "who waits for values on workers that are cut off has been answered");
        foreach (var worker in Workers)
        {
            Require(worker.Nanny is not { } owner || _workersByNanny.GetValueOrDefault(owner) == worker, $"{worker} is its nanny's only worker");
            Require(worker.Cut is null || worker.Status is Status.Closing or Status.ClosingGracefully, $"{worker} is cut off, and {worker.Status}");
        }

        foreach (var worker in Workers)
        {
            Require(worker.Retirement is not null == (worker.Status == Status.ClosingGracefully), $"{worker} is {worker.Status} and leaves only if it is being retired");
            if (worker.Retirement is { } retirement)
            {
                Require(!retirement.IsDirty, $"the retirement of {worker} has been looked at");
                Require(
                    retirement.Moving.All(key => Holds(worker, _tasks.HandleOf(key)) && HasAwaitedRunning(ref _tasks[_tasks.HandleOf(key)])),
                    $"what {worker} moves is on its way to somebody who runs");
                Require(
                    worker.Cut is not null || retirement.Moving.Count > 0 || retirement.Stuck.Count > 0 || !retirement.IsAcknowledged || worker.Processing.Count > 0 || retirement.WorkLeft > 0,
                    $"{worker} goes when nothing is left to do");
            }
        }

        Require(_replicated.ToArray().All(handle => _tasks[handle].Extras is { MoreHolders.Count: > 0 }), "keys with copies are listed");
        Require(
            _wished.ToArray().All(handle => _tasks[handle] is { State: SchedulerTaskState.Memory, Extras.WantedReplicas: > 1 }),
            "keys with wishes are listed, and in Memory");
        Require(_replicateWaits.TrueForAll(static wait => wait.Keys.Count > 0), "who waits for copies waits for some");
    }

    private int ValidateDependencies(int handle, ref SchedulerTask task)
    {
        var count = 0;
        var missing = 0;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            count++;
            ref var edge = ref _edges[number];
            Require(edge.Dependent == handle, $"{Describe(handle)} owns its edges");
            Require(_tasks[edge.Dependency].State != SchedulerTaskState.Forgotten, $"{Describe(handle)} depends on a known task");
            missing += _tasks[edge.Dependency].State != SchedulerTaskState.Memory ? 1 : 0;
        }

        if (task.State == SchedulerTaskState.Waiting)
        {
            Require(task.WaitingOn == missing && missing > 0, $"{Describe(handle)} waits on {task.WaitingOn} inputs, {missing} are missing");
        }

        Require(task.State != SchedulerTaskState.NoWorker || missing == 0, $"{Describe(handle)} waits for a worker, and {missing} inputs are missing");

        if (task.IsAhead)
        {
            Require(task.WaitingOn == missing, $"{Describe(handle)} was sent ahead of {task.WaitingOn} inputs, {missing} are missing");
            for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
            {
                ref var dependency = ref _tasks[_edges[number].Dependency];
                Require(
                    dependency.State == SchedulerTaskState.Memory || (dependency.State == SchedulerTaskState.Processing && dependency.Worker == task.Worker),
                    $"{Describe(handle)} was sent ahead to where its inputs are made");
            }
        }

        return count;
    }

    private void ValidateDependents(int handle, ref SchedulerTask task)
    {
        var waiters = 0;
        var previous = 0;
        for (var number = task.FirstDependent; number != 0; previous = number, number = _edges[number].NextDependent)
        {
            ref var edge = ref _edges[number];
            Require(edge.Dependency == handle && edge.PreviousDependent == previous, $"{Describe(handle)} is linked to its dependents");
            waiters += _tasks[edge.Dependent].State is SchedulerTaskState.Waiting or SchedulerTaskState.NoWorker or SchedulerTaskState.Processing ? 1 : 0;
        }

        Require(task.Waiters == waiters, $"{Describe(handle)} counts {task.Waiters} waiters, {waiters} wait");
    }

    private void ValidateState(int handle, ref SchedulerTask task)
    {
        var onWorker = task.State is SchedulerTaskState.Processing or SchedulerTaskState.Memory;
        Require(onWorker == (task.Worker > 0), $"{Describe(handle)} in {task.State} has worker {task.Worker}");
        Require(!onWorker || _workers[task.Worker - 1] is { IsMember: true }, $"{Describe(handle)} is on a member (I5)");
        Require(task.State == SchedulerTaskState.Erred == (task.Extras?.Error is not null), $"{Describe(handle)} has an error only in Erred");
        Require(
            task.State is not (SchedulerTaskState.Queued or SchedulerTaskState.NoWorker or SchedulerTaskState.Erred or SchedulerTaskState.Waiting)
            || task.Extras?.MoreHolders is null or { Count: 0 },
            $"{Describe(handle)} has replicas only in Memory");
        Require(
            task.IsWanted || task.Waiters > 0 || task.FirstDependent != 0,
            $"{Describe(handle)} is kept in {task.State} although nobody wants or needs it");
        Require(task.State == SchedulerTaskState.Memory || task.Extras is not { IsNoticeHeld: true }, $"{Describe(handle)} awaits replicas only in Memory");
        Require(task.State != SchedulerTaskState.Released || (!task.IsWanted && task.Waiters == 0), $"{Describe(handle)} is in Released although it is needed");
    }

    private void ValidateWorker(WorkerState worker)
    {
        var processing = HandlesOn(worker.Processing).ToList();
        var held = HandlesOn(worker.Held).ToList();
        Require(processing.Count == worker.Processing.Count && held.Count == worker.Held.Count, $"{worker} counts its tasks");
        Require(processing.TrueForAll(handle => _tasks[handle].State == SchedulerTaskState.Processing && _tasks[handle].Worker == worker.Index + 1), $"{worker} runs what it is said to run");
        Require(held.TrueForAll(handle => _tasks[handle].State == SchedulerTaskState.Memory && _tasks[handle].Worker == worker.Index + 1), $"{worker} holds what it is said to hold");
        Require(worker.Replicas.All(handle => _tasks[handle].Extras?.MoreHolders?.Contains(worker) == true), $"{worker} and its replicas agree");
        Require(worker.NBytes == held.Concat(worker.Replicas).Sum(handle => _tasks[handle].NBytes), $"{worker} counts its bytes");
        Require(worker.LongRunningCount == processing.Count(handle => _tasks[handle].Has(SchedulerTaskFlags.LongRunning)), $"{worker} counts its long-running tasks");
        Require(worker.AheadCount == processing.Count(handle => _tasks[handle].IsAhead), $"{worker} counts the tasks that were sent ahead");
        Require(Math.Abs(worker.Occupancy - processing.Sum(handle => (double)_tasks[handle].Estimate)) < 1e-3 * Math.Max(1, worker.Occupancy), $"{worker} adds up its occupancy");
        Require(worker.IdlePlace < 0 || _idle[worker.IdlePlace] == worker && worker.OpenPlace >= 0 && worker.ActiveCount < worker.Threads, $"{worker} is idle where it says");
        Require(worker.OpenPlace < 0 || _open[worker.OpenPlace] == worker, $"{worker} has room where it says");
        Require(!Array.Exists(worker.AwaitedReplicas.ToArray(), handle => Holds(worker, handle)), $"{worker} is asked for no copy of what it holds");
        Require(worker.AwaitedBytes == worker.AwaitedReplicas.ToArray().Sum(handle => _tasks[handle].NBytes), $"{worker} counts the bytes that it awaits");
        Require(worker.InputBytes == 0, $"{worker} has no scratch left");
        if (!worker.TakesWork)
        {
            Require(worker is { OpenPlace: < 0, IdlePlace: < 0, BusyPlace: < 0, RunningPlace: < 0, AwaitedReplicas.Count: 0 }, $"{worker} is {worker.Status} and gets nothing (I5)");
            return;
        }

        Require(worker.ActiveCount >= SlotsOf(worker) || (worker.OpenPlace >= 0 && QueuedCount == 0), $"{worker} is given work while it has room and there is some");
        Require(worker.ActiveCount > 0 || worker.IdlePlace >= 0, $"{worker} has nothing to do and is known to");
        Require(worker.ActiveCount <= worker.Threads || worker.BusyPlace >= 0, $"{worker} has more than it has slots for and is known to");
    }
}
