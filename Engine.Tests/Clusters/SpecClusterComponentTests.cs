using Engine.Clusters;
using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Clusters;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Clusters;

/// <summary>A cluster carries out what its machine decides: with time limits, and whatever its provisioner does.</summary>
public sealed class SpecClusterComponentTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task It_grows_and_shrinks_and_reports()
    {
        await using var harness = new SpecClusterHarness();
        Assert.Equal(ScaleOutcome.Reached, (await harness.Cluster.ScaleAsync(4).Within("four workers")).Outcome);
        Assert.Equal(["0", "1", "2", "3"], harness.Provisioner.Hosts);
        Assert.Equal("inproc://scheduler", harness.Cluster.SchedulerAddress);

        var report = await harness.Cluster.ScaleAsync(1).Within("one worker");

        Assert.Equal((ScaleOutcome.Reached, 3, true), (report.Outcome, report.Retirement.Rows.Count, report.Retirement.AllRetired));
        Assert.Equal(harness.Scheduler.Members.Select(static member => member.Name), harness.Provisioner.Hosts);
        Assert.All(harness.Provisioner.Rows, static row => Assert.Equal(RetirementOutcome.Retired, row.Outcome));
        var status = await harness.Cluster.GetStatusAsync();
        Assert.All([status.Plan, status.Requested, status.Observed], names => Assert.Equal(harness.Provisioner.Hosts, names));
        Assert.Empty(status.RecentErrors);
    }

    [Fact]
    public async Task A_refused_worker_is_alive_and_told_of() // R3
    {
        await using var harness = new SpecClusterHarness();
        await harness.Cluster.ScaleAsync(2).Within("two workers");
        harness.Scheduler.WhenRetired = static _ => RetirementOutcome.Refused;

        var report = await harness.Cluster.ScaleAsync(0).Within("a report");

        Assert.Equal((ScaleOutcome.Refused, 2), (report.Outcome, report.Planned));
        Assert.Equal(["0", "1"], harness.Provisioner.Hosts);
        Assert.Equal(RefusalReason.NoRecipient, (await harness.NextEventAsync<RetirementRow>()).Refusal);
    }

    [Fact]
    public async Task One_of_five_starts_fails_and_is_tried_again_while_four_run() // dask/distributed#5919
    {
        await using var harness = new SpecClusterHarness();
        var isBroken = true;
        harness.Provisioner.WhenStarted = (spec, _) => spec.Name == "2" && Volatile.Read(ref isBroken) ? throw new IOException("no machine") : Task.CompletedTask;
        var timer = harness.WhenTimerIsSetAsync(s_second);

        var scaling = harness.Cluster.ScaleAsync(5);
        var error = await harness.NextEventAsync<ClusterError>();
        await timer;

        Assert.Equal("2", error.Worker);
        Assert.IsType<IOException>(error.Cause);
        Volatile.Write(ref isBroken, false);
        harness.Time.Advance(s_second);
        Assert.Equal(ScaleOutcome.Reached, (await scaling.Within("the fifth")).Outcome);
        Assert.Equal(5, harness.Provisioner.Hosts.Count);
    }

    [Fact]
    public async Task Closing_while_a_start_fails_leaves_no_host()
    {
        await using var harness = new SpecClusterHarness();
        var gate = new Gate();
        harness.Provisioner.WhenStarted = (spec, token) => spec.Name == "2" ? throw new IOException("no machine")
            : spec.Name == "3" ? gate.PassAsync(token) : Task.CompletedTask;
        var scaling = harness.Cluster.ScaleAsync(5);
        await harness.NextEventAsync<ClusterError>();
        await gate.Entered;

        await harness.Cluster.DisposeAsync().AsTask().Within("end of the cluster");

        Assert.Empty(harness.Provisioner.Hosts);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scaling.Within("the caller is released"));
        Assert.All(harness.Provisioner.Rows, static row => Assert.Equal((RetirementOutcome.Vanished, "the cluster closed"), (row.Outcome, row.Detail)));
    }

    [Fact]
    public async Task The_scheduler_closes_before_hosts_are_ended()
    {
        await using var harness = new SpecClusterHarness();
        await harness.Cluster.ScaleAsync(2).Within("two workers");
        var gate = new Gate();
        harness.Scheduler.WhenClosed = () => gate.PassAsync(CancellationToken.None);

        var closing = harness.Cluster.DisposeAsync().AsTask();
        await gate.Entered;

        Assert.Empty(harness.Provisioner.Rows);
        gate.Open();
        await closing.Within("end of the cluster");
        Assert.Equal(2, harness.Provisioner.Rows.Count);
    }

    [Fact]
    public async Task A_scheduler_that_does_not_close_is_not_waited_for()
    {
        await using var harness = new SpecClusterHarness { LeavesHosts = true };
        await harness.Cluster.ScaleAsync(1).Within("a worker");
        harness.Scheduler.WhenClosed = static () => new TaskCompletionSource().Task;
        var timer = harness.WhenTimerIsSetAsync(TimeSpan.FromMinutes(1));
        var closing = harness.Cluster.DisposeAsync().AsTask();
        await timer;

        harness.Time.Advance(TimeSpan.FromMinutes(1));

        await closing.Within("end of the cluster");
        Assert.Empty(harness.Provisioner.Hosts);
    }

    [Fact]
    public async Task A_start_that_takes_too_long_is_cancelled_and_tried_again()
    {
        await using var harness = new SpecClusterHarness();
        var gate = new Gate();
        harness.Provisioner.WhenStarted = (_, token) => gate.PassAsync(token);
        var scaling = harness.Cluster.ScaleAsync(1);
        await gate.Entered;
        harness.Provisioner.WhenStarted = static (_, _) => Task.CompletedTask;
        var timer = harness.WhenTimerIsSetAsync(s_second);

        harness.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<TimeoutException>((await harness.NextEventAsync<ClusterError>()).Cause);
        await timer;
        harness.Time.Advance(s_second);

        Assert.Equal(ScaleOutcome.Reached, (await scaling.Within("the second try")).Outcome);
    }

    [Fact]
    public async Task A_start_that_hangs_is_replaced_and_its_host_ended_when_it_comes_up()
    {
        await using var harness = new SpecClusterHarness();
        var gate = new Gate();
        harness.Provisioner.WhenStarted = (spec, _) => spec.Name == "0" ? gate.PassAsync(CancellationToken.None) : Task.CompletedTask; // Doesn't heed its token.
        harness.Provisioner.Joins = static name => name != "0";
        var scaling = harness.Cluster.ScaleAsync(1);
        await gate.Entered;
        var grace = harness.WhenTimerIsSetAsync(TimeSpan.FromMinutes(1));
        harness.Time.Advance(TimeSpan.FromMinutes(5));
        await grace;
        var retry = harness.WhenTimerIsSetAsync(s_second);
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        await retry;
        harness.Time.Advance(s_second);
        Assert.Equal(ScaleOutcome.Reached, (await scaling.Within("another host")).Outcome);
        var stopped = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Provisioner.WhenStopped = (name, _) =>
        {
            stopped.TrySetResult(name);
            return Task.CompletedTask;
        };

        gate.Open();

        Assert.Equal("0", await stopped.Task.Within("the late host is ended"));
        Assert.Contains("0-2", harness.Provisioner.Hosts);
    }

    [Fact]
    public async Task A_start_that_hangs_does_not_hold_the_end_up_and_its_host_is_ended_afterwards()
    {
        await using var harness = new SpecClusterHarness();
        var gate = new Gate();
        harness.Provisioner.WhenStarted = (_, _) => gate.PassAsync(CancellationToken.None);
        var stopped = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Provisioner.WhenStopped = (name, _) =>
        {
            stopped.TrySetResult(name);
            return Task.CompletedTask;
        };
        var scaling = harness.Cluster.ScaleAsync(1);
        await gate.Entered;
        var grace = harness.WhenTimerIsSetAsync(TimeSpan.FromMinutes(1));
        var closing = harness.Cluster.DisposeAsync().AsTask();
        await grace;
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        await closing.Within("end of the cluster");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scaling);

        gate.Open();

        Assert.Equal("0", await stopped.Task.Within("the late host is ended"));
        await harness.Provisioner.HasHostsAsync(0);
    }

    [Fact]
    public async Task An_end_that_hangs_is_given_up_when_the_cluster_closes()
    {
        await using var harness = new SpecClusterHarness { LeavesHosts = true };
        await harness.Cluster.ScaleAsync(1).Within("a worker");
        var gate = new Gate();
        harness.Provisioner.WhenStopped = (_, _) => gate.PassAsync(CancellationToken.None);
        var closing = harness.Cluster.DisposeAsync().AsTask();
        await gate.Entered;

        harness.Time.Advance(TimeSpan.FromMinutes(1));

        await closing.Within("end of the cluster");
        Assert.Contains("by hand", (await harness.NextEventAsync<ClusterError>()).Message, StringComparison.Ordinal);
        gate.Open();
    }

    [Fact]
    public async Task A_provisioner_that_throws_is_told_of_and_the_change_goes_on_when_nobody_waits_for_it()
    {
        await using var harness = new SpecClusterHarness();
        harness.Provisioner.WhenStarted = static (_, _) => throw new IOException("no machine");
        using var patience = new CancellationTokenSource();
        var scaling = harness.Cluster.ScaleAsync(1, cancellationToken: patience.Token);
        var error = await harness.NextEventAsync<ClusterError>();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scaling);
        Assert.Equal("no machine", error.Cause!.Message);
        Assert.Equal(["0"], (await harness.Cluster.GetStatusAsync()).Plan); // Who gives up waiting doesn't end the change.
    }

    [Fact]
    public async Task A_host_that_was_not_asked_for_is_ended()
    {
        var (scheduler, provisioner) = (new FakeClusterScheduler(), new WrongProvisioner());
        var component = new SpecClusterComponent(scheduler, provisioner, new SpecClusterOptions(), new FakeTimeProvider(), TaskScheduler.Default);
        component.Start();
        var scaling = component.ScaleAsync(ClusterSize.Workers(1), null, CancellationToken.None);

        Assert.Equal("other", await provisioner.Stopped.Task.Within("end of the wrong host"));
        Assert.Contains("other", Assert.IsType<ClusterError>((await scheduler.NextEventAsync()).Content).Message, StringComparison.Ordinal);
        await component.CloseAsync().Within("end of the cluster");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scaling);
    }

    [Fact]
    public async Task A_host_that_dies_is_replaced()
    {
        await using var harness = new SpecClusterHarness();
        await harness.Cluster.ScaleAsync(2).Within("two workers");
        var timer = harness.WhenTimerIsSetAsync(s_second);

        harness.Provisioner.Kill("1");
        await timer;
        harness.Time.Advance(s_second);

        await harness.Cluster.ScaleAsync(2).Within("two workers again");
        Assert.Equal(["0", "1-2"], harness.Provisioner.Hosts);
        Assert.Equal(RetirementOutcome.Vanished, Assert.Single(harness.Provisioner.Rows).Outcome);
    }

    [Fact]
    public async Task A_host_without_a_worker_is_ended_and_another_started()
    {
        await using var harness = new SpecClusterHarness(new SpecClusterOptions { WorkerStartTimeout = TimeSpan.FromSeconds(30) });
        harness.Provisioner.Joins = static name => name != "0";
        var waiting = harness.WhenTimerIsSetAsync(TimeSpan.FromSeconds(30));
        var scaling = harness.Cluster.ScaleAsync(1);
        await waiting;
        var retry = harness.WhenTimerIsSetAsync(s_second);
        harness.Time.Advance(TimeSpan.FromSeconds(30));
        await retry;
        harness.Time.Advance(s_second);

        Assert.Equal(ScaleOutcome.Reached, (await scaling.Within("another host")).Outcome);
        Assert.Equal(["0-2"], harness.Provisioner.Hosts);
    }

    [Fact]
    public async Task A_size_is_checked()
    {
        await using var harness = new SpecClusterHarness(new SpecClusterOptions { ThreadsPerWorker = 4 });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => harness.Cluster.ScaleAsync(-1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => harness.Cluster.ScaleAsync(1_000_001));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => harness.Cluster.ScaleAsync(1, new RetirementOptions { Deadline = -s_second }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => harness.Cluster.ScaleAsync(ClusterSize.Memory(1)));
        Assert.Equal(3, (await harness.Cluster.ScaleAsync(ClusterSize.Cores(9)).Within("three workers")).Planned);
    }

    [Fact]
    public async Task A_closed_cluster_says_so()
    {
        var harness = new SpecClusterHarness();
        await harness.DisposeAsync();
        await harness.Cluster.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Cluster.ScaleAsync(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Cluster.GetStatusAsync());
        Assert.Throws<ObjectDisposedException>(() => harness.Cluster.Adapt());
    }

    [Fact]
    public async Task A_bug_ends_the_cluster_and_releases_all_who_wait()
    {
        var broken = new SpecClusterOptions { WorkerName = static place => place == 2 ? throw new InvalidDataException("no name") : $"worker-{place}" };
        await using var harness = new SpecClusterHarness(broken);
        await harness.Cluster.ScaleAsync(2).Within("two workers");

        await Assert.ThrowsAsync<ObjectDisposedException>(() => harness.Cluster.ScaleAsync(3).Within("the caller is released"));

        Assert.IsType<InvalidDataException>(await harness.NextEventAsync<Exception>());
        harness.LeavesHosts = true; // They are ended, but nobody waits for that.
    }

    private sealed class WrongProvisioner : IWorkerProvisioner
    {
        public TaskCompletionSource<string> Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken) =>
            Task.FromResult(new ProvisionedWorker("other", new TaskCompletionSource().Task));

        public Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken)
        {
            Stopped.TrySetResult(worker.Name);
            return Task.CompletedTask;
        }
    }
}
