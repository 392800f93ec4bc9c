using System.Diagnostics;
using Engine.Tests.TestKit;

namespace Engine.Tests.Diagnostics;

/// <summary>What somebody sees who listens to the engine's activities.</summary>
[Collection(nameof(ActivityListeners))]
public class ActivityTests : IDisposable
{
    private readonly RecordedActivities _activities = new();

    public void Dispose()
    {
        _activities.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_function_that_runs_is_an_activity_and_what_it_starts_is_within_it()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(static (int _) => Activity.Current?.Id, 1);
        var inner = await future.AsTask().Within("the value");

        var activity = _activities.Single("engine.task");
        Assert.Equal((activity.Id, null), (inner, activity.ParentId));
        Assert.Equal(activity.DisplayName, activity.GetTagItem("engine.task.prefix"));
        Assert.Equal((future.Key.ToString(), 1, 1), (activity.GetTagItem("engine.task.key"), activity.GetTagItem("engine.task.attempt"), activity.GetTagItem("engine.task.count")));
        Assert.Equal("0", activity.GetTagItem("engine.worker.name"));
        Assert.Equal(ActivityStatusCode.Unset, activity.Status);
    }

    [Fact]
    public async Task An_asynchronous_function_is_within_its_activity_to_its_end()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var future = cluster.Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return Activity.Current?.Id;
        });
        await gate.Entered;
        Assert.DoesNotContain(_activities.Ended, static activity => activity.OperationName == "engine.task");
        gate.Open();

        var inner = await future.AsTask().Within("the value");

        Assert.Equal(_activities.Single("engine.task").Id, inner);
    }

    [Fact]
    public async Task One_function_does_not_run_within_the_activity_of_the_one_before()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        for (var i = 0; i < 3; i++)
        {
            await cluster.Client.Submit(static async (int _) => await Task.FromResult(0), i).AsTask().Within("an asynchronous one");
            await cluster.Client.Submit(static (int _) => 0, i).AsTask().Within("a synchronous one");
        }

        var ended = _activities.Ended.Where(static activity => activity.OperationName == "engine.task").ToList();
        Assert.Equal(6, ended.Count);
        Assert.All(ended, static activity => Assert.Null(activity.ParentId));
    }

    [Fact]
    public async Task A_function_that_throws_ends_its_activity_with_the_error()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await Assert.ThrowsAsync<TaskFailedException>(() => cluster.Client.Submit(Throw).AsTask().Within("the error"));

        var activity = _activities.Single("engine.task");
        Assert.Equal((ActivityStatusCode.Error, "as planned"), (activity.Status, activity.StatusDescription));
        Assert.Equal("exception", Assert.Single(activity.Events).Name);
    }

    [Fact]
    public async Task A_retirement_is_an_activity_of_its_own_that_says_what_was_moved()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var data = await cluster.Client.ScatterAsync(new byte[4096], new ScatterOptions { Workers = ["0"] }).Within("scatter");
        using var around = new Activity("a test").Start();

        var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the retirement");

        var activity = _activities.Single("engine.retirement");
        Assert.Null(activity.ParentId);
        Assert.Equal((report.Rows[0].Id.Number, "0"), (activity.GetTagItem("engine.worker.id"), activity.GetTagItem("engine.worker.name")));
        Assert.Equal(("Retired", 1, 0), (activity.GetTagItem("engine.retirement.outcome"), activity.GetTagItem("engine.retirement.moved"), activity.GetTagItem("engine.retirement.lost")));
        Assert.Equal(report.Rows[0].Duration, activity.Duration);
        Assert.Empty(activity.Events);
        GC.KeepAlive(data);
    }

    [Fact]
    public async Task A_change_of_size_is_within_what_its_caller_does_and_tells_who_was_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var data = await cluster.Client.ScatterAsync(new byte[4096]).Within("scatter");
        using var around = new Activity("a test").Start();

        var report = await cluster.Cluster.ScaleAsync(0).Within("the refusal");

        Assert.Equal(ScaleOutcome.Refused, report.Outcome);
        var scaling = Assert.Single(_activities.Ended, activity => activity.ParentId == around.Id);
        Assert.Equal(("engine.scale", 0, "Refused", 0), (scaling.OperationName, scaling.GetTagItem("engine.scale.requested"), scaling.GetTagItem("engine.scale.outcome"), scaling.GetTagItem("engine.scale.retired")));
        var refusals = new[] { scaling, _activities.Single("engine.retirement") }.Select(static activity => Assert.Single(activity.Events));
        Assert.All(refusals, static refusal => Assert.Equal(
            ("refused", "NoRecipient"), (refusal.Name, refusal.Tags.Single(static tag => tag.Key == "engine.retirement.refusal").Value)));
        GC.KeepAlive(data);
    }

    [Fact]
    public async Task A_change_of_size_that_fails_ends_with_the_error()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        using var around = new Activity("a test").Start();

        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Cluster.ScaleAsync(ClusterSize.Memory(1)));

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(_activities.Ended, activity => activity.ParentId == around.Id).Status);
    }

    private static int Throw() => throw new InvalidOperationException("as planned");
}
