using System.Globalization;
using Engine.Plugins;

namespace Engine.Clusters.Machine;

/// <summary>A worker of a cluster's plan: its name, and its incarnation if it is a member (number 0 if not).</summary>
internal readonly record struct PlannedWorker(string Name, WorkerId Id);

/// <summary>
/// All decisions of a cluster about its workers: the plan against what is there. Events go in with the time, instructions come out
/// through the sink. A step is one or more events followed by <see cref="Settle"/>.
/// </summary>
/// <remarks>
/// <para>
/// dask: <c>SpecCluster._correct_state</c>. Files: Hosts (starting and ending), Members (news of the scheduler), Scale (the plan),
/// Validate. An event changes one worker and touches it; <see cref="Reconcile"/> is the one place that acts on the difference
/// between what is wanted and what is there.
/// </para>
/// <para>A host whose worker is a member is ended only with a row that says Retired or Vanished, but for the end of the cluster.</para>
/// </remarks>
internal sealed partial class SpecClusterStateMachine(SpecClusterSettings settings, ISpecClusterSink sink)
{
    private const int ErrorLogLength = 100;

    private readonly SortedDictionary<long, SpecWorker> _workers = [];
    private readonly Dictionary<string, SpecWorker> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<WorkerId, SpecWorker> _byId = [];
    private readonly PriorityQueue<SpecWorker, TimeSpan> _deadlines = new();
    private readonly Queue<SpecWorker> _touched = new();
    private readonly List<SpecWorker> _toRetire = [];
    private readonly Dictionary<WorkerId, SpecWorker> _retiring = [];
    private readonly Queue<ClusterError> _errors = new();
    private long _workerCount;
    private int _placeCount;
    private int _target;
    private int _wantedCount;
    private int _settledCount;
    private int _hangingCount;
    private bool _isClosing;
    private bool _isSchedulerClosed;
    private TimeSpan _now;

    /// <summary>Whether the cluster has closed: no host is left, but for those whose start never ended.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>When <see cref="Tick"/> has something to do, as a time of the steps; null: never.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            while (_deadlines.TryPeek(out var worker, out var deadline))
            {
                if (worker.Deadline == deadline)
                {
                    return deadline;
                }

                _deadlines.Dequeue(); // It was moved or dropped.
            }

