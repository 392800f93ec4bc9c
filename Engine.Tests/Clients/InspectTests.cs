using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Clients;

public class InspectTests
{
    private readonly Gate<int> _gate = new();

    [Fact]
    public async Task Workers_are_listed_with_their_load()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2, configure: static options =>
            options.ConfigureWorker = static (place, worker) =>
            {
                worker.Threads = place + 1;
                worker.Resources["gpu"] = place;
            });
        var running = cluster.Client.Submit(_gate.RunAsync, new SubmitOptions { Workers = ["1"] });
        var value = cluster.Client.Submit(static () => new byte[1000], new SubmitOptions { Workers = ["1"] });
        await value;

        var workers = (await cluster.Client.GetWorkersAsync().Within("workers")).OrderBy(static worker => worker.Name, StringComparer.Ordinal).ToList();

        Assert.Equal(["0", "1"], workers.Select(static worker => worker.Name));
        Assert.Equal([1, 2], workers.Select(static worker => worker.Threads));
        Assert.Equal([0, 1], workers.Select(static worker => worker.ProcessingCount));
        Assert.Equal([0, 1], workers.Select(static worker => worker.HeldCount));
        Assert.Equal(1, workers[1].Resources["gpu"]);
        Assert.True(workers[1].HeldBytes >= 1000);
        Assert.False(running.IsDone);
    }

    [Fact]
    public async Task What_is_held_and_what_runs_is_told_by_key_and_by_worker()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var value = cluster.Client.Submit(static () => 1, new SubmitOptions { Workers = ["0"] });
        await value;
        var running = cluster.Client.Submit(_gate.RunAsync, new SubmitOptions { Workers = ["1"] });
        var ids = (await cluster.Client.GetWorkersAsync()).ToDictionary(static worker => worker.Name, static worker => worker.Id);

        var whoHas = await cluster.Client.WhoHasAsync([value, running]);
        var hasWhat = await cluster.Client.HasWhatAsync();
        var processing = await cluster.Client.ProcessingAsync();

        Assert.Equal([ids["0"]], whoHas[value.Key]);
        Assert.Empty(whoHas[running.Key]);
        Assert.Equal([value.Key], hasWhat[ids["0"]]);
        Assert.Empty(hasWhat[ids["1"]]);
        Assert.Equal([running.Key], processing[ids["1"]]);
        Assert.Empty(processing[ids["0"]]);
    }

    [Fact]
    public async Task A_story_tells_a_task_from_its_submission_to_its_end()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(static () => 1);
        await future;

        var story = await cluster.Client.StoryAsync(future).Within("story");
        future.Dispose();
        var later = await cluster.Client.StoryAsync(future.Key).Within("story of what is gone");

        Assert.Equal("Forgotten", story[0].Start);
        Assert.Equal("Memory", story[^1].Finish);
        Assert.All(story, line => Assert.Equal(future.Key, line.Key));
        Assert.Equal("Forgotten", later[^1].Finish);
    }

    [Fact]
    public async Task Waiting_for_workers_ends_when_they_are_there()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        await cluster.Client.WaitForWorkersAsync(1).Within("wait for those that are there");
        var waiting = cluster.Client.WaitForWorkersAsync(2, TimeSpan.FromHours(1));
        Assert.False(waiting.IsCompleted);

        await cluster.Cluster.AddWorkerAsync(new WorkerOptions { Name = "late" }, validate: true, CancellationToken.None);

        await waiting.Within("wait for a worker");
    }

    [Fact]
    public virtual async Task Waiting_too_long_for_workers_tells_how_many_there_are()
    {
        var time = new FakeTimeProvider();
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, configure: options => options.TimeProvider = time);
        var waiting = cluster.Client.WaitForWorkersAsync(3, TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(waiting.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<WorkerStartTimeoutException>(() => waiting).Within("end of the wait");
        Assert.Equal((1, 3), (error.Available, error.Expected));
    }

    [Fact]
    public async Task Without_time_the_workers_that_are_there_count()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        await cluster.Client.WaitForWorkersAsync(1, TimeSpan.Zero).Within("wait");

        await Assert.ThrowsAsync<WorkerStartTimeoutException>(() => cluster.Client.WaitForWorkersAsync(2, TimeSpan.Zero)).Within("wait");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("count", () => cluster.Client.WaitForWorkersAsync(-1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Giving_a_wait_for_workers_up_throws_the_callers_token(bool hasTimeout)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        using var source = new CancellationTokenSource();
        var waiting = cluster.Client.WaitForWorkersAsync(2, hasTimeout ? TimeSpan.FromHours(1) : null, source.Token);

        await source.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting).Within("end of the wait");
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public async Task A_question_ends_with_the_cluster()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var waiting = cluster.Client.WaitForWorkersAsync(2);

        await cluster.Cluster.DisposeAsync();

        await Assert.ThrowsAsync<ConnectionClosedException>(() => waiting).Within("end of the wait");
    }
}
