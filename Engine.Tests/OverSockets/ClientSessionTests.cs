using Engine.Protocol;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.OverSockets;

/// <summary>A client whose connection breaks comes back by itself, and finds its futures as they were.</summary>
#pragma warning disable CA1001 // Its DisposeAsync is that of IAsyncLifetime.
public sealed class ClientSessionTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly WatchedTimeProvider _time = new(new FakeTimeProvider());
    private readonly List<Client> _clients = [];
    private ClusterFixture _cluster = null!; // Set before each test.
    private SocketProxy _proxy = null!; // Set before each test.

    public ClientSessionTests() => ClusterKind.UseSockets();

    public async Task InitializeAsync()
    {
        _cluster = await ClusterFixture.StartAsync(workers: 1, threads: 2);
        _proxy = new SocketProxy(_cluster.Cluster.Scheduler.Address);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().AsTask().Within("end of the client");
        }

        await _cluster.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task A_future_that_is_pending_when_the_connection_breaks_ends_when_its_task_does()
    {
        var client = await ConnectAsync();
        var gate = new Gate<int>();
        var future = client.Submit(gate.RunAsync);
        await gate.Entered;
        var waiting = future.AsTask();

        _proxy.Cut();
        await AnswerAsync(client);
        gate.Open(7);

        Assert.Equal(7, await waiting.Within("the value"));
        Assert.Equal(2, _proxy.Count);
        Assert.Equal(1, gate.Runs);
    }

    [Fact]
    public async Task What_is_submitted_and_given_up_while_the_connection_is_broken_is_done_when_it_is_back()
    {
        var client = await ConnectAsync(TimeProvider.System);
        var early = client.Submit(static () => 1);
        Assert.Equal(1, await early.AsTask().Within("a value"));

        _proxy.Block();
        var late = client.Submit(static (int value) => value + 1, early);
        early.Dispose();
        client.Flush();
        _proxy.Open();

        Assert.Equal(2, await late.AsTask().Within("a value"));
        late.Dispose();
        await AnswerAsync(client);
        Assert.Equal(0, _cluster.Cluster.Scheduler.TaskCount);
    }

    [Fact]
    public async Task However_often_the_connection_breaks_each_task_runs_once_and_each_value_arrives()
    {
        var client = await ConnectAsync(TimeProvider.System);
        const int rounds = 20;
        var runs = new int[100 * rounds];
        var futures = new List<Future<int>>();
        for (var round = 0; round < rounds; round++)
        {
            _proxy.CutAfter(20 * round); // Each time somewhere else, but before all of the round has passed.
            for (var i = 0; i < runs.Length / rounds; i++)
            {
                var place = futures.Count;
                futures.Add(client.Submit(() =>
                {
                    Interlocked.Increment(ref runs[place]);
                    return place;
                }));
            }

            await AnswerAsync(client); // So that the next cut doesn't take the place of this one.
        }

        Assert.Equal(Enumerable.Range(0, runs.Length), await client.GatherAsync(futures).Within("all values"));
        Assert.All(runs, static count => Assert.Equal(1, count));
        Assert.Equal(1 + rounds, _proxy.Count);
        client.Release(futures);
        await AnswerAsync(client);
        Assert.Equal(0, _cluster.Cluster.Scheduler.TaskCount);
        Assert.Equal(0, client.KeptCount);
    }

    [Fact]
    public async Task A_question_whose_answer_is_under_way_is_answered()
    {
        var client = await ConnectAsync();
        var waiting = client.WaitForWorkersAsync(2);
        await AnswerAsync(client); // The question is there.

        _proxy.Cut();
        await _cluster.Cluster.ScaleAsync(2).Within("another worker");

        await waiting.Within("the answer");
    }

    [Fact]
    public async Task A_subscription_goes_on_and_misses_nothing()
    {
        var client = await ConnectAsync(TimeProvider.System);
        using var subscription = await client.SubscribeAsync("news").Within("subscription");

        _proxy.Block();
        await _cluster.Client.LogEventAsync("news", "one").Within("an event");
        _proxy.Open();
        await AnswerAsync(client);
        await _cluster.Client.LogEventAsync("news", "two").Within("an event");

        await using var events = subscription.GetAsyncEnumerator();
        foreach (var expected in (string[])["one", "two"])
        {
            Assert.True(await events.MoveNextAsync().AsTask().Within("an event"));
            Assert.Equal(expected, events.Current.Content);
        }
    }

    [Fact]
    public async Task When_the_grace_is_over_all_who_wait_are_told_that_the_session_is_over()
    {
        var fake = new FakeTimeProvider();
        var time = new WatchedTimeProvider(fake);
        var isAway = WhenAway(time);
        var client = await ConnectAsync(time);
        var gate = new Gate();
        var future = client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 7;
        });
        await gate.Entered;
        var waiting = future.AsTask();
        var question = client.WaitForWorkersAsync(2);

        _proxy.Block();
        await isAway.Within("the break is noticed");
        fake.Advance(TimeSpan.FromSeconds(30));

        var cancelled = await Assert.ThrowsAsync<FutureCancelledException>(() => waiting.Within("the end of the future"));
        Assert.Contains("session", cancelled.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SessionOverException>(() => question.Within("the end of the question"));
        Assert.Throws<SessionOverException>(() => client.Submit(static () => 1));
        gate.Open();
    }

    [Fact]
    public async Task A_client_closes_at_once_while_it_is_away()
    {
        var time = new WatchedTimeProvider(new FakeTimeProvider());
        var isAway = WhenAway(time);
        var client = await ConnectAsync(time);
        var waiting = client.WaitForWorkersAsync(2);

        _proxy.Block();
        await isAway.Within("the break is noticed");
        await client.DisposeAsync().AsTask().Within("end of the client");

        await Assert.ThrowsAsync<ConnectionClosedException>(() => waiting.Within("the end of the question"));
        await time.WhenNoneLives().Within("end of its timers");
    }

    [Fact]
    public async Task A_client_of_a_scheduler_that_closes_does_not_wait_for_it()
    {
        var client = await ConnectAsync();
        var waiting = client.WaitForWorkersAsync(2);
        await AnswerAsync(client);

        await _cluster.Cluster.Scheduler.CloseAsync().Within("end of the scheduler");

        await Assert.ThrowsAsync<ConnectionClosedException>(() => waiting.Within("the end of the question"));
    }

    private static async Task AnswerAsync(Client client) =>
        await client.AskAsync<object>(new WorkersRequest(), CancellationToken.None).Within("an answer");

    /// <summary>Ends when a client's time to come back runs.</summary>
    private static Task WhenAway(WatchedTimeProvider time)
    {
        var away = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        time.WhenSet = due =>
        {
            if (due == TimeSpan.FromSeconds(30))
            {
                away.TrySetResult();
            }
        };
        return away.Task;
    }

    private async Task<Client> ConnectAsync(TimeProvider? time = null)
    {
        var client = await Client.ConnectAsync(
            _cluster.Cluster.Transport, _proxy.Address, new ClientOptions { Name = "remote", Serializers = ClusterKind.Serializers }, CancellationToken.None, null, time ?? _time, hasSession: true).Within("connection");
        _clients.Add(client);
        return client;
    }
}
