using Engine.Clusters;
using Engine.Clusters.Machine;
using Engine.Plugins;
using Engine.Protocol;

namespace Engine.Tests.Simulation.Components;

/// <summary>A cluster with adaptive scaling, beside the scheduler, on a simulated cloud: starts fail and hang, hosts vanish, ends come late.</summary>
internal sealed class SimCluster : SimComponent, ISpecClusterSink
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMilliseconds(300);
    private readonly SpecClusterStateMachine _machine;
    private readonly AdaptiveStateMachine _adaptive;
    private readonly SimAsker _asker;
    private readonly SortedDictionary<string, Start> _starts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimHost> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<long> _scales = [];
    private ulong _hostCount;
    private long _scaleCount;
    private readonly Invariants.ScalingInvariants _scaling;
    private bool _isAdapting;
    private bool _isRoundPlanned;

    public SimCluster(World world, ulong place)
        : base(world, "cluster", place)
    {
        _machine = new SpecClusterStateMachine(world.Settings.Cluster, this);
        _adaptive = new AdaptiveStateMachine(
            new AdaptiveOptions { Minimum = Dice.Below(2), Maximum = 4, WaitCount = 1 + Dice.Below(2), TargetDuration = TimeSpan.FromMilliseconds(5) },
            1);
        _scaling = new Invariants.ScalingInvariants(world);
        _asker = new SimAsker(world, NextPlace(), "cluster asks");
        world.Scheduler.Subscribe(this);
    }

    /// <summary>Until when the cloud takes long to end a host.</summary>
    public TimeSpan KillsLateUntil { get; set; }

    public bool IsClosed { get; private set; }

    /// <summary>Whether all that was asked of it has been done.</summary>
    public bool IsAtRest => _scales.Count == 0 && _machine.Status is var status && status.Plan.SequenceEqual(status.Observed) && status.Plan.SequenceEqual(status.Requested);

    public IEnumerable<SimHost> Hosts => _hosts.Values;

    protected override TimeSpan? NextDeadline => _machine.NextDeadline;

    public string Describe() => $"plan {string.Join(' ', _machine.Status.Plan)}, requested {string.Join(' ', _machine.Status.Requested)}, "
        + $"observed {string.Join(' ', _machine.Status.Observed)}, {_scales.Count} changes of size open";

    public void Scale(int workers, RetirementOptions? options) => Post(() =>
    {
        _isAdapting = false; // As by hand.
        _scales.Add(++_scaleCount);
        _machine.OnScale(_scaleCount, workers, options, World.Now);
    });

    public void Adapt(bool isOn) => Post(() =>
    {
        _isAdapting = isOn;
        PlanRound();
    });

    public void Close() => Post(() =>
    {
        _isAdapting = false;
        _machine.OnClose(World.Now);
    });

    /// <summary>The scheduler tells of members as they come and go.</summary>
    public void Observe(object happened)
    {
        switch (happened)
        {
            case WorkerAdded { Worker: var worker }:
                Post(() => _machine.OnWorkerAdded(worker, World.Now));
                break;
            case WorkerRemoved removed:
                Post(() => _machine.OnWorkerRemoved(removed.Worker.Id, removed.Reason, World.Now));
                break;
        }
    }

    protected override void Handle(in Arrival arrival) => throw new NotSupportedException("It is in the scheduler's process.");

    protected override void Tick() => _machine.Tick(World.Now);

    protected override void EndTurn()
    {
        _machine.Settle();
        _machine.Validate();
    }

    void ISpecClusterSink.Start(WorkerSpec spec)
    {
        World.Tracer.Add("starts a host", Place, (ulong)spec.Place);
        var start = new Start(spec);
        _starts.Add(spec.Name, start);
        var outcome = World.Now < World.StartsFailUntil ? Dice.Below(4) : 3;
        var takes = Dice.Milliseconds(1, 40);
        switch (outcome)
        {
            case 0:
                Post(() => FailStart(start, new IOException("no machine")), takes);
                break;
            case 1:
                Post(() => EndStart(start), s_startLimit * 3); // It doesn't heed its time limit.
                Post(() => Hang(start), s_startLimit);
                break;
            default:
                Post(() => EndStart(start), takes);
                break;
        }
    }

    void ISpecClusterSink.CancelStart(string name)
    {
        var start = _starts[name];
        if (Dice.OneIn(2))
        {
            Post(() => FailStart(start, new OperationCanceledException()), Dice.Milliseconds(0, 10)); // Otherwise it comes too late.
        }
    }

    void ISpecClusterSink.Choose(long choice, int count) =>
        _asker.Ask(new WorkersToCloseRequest(new WorkersToClose { Count = count }), (value, error) => Post(() =>
        {
            if (value is IReadOnlyList<WorkerInfo> chosen)
            {
                _machine.OnChosen(choice, [.. chosen.Select(static worker => worker.Id)], World.Now);
            }
            else
            {
                _machine.OnChoiceFailed(choice, error!, World.Now);
            }
        }));

    void ISpecClusterSink.Retire(IReadOnlyList<WorkerId> workers, RetirementOptions? options) =>
        _asker.Ask(new RetireRequest(WorkerSelector.ById(workers), RetirementTerms.Of(options)), (value, error) => Post(
            () => _machine.OnRetirement(workers, (value as RetirementReport)?.Rows ?? [], error, World.Now)));

    void ISpecClusterSink.Stop(string name, ProvisionedWorker host, RetirementRow row)
    {
        World.Watch.EndsHost(name, row);
        World.Tracer.Add("ends a host", Place, (ulong)row.Id.Number);
        var late = World.Now < KillsLateUntil;
        if (late && Dice.OneIn(4))
        {
            Post(() => _machine.OnStopFailed(name, new IOException("the cloud is busy"), World.Now), Dice.Milliseconds(1, 20));
            return;
        }

        Post(
            () =>
            {
                if (_hosts.Remove(name, out var ended))
                {
                    ended.Ended = null;
                    ended.PowerOff();
                }

                _machine.OnStopped(name, World.Now);
            },
            late ? Dice.Milliseconds(50, 400) : Dice.Milliseconds(0, 10));
    }

    void ISpecClusterSink.WorkerRefused(string name, RetirementRow row)
    {
        _scaling.Refused(name);
        _adaptive.OnRefused(name, World.Now);
    }

    void ISpecClusterSink.Failed(ClusterError error)
    {
        // For people.
    }

    void ISpecClusterSink.ScaleEnded(long scale, ScaleReport? report)
    {
        if (!_scales.Remove(scale))
        {
            throw new SimFailure("I6", $"each change of size ends once, but {scale} ends again");
        }
    }

    void ISpecClusterSink.CloseScheduler() => Post(() => _machine.OnSchedulerClosed(World.Now), Dice.Milliseconds(0, 5));

    void ISpecClusterSink.Closed() => IsClosed = true;

    private void EndStart(Start start)
    {
        if (!_starts.Remove(start.Spec.Name))
        {
            return;
        }

        var name = start.Spec.Name;
        var host = new SimHost(World, Chance.SplitMix.Mix(Place, ++_hostCount + 1000), name, Dice.Percent(70), Dice.OneIn(3) ? Watchdog.Stubborn : Watchdog.None);
        World.Hosts.Add(host);
        _hosts.Add(name, host);
        host.Ended = () => Post(
            () =>
            {
                _hosts.Remove(name);
                _machine.OnHostEnded(name, World.Now);
            },
            Dice.Milliseconds(0, 10));
        host.Start();
        _machine.OnStarted(name, new ProvisionedWorker(name, Task.CompletedTask), World.Now);
    }

    private void FailStart(Start start, Exception error)
    {
        if (_starts.Remove(start.Spec.Name))
        {
            _machine.OnStartFailed(start.Spec.Name, error, World.Now);
        }
    }

    private void Hang(Start start)
    {
        if (_starts.ContainsKey(start.Spec.Name))
        {
            _machine.OnStartHangs(start.Spec.Name, World.Now);
        }
    }

    private void PlanRound()
    {
        if (_isAdapting && !_isRoundPlanned)
        {
            _isRoundPlanned = true;
            Post(Round, Dice.Milliseconds(3, 20));
        }
    }

    private void Round()
    {
        _isRoundPlanned = false;
        if (_isAdapting)
        {
            _asker.Ask(new ClusterLoadRequest(), (value, _) => Post(() => Decide((ClusterLoad?)value)));
        }
    }

    private void Decide(ClusterLoad? load)
    {
        if (load is null || !_isAdapting)
        {
            PlanRound();
            return;
        }

        var target = _adaptive.Target(load);
        var plan = _machine.Plan;
        Invariants.Watch.Require(
            "I8",
            target >= _adaptive.Options.Minimum && target <= _adaptive.Options.Maximum,
            $"adaptive scaling wants {_adaptive.Options.Minimum} to {_adaptive.Options.Maximum} workers, not {target}");
        if (target >= plan.Count)
        {
            Decide(target, plan, []);
            return;
        }

        _asker.Ask(new WorkersToCloseRequest(new WorkersToClose { Minimum = _adaptive.Options.Minimum }), (value, _) => Post(
            () => Decide(target, plan, value as IReadOnlyList<WorkerInfo> ?? [])));
    }

    private void Decide(int target, IReadOnlyList<PlannedWorker> plan, IReadOnlyList<WorkerInfo> dispensable)
    {
        var decision = _adaptive.Decide(target, plan, dispensable, World.Now);
        _scaling.Decided(decision, target, plan, dispensable, _adaptive.Options);
        Apply(decision);
    }

    private void Apply(AdaptiveDecision decision)
    {
        if (_isAdapting && decision.GrowTo > 0)
        {
            _machine.OnGrow(decision.GrowTo, World.Now);
        }
        else if (_isAdapting && decision.Remove.Count > 0)
        {
            _machine.OnRemove(decision.Remove, _adaptive.Options.Retirement, World.Now);
        }

        PlanRound();
    }

    private sealed record Start(WorkerSpec Spec);
}
