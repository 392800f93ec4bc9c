using Engine.Collections;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>
/// Which worker runs what. Tasks without inputs wait in one queue, in order of priority, until a worker has room
/// (worker saturation), so that the most important one is always next; tasks with inputs go at once to where moving
/// their inputs and waiting for a slot takes least time. dask: <c>decide_worker</c>, <c>queued</c>.
/// </summary>
internal sealed partial class SchedulerStateMachine
{
    private readonly MonotoneQueue<QueuedRun> _queue = new();
    private readonly WorkerList _open = new(static (worker, place) => worker.OpenPlace = place);
    private readonly WorkerList _idle = new(static (worker, place) => worker.IdlePlace = place);
    private readonly WorkerList _busy = new(static (worker, place) => worker.BusyPlace = place);
    private readonly List<WorkerState> _holders = [];
    private readonly OrderedSet _unrunnable = new();
    private TimeSpan? _queuedSince; // Since when tasks have been queued while there is no worker at all.
    private int _turn;

    /// <summary>Runs in the queue, with those that were given up and have not come up yet.</summary>
    public int QueueLength => _queue.Count;

    /// <summary>Tasks in Queued that lie side by side.</summary>
    private readonly record struct QueuedRun(int Handle, int Count);

    private void Enqueue(int handle, int count)
    {
        SetStates(handle, count, SchedulerTaskState.Queued);
        QueuedCount += count;
        _queue.Enqueue(new QueuedRun(handle, count), OrderOf(handle));
    }

    /// <summary>Lower goes first: by the user's priority, then by arrival.</summary>
    private long OrderOf(int handle) => (-(long)_tasks[handle].Priority << 48) | _tasks.ArrivalOf(handle);

    /// <summary>Places a task whose inputs are all there.</summary>
    private void Place(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.State is not (SchedulerTaskState.Waiting or SchedulerTaskState.NoWorker) || task.WaitingOn > 0)
        {
            return;
        }

