using Engine.Clusters.Machine;
using Engine.Plugins;

namespace Engine.Tests.TestKit.Clusters;

/// <summary>The machine of a cluster, whose instructions are recorded as lines, and which is checked after each step.</summary>
internal sealed class SpecClusterFixture : ISpecClusterSink
{
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, WorkerId> _members = [];
    private readonly Dictionary<string, List<string>> _retirements = [];
    private readonly Dictionary<long, ScaleReport?> _reports = [];
    private long _scaleCount;
    private long _idCount;
    private long _choice;

    public SpecClusterFixture(Func<SpecClusterSettings, SpecClusterSettings>? configure = null)
    {
        var settings = new SpecClusterSettings { SchedulerAddress = "inproc://scheduler", Threads = 2 };
        Machine = new SpecClusterStateMachine(configure?.Invoke(settings) ?? settings, this);
    }

    public SpecClusterStateMachine Machine { get; }

    public TimeSpan Now { get; private set; }

    public List<WorkerSpec> Specs { get; } = [];

    public List<ClusterError> Errors { get; } = [];

    public List<RetirementOptions?> RetirementOptions { get; } = [];

    public List<(string Name, ProvisionedWorker Host, RetirementRow Row)> Stops { get; } = [];

    public Dictionary<string, ProvisionedWorker> Hosts { get; } = [];

    /// <summary>The instructions since the last look: start, cancel, choose, retire, stop, refused, close scheduler, closed.</summary>
    public string Lines
    {
        get
        {
            var text = string.Join("; ", _lines);
            _lines.Clear();
            return text;
        }
    }

    public string Plan => string.Join(' ', Machine.Status.Plan);

    public string Requested => string.Join(' ', Machine.Status.Requested);

    public string Observed => string.Join(' ', Machine.Status.Observed);

    /// <summary>A cluster whose first workers are members.</summary>
    public static SpecClusterFixture With(int workers)
    {
        var cluster = new SpecClusterFixture();
        cluster.Scale(workers);
        for (var i = 0; i < workers; i++)
        {
            cluster.Up($"{i}");
        }

        Assert.Equal(ScaleOutcome.Reached, cluster.Report(1).Outcome);
        _ = cluster.Lines;
        return cluster;
    }

    public long Scale(int workers, RetirementOptions? options = null)
    {
        Step(() => Machine.OnScale(++_scaleCount, workers, options, Now));
        return _scaleCount;
    }

    public bool HasEnded(long scale) => _reports.ContainsKey(scale);

    public ScaleReport Report(long scale)
    {
        Assert.True(_reports.TryGetValue(scale, out var report), $"Scale {scale} has not ended.");
        return report!;
    }

    public bool WasAbandoned(long scale) => _reports.TryGetValue(scale, out var report) && report is null;

    public void Grow(int workers) => Step(() => Machine.OnGrow(workers, Now));

    public void Remove(params string[] names) => Step(() => Machine.OnRemove(names, new RetirementOptions(), Now));

    public void Started(string name)
    {
        Hosts[name] = new ProvisionedWorker(name, new TaskCompletionSource().Task);
        Step(() => Machine.OnStarted(name, Hosts[name], Now));
    }

    public void StartFailed(string name) => Step(() => Machine.OnStartFailed(name, new IOException("no machine"), Now));

    public void StartHangs(string name) => Step(() => Machine.OnStartHangs(name, Now));

    public WorkerId Joined(string name)
    {
        var id = _members[name] = new WorkerId(++_idCount);
        Step(() => Machine.OnWorkerAdded(new WorkerInfo { Id = id, Name = name, Address = $"inproc://{name}", Threads = 2 }, Now));
        return id;
    }

    public void Left(string name, CloseReason reason = CloseReason.Crashed) => Step(() => Machine.OnWorkerRemoved(_members[name], reason, Now));

    public void Up(string name)
    {
        Started(name);
        Joined(name);
    }

    public void HostEnded(string name) => Step(() => Machine.OnHostEnded(name, Now));

    public void Chosen(params string[] names) =>
        Step(() => Machine.OnChosen(_choice, [.. names.Select(name => _members.TryGetValue(name, out var id) ? id : new WorkerId(1_000))], Now));

    public void ChoiceFailed() => Step(() => Machine.OnChoiceFailed(_choice, new IOException("no scheduler"), Now));

    /// <summary>Answers the retirement that the first of the rows belongs to.</summary>
    public void Answer(params (string Name, RetirementOutcome Outcome)[] rows)
    {
        var asked = _retirements[rows[0].Name];
        Step(() => Machine.OnRetirement(
            [.. asked.Select(name => _members[name])], [.. rows.Select(row => Row(row.Name, _members[row.Name], row.Outcome))], null, Now));
    }

    public void Retired(params string[] names) => Answer([.. names.Select(static name => (name, RetirementOutcome.Retired))]);

    public void RetirementFailed(params string[] names) =>
        Step(() => Machine.OnRetirement([.. names.Select(name => _members[name])], [], new IOException("no scheduler"), Now));

    public void Stopped(string name) => Step(() => Machine.OnStopped(name, Now));

    public void StopFailed(string name) => Step(() => Machine.OnStopFailed(name, new IOException("no machine"), Now));

    public void Advance(TimeSpan time)
    {
        Now += time;
        Step(() => Machine.Tick(Now));
    }

    /// <summary>Time goes on, and the machine will hear of it with the next event only.</summary>
    public void Pass(TimeSpan time) => Now += time;

    public void Close() => Step(() => Machine.OnClose(Now));

    public void SchedulerClosed() => Step(() => Machine.OnSchedulerClosed(Now));

    public static RetirementRow Row(string name, WorkerId id, RetirementOutcome outcome) => new(id, name, $"inproc://{name}")
    {
        Outcome = outcome,
        Refusal = outcome == RetirementOutcome.Refused ? RefusalReason.NoRecipient : RefusalReason.None,
    };

    void ISpecClusterSink.Start(WorkerSpec spec)
    {
        Specs.Add(spec);
        _lines.Add($"start {spec.Name}");
    }

    void ISpecClusterSink.CancelStart(string name) => _lines.Add($"cancel {name}");

    void ISpecClusterSink.Choose(long choice, int count)
    {
        _choice = choice;
        _lines.Add($"choose {count}");
    }

    void ISpecClusterSink.Retire(IReadOnlyList<WorkerId> workers, RetirementOptions? options)
    {
        var names = workers.Select(id => _members.First(member => member.Value == id).Key).ToList();
        names.ForEach(name => _retirements[name] = names);
        RetirementOptions.Add(options);
        _lines.Add($"retire {string.Join(' ', names)}");
    }

    void ISpecClusterSink.Stop(string name, ProvisionedWorker host, RetirementRow row)
    {
        Assert.Equal(name, host.Name);
        Stops.Add((name, host, row));
        _lines.Add($"stop {name} {row.Outcome}");
    }

    void ISpecClusterSink.WorkerRefused(string name, RetirementRow row) => _lines.Add($"refused {name}");

    void ISpecClusterSink.Failed(ClusterError error) => Errors.Add(error);

    void ISpecClusterSink.ScaleEnded(long scale, ScaleReport? report) => _reports.Add(scale, report);

    void ISpecClusterSink.CloseScheduler() => _lines.Add("close scheduler");

    void ISpecClusterSink.Closed() => _lines.Add("closed");

    private void Step(Action take)
    {
        take();
        Machine.Settle();
        Machine.Validate();
    }
}
