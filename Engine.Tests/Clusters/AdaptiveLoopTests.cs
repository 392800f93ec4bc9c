using System.Threading.Channels;
using Engine.Clusters;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Clusters;

namespace Engine.Tests.Clusters;

/// <summary>Adaptive scaling as a loop: one, with the latest options, that no error ends.</summary>
public sealed class AdaptiveLoopTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task It_grows_with_the_load_and_shrinks_without()
    {
        await using var harness = new SpecClusterHarness();
        var rounds = new Rounds(harness);
        var load = new ClusterLoad { QueuedCount = 100, QueuedSeconds = 15 };
        harness.Scheduler.Load = () => load;
        harness.Cluster.Adapt(minimum: 1, maximum: 10);
        await rounds.NextAsync();
        await harness.Provisioner.HasHostsAsync(3);
        load = new ClusterLoad();
        await rounds.NextAsync();
        await rounds.NextAsync();
        Assert.Equal(3, harness.Provisioner.Hosts.Count);
        await rounds.NextAsync();
        await harness.Provisioner.HasHostsAsync(1);

        Assert.All(harness.Provisioner.Rows, static row => Assert.Equal(RetirementOutcome.Retired, row.Outcome));
    }

    [Fact]
    public async Task A_worker_that_was_refused_stays_and_the_loop_goes_on() // R3
    {
        await using var harness = new SpecClusterHarness();
        await harness.Cluster.ScaleAsync(2).Within("two workers");
        harness.Scheduler.WhenRetired = static member => member.Name == "0" ? RetirementOutcome.Refused : RetirementOutcome.Retired;
        var rounds = new Rounds(harness);
        harness.Cluster.Adapt(new AdaptiveOptions { WaitCount = 1 });
        await rounds.NextAsync();
        Assert.Equal("0", (await harness.NextEventAsync<RetirementRow>()).Name);
        await rounds.NextAsync();
        await rounds.NextAsync();
        await harness.Provisioner.HasHostsAsync(1);

        Assert.Equal(["0"], (await harness.Cluster.GetStatusAsync()).Plan);
        Assert.Equal(["0"], harness.Scheduler.Members.Select(static member => member.Name));
        Assert.Equal("1", Assert.Single(harness.Provisioner.Rows).Name);
    }

    [Fact]
    public async Task An_error_in_a_round_is_logged_and_the_next_round_comes() // dask/distributed#4591
    {
        await using var harness = new SpecClusterHarness();
        var rounds = new Rounds(harness);
        harness.Scheduler.Load = static () => throw new IOException("no scheduler");
        harness.Cluster.Adapt();
        await rounds.NextAsync();
        var (topic, content) = await harness.Scheduler.NextEventAsync();
        Assert.Equal(("adaptive", "no scheduler"), (topic, Assert.IsType<IOException>(content).Message));
        harness.Scheduler.Load = static () => new ClusterLoad { QueuedCount = 1 };
        await rounds.NextAsync();
        await harness.Provisioner.HasHostsAsync(1);
    }

    [Fact]
    public async Task A_scheduler_that_does_not_answer_does_not_end_it()
    {
        await using var harness = new SpecClusterHarness();
        var looked = new TaskCompletionSource();
        harness.Scheduler.Load = () => new ClusterLoad { QueuedCount = 1 };
        using var hold = new ManualResetEventSlim();
        harness.Scheduler.WhenLooked = () =>
        {
            looked.TrySetResult();
            hold.Wait(TimeSpan.FromSeconds(30));
        };
        harness.Cluster.Adapt();
        var timer = harness.WhenTimerIsSetAsync(TimeSpan.FromSeconds(30));
        harness.Time.Advance(s_second);
        await timer;
        await looked.Task.Within("a look at the load");
        harness.Scheduler.WhenLooked = static () => { };
        harness.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<TimeoutException>((await harness.Scheduler.NextEventAsync()).Content);
        hold.Set();
        harness.Time.Advance(s_second);
        await harness.Provisioner.HasHostsAsync(1);
    }

    [Fact]
    public async Task Called_twice_there_is_one_loop_with_the_latest_options() // dask/distributed#3863
    {
        await using var harness = new SpecClusterHarness();
        var rounds = new Rounds(harness);
        var first = harness.Cluster.Adapt(0, 5);
        var second = harness.Cluster.Adapt(new AdaptiveOptions { Minimum = 2, Interval = TimeSpan.FromSeconds(2) });
        Assert.Same(first, second);
        harness.Time.Advance(s_second);
        await rounds.NextAsync();
        Assert.Equal(1, rounds.Count);
        await harness.Provisioner.HasHostsAsync(2);
    }

    [Fact]
    public async Task It_stops_when_told_to_when_scaled_by_hand_and_with_the_cluster_and_says_so_once()
    {
        var harness = new SpecClusterHarness();
        var first = harness.Cluster.Adapt();
        first.Stop();
        first.Stop();
        Assert.False(first.IsRunning);
        await first.Completion.Within("end of the loop");
        var second = harness.Cluster.Adapt();
        Assert.NotSame(first, second);
        await harness.Cluster.ScaleAsync(0).Within("no workers");
        Assert.False(second.IsRunning);
        var third = harness.Cluster.Adapt();
        await harness.DisposeAsync();
        Assert.False(third.IsRunning);
        await third.Completion.Within("end of the loop");

        var events = new List<object?>();
        while (harness.Scheduler.TryNextEvent(out var next))
        {
            events.Add(next.Content);
        }

        Assert.Equal(
            ["adaptive scaling stopped: it was told to", "adaptive scaling stopped: the cluster was scaled by hand", "adaptive scaling stopped: the cluster closed"],
            events);
    }

    [Fact]
    public async Task Its_options_are_checked_and_copied()
    {
        await using var harness = new SpecClusterHarness();
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Cluster.Adapt(-1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Cluster.Adapt(5, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Cluster.Adapt(new AdaptiveOptions { WaitCount = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Cluster.Adapt(new AdaptiveOptions { Interval = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Cluster.Adapt(new AdaptiveOptions { TargetDuration = TimeSpan.Zero }));
        var rounds = new Rounds(harness);
        var options = new AdaptiveOptions { Minimum = 1 };
        harness.Cluster.Adapt(options);
        options.Minimum = 9;
        await rounds.NextAsync();
        await harness.Provisioner.HasHostsAsync(1);
    }

    /// <summary>Lets a round come and waits until the next one could.</summary>
    private sealed class Rounds
    {
        private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();
        private readonly SpecClusterHarness _harness;

        public Rounds(SpecClusterHarness harness)
        {
            _harness = harness;
            harness.Scheduler.WhenLooked = () => _looks.Writer.TryWrite(true);
        }

        public int Count { get; private set; }

        public async Task NextAsync()
        {
            _harness.Time.Advance(s_second);
            await _looks.Reader.ReadAsync().AsTask().Within("a round");
            Count += 1 + _looks.Reader.Count;
        }
    }
}
