using Engine.Plugins;
using Engine.Tests.TestKit;

namespace Engine.Tests.Conformance;

/// <summary>Workers within the process, with nannies, as a provisioner's author would start them.</summary>
public sealed class LocalWorkerConformanceTests : ProvisionerConformance, IAsyncLifetime
{
    private readonly LocalWorkers _provisioner = new();
    private readonly Members _members = new();
    private SpecCluster _cluster = null!;

    protected override string SchedulerAddress => _cluster.SchedulerAddress;

    public async Task InitializeAsync()
    {
        var scheduler = new SchedulerOptions { HeartbeatInterval = Timeout.InfiniteTimeSpan };
        scheduler.Plugins.Add(_members);
        _cluster = await SpecCluster.StartAsync(_provisioner, null, scheduler).Within("start of the cluster");
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync().AsTask().Within("end of the cluster");

    protected override Task<IWorkerProvisioner> CreateAsync() => Task.FromResult<IWorkerProvisioner>(_provisioner);

    protected override Task WhenJoinedAsync(string name) => _members.WhenAsync(name, isThere: true);

    protected override Task WhenGoneAsync(string name) => _members.WhenAsync(name, isThere: false);

    protected override Task KillAsync(ProvisionedWorker host)
    {
        ((LocalWorker)host).Kill();
        return Task.CompletedTask;
    }

    protected override Task<int> CountHostsAsync() => Task.FromResult(_provisioner.Count);

    private sealed class LocalWorkers : IWorkerProvisioner
    {
        private readonly Lock _gate = new();
        private readonly List<LocalWorker> _hosts = [];

        public int Count
        {
            get
            {
                lock (_gate)
                {
                    return _hosts.Count(static host => !host.Ended.IsCompleted);
                }
            }
        }

        public async Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var worker = await LocalWorker.StartAsync(spec, nanny: new NannyOptions(), cancellationToken: cancellationToken);
            lock (_gate)
            {
                _hosts.Add(worker);
            }

            return worker;
        }

        public async Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken)
        {
            await ((LocalWorker)worker).StopAsync(row).WaitAsync(cancellationToken);
        }
    }

    private sealed class Members : SchedulerPlugin
    {
        private readonly Lock _gate = new();
        private readonly HashSet<string> _names = [];
        private readonly List<(string Name, bool IsThere, TaskCompletionSource Done)> _waits = [];

        public override void AddWorker(WorkerAdded added) => Change(() => _names.Add(added.Worker.Name));

        public override void RemoveWorker(WorkerRemoved removed) => Change(() => _names.Remove(removed.Worker.Name));

        public Task WhenAsync(string name, bool isThere)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Change(() => _waits.Add((name, isThere, done)));
            return done.Task;
        }

        private void Change(Action change)
        {
            lock (_gate)
            {
                change();
                foreach (var wait in _waits.Where(wait => _names.Contains(wait.Name) == wait.IsThere).ToList())
                {
                    _waits.Remove(wait);
                    wait.Done.TrySetResult();
                }
            }
        }
    }
}
