using System.Diagnostics.CodeAnalysis;
using Engine.Clusters.Machine;
using Engine.Plugins;

namespace Engine.Tests.TestKit.Clusters;

/// <summary>
/// A made-up provisioner and scheduler around the machine of a cluster, in which a seed decides what happens next. It knows which
/// hosts and members there really are, and so whether the machine ends one that it must not.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "The order is to be repeatable, not secret.")]
internal sealed class SpecClusterWorld : ISpecClusterSink
{
    private readonly Random _random;
    private readonly SpecClusterStateMachine _machine;
    private readonly List<string> _starts = [];
    private readonly HashSet<string> _hanging = [];
    private readonly List<(long Choice, int Count)> _choices = [];
    private readonly List<IReadOnlyList<WorkerId>> _retirements = [];
    private readonly List<(string Name, RetirementRow Row)> _stops = [];
    private readonly SortedDictionary<string, SimulatedHost> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, ScaleReport?> _reports = [];
    private bool _mustCloseScheduler;
    private bool _isClosing;
    private bool _isClosed;
    private long _idCount;
    private long _scaleCount;
    private TimeSpan _now;

    public SpecClusterWorld(int seed)
    {
        _random = new Random(seed);
        _machine = new SpecClusterStateMachine(new SpecClusterSettings { SchedulerAddress = "inproc://scheduler" }, this);
    }

