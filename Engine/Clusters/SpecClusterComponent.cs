using System.Globalization;
using Engine.Clusters.Machine;
using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Runtime;

namespace Engine.Clusters;

/// <summary>The shell of a cluster: feeds its machine and carries out what it decides, on a scheduler and a provisioner.</summary>
/// <remarks>Carrying out is in SpecClusterComponent.Sink.cs.</remarks>
#pragma warning disable CA1001 // The token source has no timer and no wait handle: it has nothing to dispose.
internal sealed partial class SpecClusterComponent : Component
#pragma warning restore CA1001
{
    private const string Topic = "cluster";

    private readonly IClusterScheduler _scheduler;
    private readonly IWorkerProvisioner _provisioner;
    private readonly SpecClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly TaskScheduler _taskScheduler;
    private readonly SpecClusterStateMachine _machine;
    private readonly bool _validate;
    private readonly long _started;
    private readonly ITimer _deadline;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<string, CancellationTokenSource> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, TaskCompletionSource<ScaleReport?>> _scales = [];
    private readonly Lock _adaptiveGate = new();
    private Adaptive? _adaptive;
    private bool _isClosed;
    private long _scaleCount;
    private TimeSpan? _now;
    private TimeSpan? _armedFor;

    /// <summary>Makes a cluster without workers. Its scheduler is to be its own: it closes it.</summary>
    public SpecClusterComponent(
        IClusterScheduler scheduler,
        IWorkerProvisioner provisioner,
        SpecClusterOptions options,
        TimeProvider time,
        TaskScheduler taskScheduler,
        bool validate = false)
        : base(EngineMeter.Of(options.MeterFactory), "cluster")
    {
        (_scheduler, _provisioner, _options, _time, _taskScheduler) = (scheduler, provisioner, options.Copy(), time, taskScheduler);
        (_validate, _started) = (validate, time.GetTimestamp());
        _machine = new SpecClusterStateMachine(
            new SpecClusterSettings
            {
                SchedulerAddress = scheduler.Address,
                Threads = _options.ThreadsPerWorker,
                MemoryLimit = _options.MemoryPerWorker,
                WorkerName = WorkerName,
                WorkerStartTimeout = _options.WorkerStartTimeout,
                LostWorkerTimeout = _options.LostWorkerTimeout,
                RetryDelay = _options.RetryDelay,
                RetryDelayMax = _options.RetryDelayMax,
            },
            this);
        _deadline = time.CreateTimer(
            _ => Post((machine, now) =>
            {
                _armedFor = null;
                machine.Tick(now);
            }),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Where its workers connect.</summary>
    public string SchedulerAddress => _scheduler.Address;

    /// <summary>Tasks that each of its workers runs at the same time.</summary>
    public int ThreadsPerWorker => _options.ThreadsPerWorker;

    /// <summary>Ends when the cluster has closed: its scheduler too, and no host is left.</summary>
    public Task Closed => _closed.Task;

    public void Start()
    {
        Start(_taskScheduler);
        _scheduler.Subscribe(
            member => Post((machine, now) => machine.OnWorkerAdded(member, now)),
            (member, reason) => Post((machine, now) => machine.OnWorkerRemoved(member.Id, reason, now)));
    }

    /// <summary>Changes the size, by hand: it no longer adapts.</summary>
    /// <exception cref="ObjectDisposedException">The cluster is closed, or closed before the size was reached.</exception>
    public async Task<ScaleReport> ScaleAsync(ClusterSize size, RetirementOptions? options, CancellationToken cancellationToken)
    {
        using var activity = EngineActivities.StartScaling();
        try
        {
            var report = await EndOfScalingAsync(size, options, cancellationToken);
            EngineActivities.Describe(activity, report);
            return report;
        }
        catch (Exception error)
        {
            EngineActivities.Fail(activity, error);
            throw;
        }
    }

    private async Task<ScaleReport> EndOfScalingAsync(ClusterSize size, RetirementOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options?.Validate();
        var workers = size.ToWorkers(_options.ThreadsPerWorker, _options.MemoryPerWorker);
        var retirement = options is null ? null : SpecCluster.Copy(options);
        StopAdapting("the cluster was scaled by hand");
        var ended = new TaskCompletionSource<ScaleReport?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post((machine, now) =>
        {
            var scale = ++_scaleCount;
            _scales.Add(scale, ended);
            machine.OnScale(scale, workers, retirement, now);
        });
        return await BeforeClosingAsync(ended.Task, cancellationToken)
            ?? throw new ObjectDisposedException(nameof(SpecCluster), "The cluster closed before it had the size that was asked for.");
    }

    /// <summary>Has at least so many workers; for adaptive scaling.</summary>
    public void Grow(int workers) => Post((machine, now) => machine.OnGrow(workers, now));

    /// <summary>Does without these workers; for adaptive scaling.</summary>
    public void Remove(IReadOnlyList<string> names, RetirementOptions options) => Post((machine, now) => machine.OnRemove(names, options, now));

    public Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken) => AskAsync(static machine => machine.Status, cancellationToken);

    public Task<IReadOnlyList<PlannedWorker>> GetPlanAsync(CancellationToken cancellationToken) => AskAsync(static machine => machine.Plan, cancellationToken);

    /// <summary>Adapts the size from now on. One loop, however often it is called; the latest options hold.</summary>
    /// <exception cref="ObjectDisposedException">The cluster is closed.</exception>
    public Adaptive Adapt(AdaptiveOptions options)
    {
        var copy = options.Copy();
        lock (_adaptiveGate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SpecCluster));
            return _adaptive?.TryChange(copy) == true
                ? _adaptive
                : _adaptive = new Adaptive(this, _scheduler, copy, _time, _taskScheduler);
        }
    }

    /// <summary>Closes the scheduler, then ends all hosts. Idempotent.</summary>
    public Task CloseAsync()
    {
        StopAdapting("the cluster closed", forGood: true);
        _closing.Cancel();
        Post(static (machine, now) => machine.OnClose(now));
        return _closed.Task;
    }

    protected override void Handle(in Envelope envelope)
    {
        _now ??= _time.GetElapsedTime(_started);
        ((Step)envelope.Message!).Take(_machine, _now.Value);
    }

    protected override void EndTurn()
    {
        _now = null;
        _machine.Settle();
        if (_validate)
        {
            _machine.Validate();
        }

        ArmDeadline();
    }

    protected override void Fail(Exception exception)
    {
        LogEvent(exception);
        StopAdapting("the cluster failed", forGood: true);
        foreach (var host in _machine.Hosts.ToList())
        {
            EndOrphan(host, $"the cluster failed: {exception.Message}");
        }

        Run(CloseSchedulerAsync);
        End();
    }

    private bool Post(Action<SpecClusterStateMachine, TimeSpan> take) => Inbox.Post(new Step(take));

    private async Task<T> AskAsync<T>(Func<SpecClusterStateMachine, T> ask, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post((machine, _) => answer.SetResult(ask(machine)));
        return await BeforeClosingAsync(answer.Task, cancellationToken);
    }

    /// <summary>Waits for an answer of the loop, which gives none once it has ended.</summary>
    private async Task<T> BeforeClosingAsync<T>(Task<T> answer, CancellationToken cancellationToken)
    {
        await Task.WhenAny(answer.OnOwnScheduler(), _closed.Task.OnOwnScheduler()).WaitAsync(cancellationToken);
        return answer.IsCompleted ? await answer : throw new ObjectDisposedException(nameof(SpecCluster), "The cluster is closed.");
    }

    private void StopAdapting(string reason, bool forGood = false)
    {
        Adaptive? adaptive;
        lock (_adaptiveGate)
        {
            _isClosed |= forGood;
            (adaptive, _adaptive) = (_adaptive, null);
        }

        adaptive?.Stop(reason);
    }

    private void ArmDeadline()
    {
        if (_machine.NextDeadline is { } deadline && deadline != _armedFor)
        {
            _armedFor = deadline;
            var due = deadline - _time.GetElapsedTime(_started);
            _deadline.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private string WorkerName(int place) =>
        _options.WorkerName?.Invoke(place) is { Length: > 0 } name ? name : place.ToString(CultureInfo.InvariantCulture);

    /// <summary>Something for the machine: an event with all that it says.</summary>
    private sealed class Step(Action<SpecClusterStateMachine, TimeSpan> take) : Message
    {
        public Action<SpecClusterStateMachine, TimeSpan> Take { get; } = take;
    }
}