        if (_cutCount > 0 && NeedsWhatIsCutOff(ref task))
        {
            SetUnrunnable(handle);
        }
        else if (task.Extras?.Options is { IsRestricted: true } options)
        {
            PlaceRestricted(handle, options);
        }
        else if (task.FirstDependency == 0)
        {
            Enqueue(handle, 1);
        }
        else if (ChooseNear(ref task) is { } worker)
        {
            Assign(worker, handle, 1);
        }
        else
        {
            SetUnrunnable(handle);
        }
    }

    private void PlaceRestricted(int handle, TaskOptions options)
    {
        ref var task = ref _tasks[handle];
        CollectValid(options);
        if (_holders.Count == 0)
        {
            SetUnrunnable(handle);
            return;
        }

        if (task.State == SchedulerTaskState.NoWorker)
        {
            _unrunnable.Remove(handle);
        }

        var best = _holders[0];
        foreach (var worker in _holders)
        {
            if (CostOn(worker, ref task) < CostOn(best, ref task))
            {
                best = worker;
            }
        }

        Assign(best, handle, 1);
    }

    /// <summary>Collects the workers that meet a restriction.</summary>
    private void CollectValid(TaskOptions options)
    {
        _holders.Clear();
        foreach (var worker in _workers)
        {
            if (worker is { TakesWork: true } && options.Meets(worker.Resources) && options.Allows(worker.Address))
            {
                _holders.Add(worker);
            }
        }

        if (_holders.Count == 0 && options.AllowOtherWorkers)
        {
            _holders.AddRange(_workers.OfType<WorkerState>().Where(worker => worker.TakesWork && options.Meets(worker.Resources)));
        }
    }

    private bool MayRunOn(ref SchedulerTask task, WorkerState worker) =>
        task.Extras?.Options is not { IsRestricted: true } options
        || (options.Meets(worker.Resources) && (options.Allows(worker.Address) || options.AllowOtherWorkers));

    /// <summary>The worker on which a task would start first: of those that hold inputs, and one that has a free slot.</summary>
    private WorkerState? ChooseNear(ref SchedulerTask task)
    {
        var total = GatherHolders(ref task);
        WorkerState? best = null;
        var bestCost = double.MaxValue;
        foreach (var worker in _holders)
        {
            var cost = Cost(worker, total - worker.InputBytes);
            worker.InputBytes = 0;
            if (cost < bestCost && worker.TakesWork) // A holder may be paused or about to go (I5).
            {
                (best, bestCost) = (worker, cost);
            }
        }

        if (_idle.Count > 0 && (best is null || (best.IdlePlace < 0 && Cost(_idle.Last, total) < bestCost)))
        {
            return _idle.Last;
        }

        return best ?? LeastBusy();
    }

    private WorkerState? LeastBusy()
    {
        WorkerState? best = null;
        for (var i = 0; i < _runningWorkers.Count; i++)
        {
            best = best is null || WaitOf(_runningWorkers[i]) < WaitOf(best) ? _runningWorkers[i] : best;
        }

        return best;
    }

    /// <summary>Collects the holders of a task's inputs, and on each how many bytes it holds. Returns the bytes of all inputs.</summary>
    private long GatherHolders(ref SchedulerTask task)
    {
        _holders.Clear();
        long total = 0;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            ref var dependency = ref _tasks[_edges[number].Dependency];
            total += dependency.NBytes;
            AddHolder(_workers[dependency.Worker - 1]!, dependency.NBytes);
            if (dependency.Extras?.MoreHolders is { } more)
            {
                foreach (var holder in more)
                {
                    AddHolder(holder, dependency.NBytes);
                }
            }
        }

        return total;
    }

    private void AddHolder(WorkerState worker, long bytes)
    {
        if (worker.InputBytes == 0)
        {
            _holders.Add(worker);
        }

        worker.InputBytes += Math.Max(1, bytes);
    }

    private double CostOn(WorkerState worker, ref SchedulerTask task)
    {
        long missing = 0;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            ref var dependency = ref _tasks[_edges[number].Dependency];
            if (dependency.Worker != worker.Index + 1 && dependency.Extras?.MoreHolders?.Contains(worker) != true)
            {
                missing += dependency.NBytes;
            }
        }

        return Cost(worker, missing);
    }

    /// <summary>Seconds until a task could start on a worker: what it has to do, if no slot is free, and what has to be moved.</summary>
    private double Cost(WorkerState worker, long bytesToMove)
    {
        var wait = worker.ActiveCount < worker.Threads ? 0 : WaitOf(worker);
        return bytesToMove <= 0 ? wait : wait + _settings.TransferLatencySeconds + (bytesToMove / _settings.BandwidthBytesPerSecond);
    }

    /// <summary>Assigns tasks that lie side by side to a worker.</summary>
    private void Assign(WorkerState worker, int handle, int count)
    {
        ref var first = ref _tasks[handle];
        var isAhead = first.WaitingOn > 0;
        var estimate = isAhead ? 0 : _functions.Expected(first.Function);
        for (var i = 0; i < count; i++)
        {
            ref var task = ref _tasks[handle + i];
            task.Worker = worker.Index + 1;
            task.Estimate = estimate;
            task.Attempt++;
            Append(ref worker.Processing, handle + i, ref task);
            if (task.FirstDependent != 0)
            {
                _assigned.Enqueue(handle + i);
            }
        }

        SetStates(handle, count, SchedulerTaskState.Processing);
        worker.AheadCount += isAhead ? count : 0;
        worker.Occupancy += estimate * count;
        OnLoadGrown(worker);
        var perEntry = first.Work!.IsMap ? count : 1;
        for (var i = 0; i < count; i += perEntry)
        {
            SendCompute(worker, handle + i, perEntry);
        }
    }

    /// <summary>A worker has more to run: it may not be idle any more, or be worth taking work from.</summary>
    private void OnLoadGrown(WorkerState worker)
    {
        if (worker.IdlePlace >= 0 && worker.ActiveCount >= worker.Threads)
        {
            _idle.Remove(worker, worker.IdlePlace);
        }

        if (worker.BusyPlace < 0 && worker.TakesWork)
        {
            _busy.Set(worker, worker.BusyPlace, worker.ActiveCount > worker.Threads);
        }
    }

    private void SendCompute(WorkerState worker, int handle, int count)
    {
        ref var task = ref _tasks[handle];
        var batch = _outbox.Compute(worker);
        ref var compute = ref batch.Add();
        compute.Key = _tasks.KeyOf(handle);
        compute.Work = task.Work!;
        compute.Options = task.Extras?.Options;
        compute.Order = OrderOf(handle);
        compute.Element = task.Element;
        compute.Count = count;
        compute.Attempt = task.Attempt;
        compute.DependencyOffset = batch.DependencyCount;
        for (var number = task.FirstDependency; number != 0; number = _edges[number].NextDependency)
        {
            var dependency = _edges[number].Dependency;
            batch.AddDependency(new DependencyHolder
            {
                Key = _tasks.KeyOf(dependency),
                Holder = HolderFor(worker, ref _tasks[dependency]).Address,
            });
        }

        compute.DependencyCount = batch.DependencyCount - compute.DependencyOffset;
    }

    private WorkerState HolderFor(WorkerState worker, ref SchedulerTask dependency) =>
        dependency.Extras?.MoreHolders?.Contains(worker) == true ? worker : SourceOf(ref dependency);

    /// <summary>Gives queued tasks to workers with room, in runs, in order of priority.</summary>
    private void Pump()
    {
        while (QueuedCount > 0 && _open.Count > 0)
        {
            var worker = _idle.Count > 0
                ? LessBusy(_idle.Last, _idle[_turn++ % Math.Max(1, _idle.Count - 1)]) // Two different ones, if there are two.
                : LessBusy(_open[_turn++ % _open.Count], _open[_turn % _open.Count]);
            var share = Math.Max(1, (QueuedCount + _open.Count - 1) / _open.Count);
            var given = 0;
            while (TryPeekQueued(out var run, out var order)
                && Math.Min(RoomFor(worker, run.Handle), Math.Min(share, ComputeBatch.Capacity) - given) is > 0 and var room)
            {
                given += Take(worker, run, order, room);
            }

            if (given == 0 && worker.OpenPlace >= 0)
            {
                _open.Remove(worker, worker.OpenPlace); // No room for the task that is next.
                if (worker.IdlePlace >= 0)
                {
                    _idle.Remove(worker, worker.IdlePlace);
                }
            }
            else
            {
                UpdateRoom(worker);
            }
        }
    }

    /// <summary>The better of two: nearly as even as the best of all, and no look at all workers. Of equals the first.</summary>
    /// <remarks>M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001.</remarks>
    private static WorkerState LessBusy(WorkerState first, WorkerState second) =>
        (long)second.ActiveCount * first.Threads < (long)first.ActiveCount * second.Threads ? second : first;

    /// <summary>Finds the next run whose first task is still queued; what has left the queue meanwhile is skipped.</summary>
    private bool TryPeekQueued(out QueuedRun run, out long order)
    {
        while (_queue.TryPeek(out run, out order))
        {
            var skip = 0;
            while (skip < run.Count && !IsQueuedAt(run.Handle + skip, order + skip))
            {
                skip++;
            }

            if (skip == 0)
            {
                return true;
            }

            Requeue(run, order, skip);
        }

        return false;
    }

    // A row may have been forgotten and used for another task, which is queued in its own place.
    private bool IsQueuedAt(int handle, long order) =>
        _tasks.IsPresent(handle) && _tasks[handle].State == SchedulerTaskState.Queued && OrderOf(handle) == order;

    private int Take(WorkerState worker, QueuedRun run, long order, int most)
    {
        var count = 1;
        while (count < Math.Min(most, run.Count)
            && IsQueuedAt(run.Handle + count, order + count)
            && AreAlike(ref _tasks[run.Handle], ref _tasks[run.Handle + count]))
        {
            count++;
        }

        Requeue(run, order, count);
        QueuedCount -= count;
        Assign(worker, run.Handle, count);
        return count;
    }

    /// <summary>Whether tasks of one run can be assigned together. A run is of one map, or of no map.</summary>
    private static bool AreAlike(ref SchedulerTask task, ref SchedulerTask next) =>
        task.Attempt == next.Attempt && task.Function == next.Function; // Of one function: the same estimate.

    private void Requeue(QueuedRun run, long order, int taken)
    {
        _queue.TryDequeue(out _);
        if (taken < run.Count)
        {
            _queue.Enqueue(new QueuedRun(run.Handle + taken, run.Count - taken), order + taken);
        }
    }

    /// <summary>How many tasks like this one a worker may be given from the queue.</summary>
    private int RoomFor(WorkerState worker, int handle)
    {
        if (double.IsPositiveInfinity(_settings.WorkerSaturation))
        {
            return int.MaxValue;
        }

        var bySlots = SlotsOf(worker) - worker.ActiveCount;
        var estimate = _functions.Expected(_tasks[handle].Function);
        var byTime = ((worker.Threads * _settings.PrefetchSeconds) - worker.Occupancy) / estimate;
        return Math.Max(bySlots, (int)Math.Min(byTime, _settings.PrefetchMax - worker.ActiveCount));
    }

    private int SlotsOf(WorkerState worker) => Math.Max(1, (int)Math.Ceiling(worker.Threads * _settings.WorkerSaturation));

    /// <summary>Keeps the lists of workers with room, with a free slot, and with more than they have slots for; called when a worker's load has changed.</summary>
    private void UpdateRoom(WorkerState worker)
    {
        if (!worker.TakesWork)
        {
            return;
        }

        var isOpen = double.IsPositiveInfinity(_settings.WorkerSaturation)
            || worker.ActiveCount < SlotsOf(worker)
            || (worker.Occupancy < worker.Threads * _settings.PrefetchSeconds && worker.ActiveCount < _settings.PrefetchMax);
        _open.Set(worker, worker.OpenPlace, isOpen);
        _idle.Set(worker, worker.IdlePlace, isOpen && worker.ActiveCount < worker.Threads);
        _busy.Set(worker, worker.BusyPlace, worker.ActiveCount > worker.Threads);
    }

    private void SetUnrunnable(int handle)
    {
        ref var task = ref _tasks[handle];
        if (task.State == SchedulerTaskState.NoWorker)
        {
            _unrunnable.TryAdd(handle);
            return;
        }

        SetState(handle, ref task, SchedulerTaskState.NoWorker);
        (task.Extras ??= new SchedulerTaskExtras()).NoWorkerSince = _now;
        _unrunnable.Add(handle);
        LogEvent("no-worker", $"{Describe(handle)} waits: {Restriction(ref task)}");
    }

    private string Restriction(ref SchedulerTask task) =>
        NeedsWhatIsCutOff(ref task) ? "an input lies on a worker whose connection broke."
        : task.Extras?.Options is { IsRestricted: true } options
            ? $"no worker meets its restriction ({options.DescribeRestriction()}). Workers: {DescribeWorkers()}."
            : "there is no worker.";

    private TimeSpan? FirstUnrunnable()
    {
        TimeSpan? since = _unrunnable.First is { } handle ? _tasks[handle].Extras!.NoWorkerSince : null;
        return since is null || _queuedSince < since ? _queuedSince : since;
    }

    /// <summary>Remembers since when the queue has had no worker to go to, and says so.</summary>
    private void WatchQueue()
    {
        if (RunningCount > 0 || QueuedCount == 0)
        {
            _queuedSince = null;
        }
        else if (_queuedSince is null)
        {
            _queuedSince = _now;
            LogEvent("no-worker", $"{QueuedCount} tasks are queued and wait: there is no worker.");
        }
    }

    /// <summary>Fails what has waited too long for a worker that may run it.</summary>
    private void FailUnrunnable()
    {
        if (_queuedSince + _settings.NoWorkersTimeout <= _now)
        {
            while (TryPeekQueued(out var run, out _))
            {
                Fail(run.Handle, new TaskError(
                    TaskErrorKind.NoValidWorker,
                    _tasks.KeyOf(run.Handle),
                    $"{Describe(run.Handle)} has waited {_settings.NoWorkersTimeout} for a worker: there is no worker."));
            }
        }

        while (_settings.NoWorkersTimeout is { } limit && _unrunnable.First is { } handle
            && _tasks[handle].Extras!.NoWorkerSince + limit <= _now)
        {
            ref var task = ref _tasks[handle];
            Fail(handle, new TaskError(
                TaskErrorKind.NoValidWorker,
                _tasks.KeyOf(handle),
                $"{Describe(handle)} has waited {limit} for a worker: {Restriction(ref task)}"));
        }
    }
}
