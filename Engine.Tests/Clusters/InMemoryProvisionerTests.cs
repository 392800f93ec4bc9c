using Engine.Plugins;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters;

/// <summary>The provisioner of our tests keeps what provisioners promise; and the suite can be run against one.</summary>
public sealed class InMemoryProvisionerTests : ProvisionerConformance
{
    private readonly FakeClusterScheduler _scheduler = new();
    private readonly InMemoryProvisioner _provisioner;

    public InMemoryProvisionerTests() => _provisioner = new InMemoryProvisioner(_scheduler);

    protected override string SchedulerAddress => _scheduler.Address;

    protected override Task<IWorkerProvisioner> CreateAsync() => Task.FromResult<IWorkerProvisioner>(_provisioner);

    // Workers join and leave within the calls.
    protected override Task WhenJoinedAsync(string name)
    {
        Assert.Contains(_scheduler.Members, member => member.Name == name);
        return Task.CompletedTask;
    }

    protected override Task WhenGoneAsync(string name)
    {
        Assert.DoesNotContain(_scheduler.Members, member => member.Name == name);
        return Task.CompletedTask;
    }

    protected override Task KillAsync(ProvisionedWorker host)
    {
        _provisioner.Kill(host.Name);
        return Task.CompletedTask;
    }

    protected override Task<int> CountHostsAsync() => Task.FromResult(_provisioner.Hosts.Count);
}
