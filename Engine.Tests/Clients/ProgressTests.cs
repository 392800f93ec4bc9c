using System.Collections.Concurrent;
using System.Threading.Channels;
using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class ProgressTests : IProgress<FutureProgress>
{
    private readonly Gate<int> _first = new();
    private readonly Gate<int> _second = new();
    private readonly ConcurrentQueue<FutureProgress> _reports = new();
    private readonly Channel<bool> _reported = Channel.CreateUnbounded<bool>();

    [Fact]
    public async Task Ends_are_counted_by_their_kind()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        Future[] futures =
        [
            cluster.Client.Submit(_first.RunAsync), cluster.Client.Submit(_second.RunAsync), cluster.Client.Submit(new Gate<int>().RunAsync),
        ];
        var tracking = cluster.Client.TrackProgress(futures, this);
        Assert.Equal("0 of 3", await NextAsync());

        _first.Open(1);
        Assert.Equal("1 of 3", await NextAsync());
        _second.Fail(new InvalidOperationException("no"));
        Assert.Equal("2 of 3", await NextAsync());
        await futures[2].CancelAsync();
        await tracking.Completion.Within("end of the tracking");

        var last = _reports.Last();
        Assert.Equal((3, 3), (last.Total, last.DoneCount));
        Assert.Equal([0, 1, 1, 1, 0, 0], Enum.GetValues<FutureStatus>().Select(status => last[status]));
        Assert.Equal(0, last[(FutureStatus)99]);
    }

    [Fact]
    public async Task The_last_report_is_complete_and_counts_grow()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var map = cluster.Client.Map(static (int x) => x, Enumerable.Range(0, 2000));

        await cluster.Client.TrackProgress(map, this).Completion.Within("end of the tracking");

        Assert.Equal(2000, _reports.Last()[FutureStatus.Finished]);
        Assert.Equal(_reports.Select(static report => report.DoneCount).Order(), _reports.Select(static report => report.DoneCount));
    }

    [Fact]
    public async Task Disposing_ends_the_reports_and_leaves_no_waiter_behind()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(_first.RunAsync);
        var tracking = cluster.Client.TrackProgress([future], this);
        await NextAsync();

        tracking.Dispose();

        await tracking.Completion.Within("end of the tracking");
        Assert.Equal(0, cluster.Client.AllWaiterCount);
        _first.Open(1);
        await future;
        Assert.Single(_reports);
    }

    [Fact]
    public async Task A_report_that_throws_fails_the_tracking_and_nothing_else()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(_first.RunAsync);

        var tracking = cluster.Client.TrackProgress([future], new Thrower());

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await tracking).Within("end of the tracking");
        Assert.Equal(0, cluster.Client.AllWaiterCount);
        _first.Open(1);
        Assert.Equal(1, await future);
    }

    [Fact]
    public async Task Nothing_is_complete_at_once()
    {
        await using var cluster = await ClusterFixture.StartAsync();

        await cluster.Client.TrackProgress([], this).Completion.Within("end of the tracking");

        Assert.Equal("0 of 0", Assert.Single(_reports).ToString());
    }

    void IProgress<FutureProgress>.Report(FutureProgress value)
    {
        _reports.Enqueue(value);
        _reported.Writer.TryWrite(true);
    }

    private async Task<string> NextAsync()
    {
        await _reported.Reader.ReadAsync().AsTask().Within("next report");
        return _reports.Last().ToString();
    }

    private sealed class Thrower : IProgress<FutureProgress>
    {
        public void Report(FutureProgress value) => throw new InvalidOperationException("no");
    }
}
