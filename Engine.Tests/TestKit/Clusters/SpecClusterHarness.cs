using Engine.Clusters;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.TestKit.Clusters;

/// <summary>A cluster on a made-up scheduler and provisioner, in fake time. When it is disposed, nothing may be left.</summary>
internal sealed class SpecClusterHarness : IAsyncDisposable
{
    private readonly WatchedTimeProvider _timers;

    public SpecClusterHarness(SpecClusterOptions? options = null)
    {
        _timers = new WatchedTimeProvider(Time);
        Provisioner = new InMemoryProvisioner(Scheduler);
        Component = new SpecClusterComponent(Scheduler, Provisioner, options ?? new SpecClusterOptions(), _timers, TaskScheduler.Default, validate: true);
        Component.Start();
        Cluster = new SpecCluster(Component, static (_, _) => throw new NotSupportedException());
    }

    public FakeTimeProvider Time { get; } = new();

    public FakeClusterScheduler Scheduler { get; } = new();

    public InMemoryProvisioner Provisioner { get; }

    public SpecClusterComponent Component { get; }

    public SpecCluster Cluster { get; }

    /// <summary>Whether hosts are allowed to be left, because the provisioner of the test leaves some.</summary>
    public bool LeavesHosts { get; set; }

    /// <summary>The next event of the cluster that is of a type; others are skipped.</summary>
    public async Task<T> NextEventAsync<T>()
    {
        while (true)
        {
            if (await Scheduler.NextEventAsync() is { Content: T content })
            {
                return content;
            }
        }
    }

    /// <summary>Ends when a timer of this length, or a shorter one, is set; time is to be advanced then.</summary>
    public Task WhenTimerIsSetAsync(TimeSpan atMost)
    {
        var set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _timers.WhenSet = due =>
        {
            if (due <= atMost)
            {
                set.TrySetResult();
            }
        };
        return set.Task.Within("a timer is set");
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync().AsTask().Within("end of the cluster");
        await Component.Completion.Within("end of the cluster's loop");
        Assert.True(Scheduler.IsClosed || LeavesHosts);
        Assert.True(LeavesHosts || Provisioner.Hosts.Count == 0, $"Hosts are left: {string.Join(' ', Provisioner.Hosts)}");
        await _timers.WhenNoneLives().Within($"end of the last of {_timers.LiveTimerCount} timers");
    }
}
