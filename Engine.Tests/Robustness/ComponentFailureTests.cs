using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>A bug in one component ends it, and releases everybody who waits for it.</summary>
public sealed class ComponentFailureTests
{
    [Fact]
    public async Task A_scheduler_with_a_bug_ends_its_workers_and_releases_all_who_wait()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var gate = new Gate();
        var pending = cluster.Client.Submit(async (TaskContext context) =>
        {
            await gate.PassAsync(context.Token);
            return 1;
        });
        await gate.Entered;
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(cluster.Cluster.Scheduler.Address, inbox, CancellationToken.None);
        raw.TrySend(new RegisterClient("raw"));
        await inbox.NextAsync<ClientRegistered>();

        raw.TrySend(new NumberedMessage(1, Lane.Data)); // The machine has no answer to that.

        await Assert.ThrowsAsync<FutureCancelledException>(() => pending.AsTask().Within("the waiter is released"));
        Assert.Equal(DisconnectKind.Aborted, (await inbox.NextEndAsync()).Kind);
        await Task.WhenAll(cluster.Cluster.Workers.Select(static worker => worker.Closed)).Within("end of the workers");
        Assert.Throws<ObjectDisposedException>(() => cluster.Client.Submit(static () => 1));
    }

    [Fact]
    public async Task A_plugin_of_nannies_that_can_not_be_made_fails_the_start_of_the_cluster_and_holds_nobody_up()
    {
        var options = new LocalClusterOptions { Workers = 1 };
        options.Nanny.Plugins.Add("broken", static () => throw new NotSupportedException("it can't be made"));

        var error = await Assert.ThrowsAsync<PluginException>(() => LocalCluster.StartAsync(options).Within("the start fails"));

        Assert.Contains("it can't be made", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_with_a_bug_ends_and_its_tasks_run_on_another()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var gate = new Gate();
        var future = cluster.Client.Submit(
            async (TaskContext context) =>
            {
                if (context.Attempt == 1)
                {
                    await gate.PassAsync(context.Token);
                }

                return context.WorkerName;
            },
            new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await gate.Entered;
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(cluster.Cluster.Workers[0].Self.Address, inbox, CancellationToken.None);

        raw.TrySend(new GetData(1, cluster.Cluster.Workers[0].Self.Id, null!));

        await cluster.Cluster.Workers[0].Closed.Within("end of the worker");
        Assert.Equal("1", await future.AsTask().Within("the second attempt"));
        Assert.False(cluster.Cluster.Workers[1].Closed.IsCompleted);
        raw.Close(new Disconnect(DisconnectKind.Closed, "the test is over"));
    }

    [Fact]
    public async Task A_client_with_a_bug_ends_and_releases_all_who_wait()
    {
        var transport = new InProcTransport();
        var scheduler = new RecordingInbox();
        await using var listener = await transport.ListenAsync("inproc://scheduler", scheduler, CancellationToken.None);
        var connecting = Client.ConnectAsync(transport, listener.Address, new ClientOptions(), CancellationToken.None);
        var (connection, message, _) = await scheduler.NextAsync();
        Assert.IsType<RegisterClient>(message);
        connection.TrySend(new ClientRegistered(new ClientId(3)));
        await using var client = await connecting.Within("connection of the client");
        var pending = client.Submit(static () => 1).AsTask();
        var asked = client.AskAsync<object>(new WorkersRequest(), CancellationToken.None);

        connection.TrySend(new NumberedMessage(1, Lane.Data));

        await Assert.ThrowsAsync<FutureCancelledException>(() => pending.Within("the waiter is released"));
        await Assert.ThrowsAsync<ConnectionClosedException>(() => asked.Within("the question is ended"));
        Assert.Equal(DisconnectKind.Aborted, (await scheduler.NextEndAsync()).Kind);
        await client.Completion.Within("end of the loop");
    }

    [Fact]
    public async Task A_clock_whose_timers_throw_when_they_are_disposed_does_not_keep_the_cluster_open()
    {
        var clock = new BadClock();
        var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 1, TimeProvider = clock }).Within("start");
        var client = await cluster.ConnectAsync().Within("connection of a client");
        clock.IsBad = true;

        await cluster.DisposeAsync().AsTask().Within("end of the cluster");

        await client.DisposeAsync().AsTask().Within("end of the client");
    }

    [Fact]
    public async Task A_question_that_is_not_answered_when_the_scheduler_closes_gets_an_end()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var asked = cluster.Client.AskAsync<int>(new WaitForWorkersRequest(5), CancellationToken.None);
        await cluster.Client.AskAsync<object>(new WorkersRequest(), CancellationToken.None).Within("an answer, after which the other waits");

        await cluster.Cluster.DisposeAsync().AsTask().Within("end of the cluster");

        await Assert.ThrowsAsync<ConnectionClosedException>(() => asked.Within("the question is ended"));
    }

    [Fact]
    public async Task Values_that_are_asked_of_a_worker_that_has_closed_get_an_end()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var worker = cluster.Cluster.Workers[0];
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(worker.Self.Address, inbox, CancellationToken.None);
        raw.TrySend(new GetData(1, worker.Self.Id, []));
        Assert.Empty((await inbox.NextAsync<DataReply>()).Entries);
        await worker.CloseAsync(CloseReason.UserRequest, "test").Within("end of the worker");

        raw.TrySend(new GetData(2, worker.Self.Id, [new TaskKey(new ClientId(0), 1)]));

        Assert.NotNull(await inbox.NextEndAsync());
    }

    [Fact]
    public async Task A_client_that_meets_a_closing_scheduler_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 0);
        var transport = cluster.Cluster.Transport;
        var inbox = new RecordingInbox();
        var raw = await transport.ConnectAsync(cluster.Cluster.Scheduler.Address, inbox, CancellationToken.None);
        await cluster.Cluster.DisposeAsync().AsTask().Within("end of the cluster");

        raw.TrySend(new RegisterClient("late"));

        Assert.NotNull(await inbox.NextEndAsync());
        await Assert.ThrowsAsync<ConnectionClosedException>(() => cluster.Cluster.ConnectAsync().Within("refusal"));
    }

    private sealed class BadClock : TimeProvider
    {
        /// <summary>Whether its timers throw when they are disposed.</summary>
        public bool IsBad { get; set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new BadTimer(this);

        private sealed class BadTimer(BadClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
                if (clock.IsBad)
                {
                    throw new InvalidOperationException("not disposed");
                }
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