    /// <summary>Things go wrong.</summary>
    public void Shake(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step(Next);
        }
    }

    /// <summary>Things go well from now on: the cluster has to reach the size that is asked for.</summary>
    public void Recover()
    {
        var workers = _random.Next(6);
        Step(() => _machine.OnScale(++_scaleCount, workers, null, _now));
        RunOut();
        var status = _machine.Status;
        Assert.True(_reports.TryGetValue(_scaleCount, out var report), "The last change of size ended.");
        Assert.Equal((ScaleOutcome.Reached, workers), (report!.Outcome, report.Planned));
        Assert.Equal(_scaleCount, _reports.Count); // Every change of size ended once.
        Assert.Equal(status.Plan, status.Requested);
        Assert.Equal(status.Plan, status.Observed);
        Assert.Equal(status.Plan.Order(StringComparer.Ordinal), _hosts.Where(static host => host.Value.IsMember).Select(static host => host.Key));
        Assert.All(_hosts.Values, static host => Assert.Equal(host.IsAlive, host.IsMember));
    }

    public void Close()
    {
        _isClosing = true;
        Step(() => _machine.OnClose(_now));
        RunOut();
        Assert.True(_isClosed, "The cluster closed.");
        Assert.All(_hosts.Values, static host => Assert.False(host.IsAlive));
    }

    void ISpecClusterSink.Start(WorkerSpec spec)
    {
        Assert.DoesNotContain(spec.Name, _starts);
        Assert.False(_hosts.ContainsKey(spec.Name) && _hosts[spec.Name].WasStarted, "A name is one host's.");
        _starts.Add(spec.Name);
    }

    void ISpecClusterSink.CancelStart(string name) => Assert.Contains(name, _starts);

    void ISpecClusterSink.Choose(long choice, int count) => _choices.Add((choice, count));

    void ISpecClusterSink.Retire(IReadOnlyList<WorkerId> workers, RetirementOptions? options)
    {
        Assert.False(_isClosing);
        _retirements.Add(workers);
    }

    void ISpecClusterSink.Stop(string name, ProvisionedWorker host, RetirementRow row)
    {
        Assert.NotEqual(RetirementOutcome.Refused, row.Outcome);
        Assert.True(_isClosing || !_hosts[name].IsAlive || !_hosts[name].IsMember, $"{name} is a member and its host is ended.");
        _stops.Add((name, row));
    }

    void ISpecClusterSink.WorkerRefused(string name, RetirementRow row)
    {
    }

    void ISpecClusterSink.Failed(ClusterError error)
    {
    }

    void ISpecClusterSink.ScaleEnded(long scale, ScaleReport? report) => _reports.Add(scale, report);

    void ISpecClusterSink.CloseScheduler() => _mustCloseScheduler = true;

    void ISpecClusterSink.Closed() => _isClosed = true;

    private void Step(Action take)
    {
        take();
        _machine.Settle();
        _machine.Validate();
    }

    private void Next()
    {
        switch (_random.Next(12))
        {
            case 0:
                _machine.OnScale(++_scaleCount, _random.Next(8), null, _now);
                break;
            case 1 when _random.Next(2) == 0:
                _machine.OnGrow(_random.Next(8), _now);
                break;
            case 1:
                _machine.OnRemove([.. _machine.Plan.Select(static worker => worker.Name).Where(_ => _random.Next(3) == 0)], new RetirementOptions(), _now);
                break;
            case 2 or 3 or 4:
                EndStart(_random.Next(8));
                break;
            case 5 or 6:
                Join(Any(_hosts.Where(static host => host.Value.IsAlive && !host.Value.IsMember)));
                break;
            case 7:
                Die(Any(_hosts.Where(static host => host.Value.IsAlive)), hostDies: _random.Next(2) == 0);
                break;
            case 8:
                AnswerChoice(isGood: false);
                break;
            case 9:
                AnswerRetirement(isGood: false);
                break;
            case 10:
                EndStop(isGood: _random.Next(2) == 0);
                break;
            default:
                _now += TimeSpan.FromSeconds(_random.Next(20));
                _machine.Tick(_now);
                break;
        }
    }

    /// <summary>Answers everything well until nothing is left to answer and no time to wait for.</summary>
    private void RunOut()
    {
        for (var i = 0; i < 1_000; i++)
        {
            if (_starts.Count > 0)
            {
                Step(() => EndStart(how: 0));
            }
            else if (Any(_hosts.Where(static host => host.Value.IsAlive && !host.Value.IsMember)) is { Name: not null } absent
                && !_mustCloseScheduler && !_isClosing && !_stops.Exists(stop => stop.Name == absent.Name))
            {
                Step(() => Join(absent));
            }
            else if (_choices.Count > 0)
            {
                Step(() => AnswerChoice(isGood: true));
            }
            else if (_retirements.Count > 0)
            {
                Step(() => AnswerRetirement(isGood: true));
            }
            else if (_stops.Count > 0)
            {
                Step(() => EndStop(isGood: true));
            }
            else if (_mustCloseScheduler)
            {
                _mustCloseScheduler = false;
                Step(() => _machine.OnSchedulerClosed(_now));
            }
            else if (_machine.NextDeadline is { } deadline)
            {
                _now = deadline > _now ? deadline : _now;
                Step(() => _machine.Tick(_now));
            }
            else
            {
                return;
            }
        }

        Assert.Fail("The cluster never came to rest.");
    }

    /// <summary>Ends a start: 0 to 3 well, 4 early a member, 5 it hangs, 6 and 7 badly.</summary>
    private void EndStart(int how)
    {
        if (_starts.Count == 0)
        {
            return;
        }

        var name = _starts[_random.Next(_starts.Count)];
        var host = _hosts.TryGetValue(name, out var known) ? known : _hosts[name] = new SimulatedHost(name);
        switch (how)
        {
            case 4:
                host.IsAlive = true;
                Join((name, host));
                break;
            case 5 when _hanging.Add(name):
                _machine.OnStartHangs(name, _now);
                break;
            case 6 or 7:
                _starts.Remove(name);
                Vanish(host, CloseReason.Crashed);
                host.IsAlive = false;
                _machine.OnStartFailed(name, new IOException("no machine"), _now);
                break;
            default:
                _starts.Remove(name);
                host.IsAlive = host.WasStarted = true;
                _machine.OnStarted(name, host.Handle, _now);
                break;
        }
    }

    private void Join((string? Name, SimulatedHost? Host) worker)
    {
        if (worker.Host is { IsMember: false } host)
        {
            host.Id = new WorkerId(++_idCount);
            host.IsMember = true;
            _machine.OnWorkerAdded(new WorkerInfo { Id = host.Id, Name = worker.Name!, Address = "inproc://any", Threads = 1 }, _now);
        }
    }

    private void Vanish(SimulatedHost host, CloseReason reason)
    {
        if (host.IsMember)
        {
            host.IsMember = false;
            _machine.OnWorkerRemoved(host.Id, reason, _now);
        }
    }

    /// <summary>A worker ends by itself: alone, or with its host, of which the cluster may hear before it hears of the worker.</summary>
    private void Die((string? Name, SimulatedHost? Host) worker, bool hostDies)
    {
        if (worker.Host is not { } host)
        {
            return;
        }

        if (hostDies && host.WasStarted && _random.Next(2) == 0)
        {
            host.IsAlive = false;
            _machine.OnHostEnded(host.Name, _now);
            Vanish(host, CloseReason.Crashed);
            return;
        }

        Vanish(host, CloseReason.Crashed);
        if (hostDies && host.WasStarted)
        {
            host.IsAlive = false;
            _machine.OnHostEnded(host.Name, _now);
        }
    }

    private void AnswerChoice(bool isGood)
    {
        if (_choices.Count == 0)
        {
            return;
        }

        var (choice, count) = _choices[0];
        _choices.RemoveAt(0);
        if (!isGood && _random.Next(4) == 0)
        {
            _machine.OnChoiceFailed(choice, new IOException("no scheduler"), _now);
            return;
        }

        // Those that are leaving are never chosen.
        var candidates = _hosts.Values.Where(host => host.IsMember && !_retirements.Any(retirement => retirement.Contains(host.Id))).Select(static host => host.Id).ToArray();
        _random.Shuffle(candidates);
        _machine.OnChosen(choice, [.. candidates.Take(isGood ? count : _random.Next(count + 1))], _now);
    }

    private void AnswerRetirement(bool isGood)
    {
        if (_retirements.Count == 0)
        {
            return;
        }

        var ids = _retirements[_random.Next(_retirements.Count)];
        _retirements.Remove(ids);
        if (!isGood && _random.Next(4) == 0)
        {
            _machine.OnRetirement(ids, [], new IOException("no scheduler"), _now);
            return;
        }

        var rows = new List<RetirementRow>();
        foreach (var id in ids)
        {
            var host = _hosts.Values.FirstOrDefault(host => host.Id == id && host.IsMember);
            var outcome = host is null ? RetirementOutcome.Vanished
                : isGood || _random.Next(2) == 0 ? RetirementOutcome.Retired
                : RetirementOutcome.Refused;
            if (outcome == RetirementOutcome.Retired)
            {
                Vanish(host!, CloseReason.Retired);
            }

            rows.Add(SpecClusterFixture.Row("any", id, outcome));
        }

        _machine.OnRetirement(ids, rows, null, _now);
    }

    private void EndStop(bool isGood)
    {
        if (_stops.Count == 0)
        {
            return;
        }

        var (name, _) = _stops[0];
        _stops.RemoveAt(0);
        if (isGood)
        {
            Vanish(_hosts[name], CloseReason.UserRequest);
            _hosts[name].IsAlive = false;
            _machine.OnStopped(name, _now);
        }
        else
        {
            if (_random.Next(2) == 0)
            {
                Vanish(_hosts[name], CloseReason.UserRequest);
                _hosts[name].IsAlive = false;
            }

            _machine.OnStopFailed(name, new IOException("no machine"), _now);
        }
    }

    private (string? Name, SimulatedHost? Host) Any(IEnumerable<KeyValuePair<string, SimulatedHost>> hosts)
    {
        var some = hosts.ToList();
        if (some.Count == 0)
        {
            return default;
        }

        var (name, host) = some[_random.Next(some.Count)];
        return (name, host);
    }

    private sealed class SimulatedHost(string name)
    {
        public string Name { get; } = name;

        public ProvisionedWorker Handle { get; } = new(name, Task.CompletedTask);

        public bool IsAlive { get; set; }

        public bool WasStarted { get; set; }

        public bool IsMember { get; set; }

        public WorkerId Id { get; set; }
    }
}
