using Engine.Protocol;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Clusters;

public class NoWorkerTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_task_that_no_worker_may_run_waits_and_an_event_says_why(bool isResource)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(static () => 1, Restricted(isResource));
        cluster.Client.Flush();

        var events = await cluster.Client.AskAsync<IReadOnlyList<TopicEvent>>(new EventsRequest("no-worker"), default).Within("the events");

        var text = Assert.IsType<string>(Assert.Single(events).Content);
        Assert.Contains(isResource ? "gpu 2" : "elsewhere", text, StringComparison.Ordinal);
        Assert.Contains(future.Key.ToString(), text, StringComparison.Ordinal);
        Assert.Equal(FutureStatus.Pending, future.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_task_that_waited_too_long_for_a_worker_fails_and_names_the_restriction(bool isResource)
    {
        var limit = TimeSpan.FromMinutes(3);
        await using var cluster = await StartAsync(workers: 1, limit);
        var armed = WhenArmedAsync(cluster, limit); // First, because a client sends by itself.
        var future = cluster.Client.Submit(static () => 1, Restricted(isResource));
        var dependent = cluster.Client.Submit(static (int x) => x, future);
        cluster.Client.Flush();
        await armed;

        _time.Advance(limit);

        var error = await Assert.ThrowsAsync<NoValidWorkerException>(() => future.AsTask().Within("the failure"));
        Assert.Contains(isResource ? "gpu 2" : "elsewhere", error.Message, StringComparison.Ordinal);
        Assert.Equal(future.Key, error.Key);
        await Assert.ThrowsAsync<NoValidWorkerException>(() => dependent.AsTask().Within("what depends on it"));
        Assert.Equal(2, await cluster.Client.Submit(static () => 2).AsTask().Within("another task"));
    }

    [Fact]
    public async Task A_task_runs_where_its_resource_is()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3, configure: static options => options.ConfigureWorker = static (place, worker) =>
        {
            if (place == 2)
            {
                worker.Resources["gpu"] = 2;
            }
        });

        var name = cluster.Client.Submit(static (TaskContext context) => context.WorkerName, Restricted(isResource: true));

        Assert.Equal("2", await name.AsTask().Within("the value"));
    }

    [Fact]
    public async Task Tasks_that_share_a_resource_run_one_after_the_other()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, threads: 4, configure: static options => options.ConfigureWorker =
            static (_, worker) => worker.Resources["gpu"] = 3);
        var meter = new RunningMeter();
        var futures = Enumerable.Range(0, 50).Select(i => cluster.Client.Submit(
            (TaskContext context) =>
            {
                meter.Enter(context);
                meter.Leave(context);
                return i;
            },
            Restricted(isResource: true))).ToList();

        Assert.Equal(Enumerable.Range(0, 50), await cluster.Client.GatherAsync(futures).Within("the values"));
        Assert.Equal(1, meter.Highest);
    }

    private static SubmitOptions Restricted(bool isResource) =>
        isResource ? new SubmitOptions { Resources = { ["gpu"] = 2 } } : new SubmitOptions { Workers = ["elsewhere"] };

    private Task<ClusterFixture> StartAsync(int workers, TimeSpan limit) => ClusterFixture.StartAsync(workers, configure: options =>
    {
        options.TimeProvider = _time;
        options.Scheduler.NoWorkersTimeout = limit;
    });

    private static Task WhenArmedAsync(ClusterFixture cluster, TimeSpan due)
    {
        var armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Time.WhenSet = set =>
        {
            if (set == due)
            {
                armed.TrySetResult();
            }
        };
        return armed.Task.Within("the scheduler's timer is set");
    }
}
