using Engine.Plugins;
using Engine.Tests.TestKit;

namespace Engine.Tests.Conformance;

/// <summary>
/// What every provisioner promises. A provisioner's tests derive from it, and say how it is made and how the scheduler that its
/// workers connect to is looked at.
/// </summary>
public abstract class ProvisionerConformance
{
    [Fact]
    public async Task A_start_gives_a_host_whose_worker_joins_under_the_name_of_the_spec()
    {
        var provisioner = await CreateAsync();
        var host = await StartAsync(provisioner, "first");

        Assert.Equal("first", host.Name);
        await WhenJoinedAsync("first").Within("the worker joins");
        Assert.False(host.Ended.IsCompleted);
        await StopAsync(provisioner, host);
    }

    [Fact]
    public async Task Starts_may_overlap_and_each_gives_its_own_host() // dask/distributed#5135
    {
        var provisioner = await CreateAsync();
        string[] names = ["a", "b", "c", "d"];

        var hosts = await Task.WhenAll(names.Select(name => StartAsync(provisioner, name)));

        Assert.Equal(names, hosts.Select(static host => host.Name));
        await Task.WhenAll(names.Select(WhenJoinedAsync)).Within("the workers join");
        await StopAsync(provisioner, hosts[1]);
        await WhenGoneAsync("b").Within("the worker goes");
        Assert.All(hosts.Where(static host => host.Name != "b"), static host => Assert.False(host.Ended.IsCompleted));
        Assert.Equal(3, await CountHostsAsync());
        await Task.WhenAll(hosts.Where(static host => host.Name != "b").Select(host => StopAsync(provisioner, host)));
        Assert.Equal(0, await CountHostsAsync());
    }

    [Fact]
    public async Task A_start_that_was_given_up_before_it_began_does_nothing()
    {
        var provisioner = await CreateAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => provisioner.StartAsync(Spec("never"), new CancellationToken(canceled: true)).Within("end of a start"));

        Assert.Equal(0, await CountHostsAsync());
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing_or_gives_its_host()
    {
        var provisioner = await CreateAsync();
        using var cancel = new CancellationTokenSource();
        var start = provisioner.StartAsync(Spec("late"), cancel.Token);
        await cancel.CancelAsync();

        try
        {
            await StopAsync(provisioner, await start.Within("end of a cancelled start")); // It was too late.
        }
        catch (OperationCanceledException)
        {
        }

        Assert.Equal(0, await CountHostsAsync());
        await WhenGoneAsync("late").Within("no worker is left");
    }

    [Fact]
    public async Task A_name_can_be_used_again_after_its_start_was_cancelled()
    {
        var provisioner = await CreateAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => provisioner.StartAsync(Spec("again"), new CancellationToken(canceled: true)));

        var host = await StartAsync(provisioner, "again");

        await WhenJoinedAsync("again").Within("the worker joins");
        await StopAsync(provisioner, host);
    }

    [Theory]
    [InlineData(RetirementOutcome.Retired)]
    [InlineData(RetirementOutcome.Vanished)]
    public async Task An_end_ends_the_host_and_tells(RetirementOutcome outcome)
    {
        var provisioner = await CreateAsync();
        var host = await StartAsync(provisioner, "first");
        await WhenJoinedAsync("first").Within("the worker joins");

        await provisioner.StopAsync(host, Row(host, outcome), CancellationToken.None).Within("end of the host");

        await host.Ended.Within("news of the end");
        await WhenGoneAsync("first").Within("the worker goes");
        Assert.Equal(0, await CountHostsAsync());
    }

    [Fact]
    public async Task An_end_can_be_repeated_and_overlap_with_itself()
    {
        var provisioner = await CreateAsync();
        var host = await StartAsync(provisioner, "first");

        await Task.WhenAll(StopAsync(provisioner, host), StopAsync(provisioner, host));
        await StopAsync(provisioner, host);

        await host.Ended.Within("news of the end");
        Assert.Equal(0, await CountHostsAsync());
    }

    [Fact]
    public async Task An_end_that_was_given_up_can_be_repeated()
    {
        var provisioner = await CreateAsync();
        var host = await StartAsync(provisioner, "first");
        try
        {
            await provisioner.StopAsync(host, Row(host, RetirementOutcome.Retired), new CancellationToken(canceled: true)).Within("end of the call");
        }
        catch (OperationCanceledException)
        {
        }

        await StopAsync(provisioner, host);

        await host.Ended.Within("news of the end");
        Assert.Equal(0, await CountHostsAsync());
    }

    [Fact]
    public async Task A_host_that_ends_by_itself_tells_and_may_be_ended_all_the_same()
    {
        var provisioner = await CreateAsync();
        var host = await StartAsync(provisioner, "first");
        await WhenJoinedAsync("first").Within("the worker joins");

        await KillAsync(host);

        await host.Ended.Within("news of the end");
        await provisioner.StopAsync(host, Row(host, RetirementOutcome.Vanished), CancellationToken.None).Within("end of the host");
        Assert.Equal(0, await CountHostsAsync());
    }

    /// <summary>The address of the scheduler that workers are to connect to.</summary>
    protected abstract string SchedulerAddress { get; }

    /// <summary>A provisioner without hosts.</summary>
    protected abstract Task<IWorkerProvisioner> CreateAsync();

    /// <summary>Ends when a worker of this name is a member.</summary>
    protected abstract Task WhenJoinedAsync(string name);

    /// <summary>Ends when no worker of this name is a member.</summary>
    protected abstract Task WhenGoneAsync(string name);

    /// <summary>Ends a host as if it crashed, without the provisioner's doing.</summary>
    protected abstract Task KillAsync(ProvisionedWorker host);

    /// <summary>How many hosts there are, in whatever the provisioner starts them.</summary>
    protected abstract Task<int> CountHostsAsync();

    /// <summary>What a worker is asked to be like.</summary>
    protected virtual WorkerSpec Spec(string name) => new() { Name = name, SchedulerAddress = SchedulerAddress };

    private static RetirementRow Row(ProvisionedWorker host, RetirementOutcome outcome) => new(default, host.Name, string.Empty) { Outcome = outcome };

    private async Task<ProvisionedWorker> StartAsync(IWorkerProvisioner provisioner, string name) =>
        await provisioner.StartAsync(Spec(name), CancellationToken.None).Within($"start of {name}");

    private static Task StopAsync(IWorkerProvisioner provisioner, ProvisionedWorker host) =>
        provisioner.StopAsync(host, Row(host, RetirementOutcome.Retired), CancellationToken.None).Within($"end of {host.Name}");
}
