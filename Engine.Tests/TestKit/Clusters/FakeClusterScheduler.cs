using System.Threading.Channels;
using Engine.Clusters;

namespace Engine.Tests.TestKit.Clusters;

/// <summary>A scheduler that knows members and retires them as the test says.</summary>
internal sealed class FakeClusterScheduler : IClusterScheduler
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<WorkerId, WorkerInfo> _members = [];
    private readonly Channel<(string Topic, object? Content)> _events = Channel.CreateUnbounded<(string, object?)>();
    private Action<WorkerInfo> _added = static _ => { };
    private Action<WorkerInfo, CloseReason> _removed = static (_, _) => { };
    private long _idCount;

    public string Address => "inproc://scheduler";

    /// <summary>What becomes of a worker that is to be retired.</summary>
    public Func<WorkerInfo, RetirementOutcome> WhenRetired { get; set; } = static _ => RetirementOutcome.Retired;

    /// <summary>What is loaded, but for the workers, which are the members.</summary>
    public Func<ClusterLoad> Load { get; set; } = static () => new ClusterLoad();

    /// <summary>Called after a look at the load.</summary>
    public Action WhenLooked { get; set; } = static () => { };

    public Func<Task> WhenClosed { get; set; } = static () => Task.CompletedTask;

    public bool IsClosed { get; private set; }

    public IReadOnlyList<WorkerInfo> Members
    {
        get
        {
            lock (_gate)
            {
                return [.. _members.Values];
            }
        }
    }

    /// <summary>The next event that was logged.</summary>
    public Task<(string Topic, object? Content)> NextEventAsync() => _events.Reader.ReadAsync().AsTask().Within("an event is logged");

    public bool TryNextEvent(out (string Topic, object? Content) next) => _events.Reader.TryRead(out next);

    public WorkerInfo Join(string name, long? memoryLimit = null)
    {
        WorkerInfo member;
        lock (_gate)
        {
            member = new WorkerInfo { Id = new WorkerId(++_idCount), Name = name, Address = $"inproc://{name}", Threads = 1, MemoryLimit = memoryLimit };
            _members.Add(member.Id, member);
        }

        _added(member);
        return member;
    }

    public void Leave(string name, CloseReason reason)
    {
        if (Members.FirstOrDefault(member => member.Name == name) is { } member)
        {
            Leave(member, reason);
        }
    }

    public async Task<RetirementReport> RetireWorkersAsync(WorkerSelector workers, RetirementOptions? options, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var ids = Assert.IsType<IdSelector>(workers).Ids;
        var rows = new List<RetirementRow>();
        foreach (var id in ids)
        {
            var member = Members.FirstOrDefault(member => member.Id == id) ?? throw new UnknownWorkerException($"{id} is no member.");
            var row = SpecClusterFixture.Row(member.Name, id, WhenRetired(member));
            if (row.Outcome != RetirementOutcome.Refused)
            {
                Leave(member, CloseReason.Retired);
            }

            rows.Add(row);
        }

        return new RetirementReport(rows);
    }

    public async Task<ClusterLoad> GetLoadAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            return Load() with { Workers = Members };
        }
        finally
        {
            WhenLooked();
        }
    }

    public async Task<IReadOnlyList<WorkerInfo>> ChooseWorkersToCloseAsync(WorkersToClose rule, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return [.. Members.Where(member => rule.Count is not null || member.ProcessingCount == 0).Take(rule.Count ?? int.MaxValue)];
    }

    public void Subscribe(Action<WorkerInfo> added, Action<WorkerInfo, CloseReason> removed) => (_added, _removed) = (added, removed);

    public void LogEvent(string topic, object? content) => _events.Writer.TryWrite((topic, content));

    public async Task CloseAsync()
    {
        await WhenClosed();
        IsClosed = true;
        foreach (var member in Members)
        {
            Leave(member, CloseReason.SchedulerClosed);
        }
    }

    private void Leave(WorkerInfo member, CloseReason reason)
    {
        bool hasLeft;
        lock (_gate)
        {
            hasLeft = _members.Remove(member.Id);
        }

        if (hasLeft)
        {
            _removed(member, reason);
        }
    }
}