            return null;
        }
    }

    /// <summary>The hosts that there are, for whoever has to end them when the machine has failed.</summary>
    public IEnumerable<ProvisionedWorker> Hosts => _workers.Values.Select(static worker => worker.Host).OfType<ProvisionedWorker>();

    /// <summary>What is wanted and what is there.</summary>
    public ClusterStatus Status => new(
        [.. from worker in _workers.Values where worker.IsWanted select worker.Name],
        [.. from worker in _workers.Values where worker.State is not (SpecWorkerState.Waiting or SpecWorkerState.Stopping) && !worker.IsStartCancelled select worker.Name],
        [.. from worker in _workers.Values where worker.State is SpecWorkerState.Member or SpecWorkerState.Retiring && worker.IsMember select worker.Name],
        [.. _errors]);

    /// <summary>The plan for those who choose from it, in the order in which the workers were wanted.</summary>
    public IReadOnlyList<PlannedWorker> Plan =>
    [
        .. from worker in _workers.Values
           where worker.IsWanted
           select new PlannedWorker(worker.Name, worker.IsMember ? worker.Id : default),
    ];

    /// <summary>Takes the time: what was due is done.</summary>
    public void Tick(TimeSpan now)
    {
        _now = now;
        while (NextDeadline is { } deadline && deadline <= now)
        {
            var worker = _deadlines.Dequeue();
            worker.Deadline = null;
            switch (worker.State)
            {
                case SpecWorkerState.Absent:
                    Lose(worker, worker.Id == default
                        ? $"its worker did not become a member within {settings.WorkerStartTimeout.TotalSeconds} s after its host was started"
                        : $"its worker left ({worker.LeftBecause}) and did not come back within {settings.LostWorkerTimeout.TotalSeconds} s");
                    break;
                case SpecWorkerState.Stopping:
                    SendStop(worker);
                    break;
                default:
                    Touch(worker);
                    break;
            }
        }
    }

    /// <summary>The cluster closes: nothing is started or retired from now on, and when the scheduler is closed the hosts are ended.</summary>
    public void OnClose(TimeSpan now)
    {
        _now = now;
        if (_isClosing)
        {
            return;
        }

        _isClosing = true;
        if (_scale is { } scale)
        {
            _scale = null;
            sink.ScaleEnded(scale.Number, null);
        }

        _choice = 0;
        _target = 0;
        foreach (var worker in _workers.Values)
        {
            Unwant(worker, null, 0);
            if (worker.State != SpecWorkerState.Stopping)
            {
                SetDeadline(worker, null);
            }
        }

        sink.CloseScheduler();
    }

    /// <summary>The scheduler has closed, or did not in its time: no worker has anything more to lose.</summary>
    public void OnSchedulerClosed(TimeSpan now)
    {
        _now = now;
        _isSchedulerClosed = true;
        foreach (var worker in _workers.Values)
        {
            Touch(worker);
        }
    }

    /// <summary>Ends a step: what is there is brought nearer to what is wanted.</summary>
    public void Settle()
    {
        while (_wantedCount < _target)
        {
            Want(WorkerAt(new SpecPlace(_placeCount++)));
        }

        while (_touched.TryDequeue(out var worker))
        {
            worker.IsTouched = false;
            if (_workers.ContainsKey(worker.Number))
            {
                Reconcile(worker);
            }
        }

        SendRetirements();
        EndScaleIfDone();
        if (_isSchedulerClosed && !IsClosed && _workers.Count == _hangingCount)
        {
            IsClosed = true;
            sink.Closed();
        }
    }

    private void Reconcile(SpecWorker worker)
    {
        switch (worker.State)
        {
            case SpecWorkerState.Waiting when !worker.IsWanted:
                Forget(worker);
                break;
            case SpecWorkerState.Waiting when worker.Deadline is null:
                worker.State = SpecWorkerState.Starting;
                sink.Start(new WorkerSpec
                {
                    Name = worker.Name,
                    SchedulerAddress = settings.SchedulerAddress,
                    Threads = settings.Threads,
                    MemoryLimit = settings.MemoryLimit,
                    Place = worker.Place.Number,
                });
                break;
            case SpecWorkerState.Starting when !worker.IsWanted && !worker.IsStartCancelled && (!worker.IsMember || _isClosing):
                worker.IsStartCancelled = true; // A member is not cancelled: that would end its host without a report. It is retired later.
                sink.CancelStart(worker.Name);
                break;
            case SpecWorkerState.Absent or SpecWorkerState.Member or SpecWorkerState.Retiring when _isClosing:
                if (_isSchedulerClosed)
                {
                    Stop(worker, RowOf(worker, "the cluster closed"));
                }

                break;
            case SpecWorkerState.Stopping when _isSchedulerClosed && worker.Deadline is not null:
                SetDeadline(worker, null);
                SendStop(worker);
                break;
            case SpecWorkerState.Absent when !worker.IsWanted:
                Stop(worker, RowOf(worker, "it was no longer wanted and is not a member"));
                break;
            case SpecWorkerState.Member when !worker.IsWanted:
                _toRetire.Add(worker);
                break;
        }
    }

    /// <summary>Puts a worker on the list of those to look at before the step ends.</summary>
    private void Touch(SpecWorker worker)
    {
        if (!worker.IsTouched)
        {
            worker.IsTouched = true;
            _touched.Enqueue(worker);
        }
    }

    private void SetState(SpecWorker worker, SpecWorkerState state)
    {
        _settledCount += Settled(worker.IsWanted, state) - Settled(worker.IsWanted, worker.State);
        worker.State = state;
        Touch(worker);
    }

    private static int Settled(bool isWanted, SpecWorkerState state) => isWanted && state == SpecWorkerState.Member ? 1 : 0;

    private void SetDeadline(SpecWorker worker, TimeSpan? deadline)
    {
        worker.Deadline = deadline;
        if (deadline is { } time)
        {
            _deadlines.Enqueue(worker, time);
        }
    }

    /// <summary>Takes a worker that is new or was refused into the plan.</summary>
    private void Want(SpecWorker worker)
    {
        if (_workers.TryAdd(worker.Number, worker))
        {
            _byName.Add(worker.Name, worker);
        }

        worker.IsWanted = true;
        _wantedCount++;
        _settledCount += Settled(true, worker.State);
        Touch(worker);
    }

    /// <summary>Takes a worker out of the plan. Taking it from the cluster is up to <see cref="Reconcile"/>.</summary>
    private void Unwant(SpecWorker worker, RetirementOptions? options, long scale)
    {
        if (worker.IsWanted)
        {
            _wantedCount--;
            _settledCount -= Settled(true, worker.State);
            (worker.IsWanted, worker.Retirement, worker.Scale) = (false, options, scale);
        }

        Touch(worker);
    }

    private void Forget(SpecWorker worker)
    {
        _workers.Remove(worker.Number);
        _byName.Remove(worker.Name);
        if (worker.Id != default)
        {
            _byId.Remove(worker.Id);
        }

        SetDeadline(worker, null);
        _hangingCount -= worker.DoesStartHang ? 1 : 0;
    }

    /// <summary>The next worker of a place, under a name that none had before, provided that places have different ones.</summary>
    private SpecWorker WorkerAt(SpecPlace place)
    {
        var ofPlace = settings.WorkerName(place.Number);
        string name;
        do
        {
            place.Generations++;
            name = place.Generations == 1 ? ofPlace : string.Create(CultureInfo.InvariantCulture, $"{ofPlace}-{place.Generations}");
        }
        while (_byName.ContainsKey(name));

        return new SpecWorker(++_workerCount, name, place);
    }

    private void Report(SpecWorker worker, string message, Exception? cause = null)
    {
        var error = new ClusterError(worker.Name, message, cause);
        _errors.Enqueue(error);
        if (_errors.Count > ErrorLogLength)
        {
            _errors.Dequeue();
        }

        sink.Failed(error);
    }
}
