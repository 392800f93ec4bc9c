using System.Collections.Concurrent;
using Engine.Protocol;
using Engine.Tests.TestKit;
using Engine.Workers.Machine;

namespace Engine.Tests.Workers;

public class TaskContextTests
{
    [Fact]
    public async Task The_context_says_which_task_runs_where()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var worker = (await cluster.Client.GetWorkersAsync()).Single();
        var future = cluster.Client.Submit(static (TaskContext context) =>
            $"{context.Key} {context.Attempt} {context.Worker} {context.WorkerName} {context.Cause} {context.Token.IsCancellationRequested}");

        var said = await future.AsTask().Within("the value");

        Assert.Equal($"{future.Key} 1 {worker.Id} 0 {CancellationCause.None} {false}", said);
    }

    [Fact]
    public virtual async Task The_context_has_the_services_of_the_cluster()
    {
        var services = new NoServices();
        await using var cluster = await ClusterFixture.StartAsync(workers: 1, configure: options => options.Services = services);

        Assert.Same(services, await cluster.Client.Submit(static (TaskContext context) => context.Services).AsTask().Within("the services"));
    }

    [Fact]
    public virtual async Task A_worker_may_have_services_of_its_own()
    {
        var services = new NoServices();
        await using var cluster = await ClusterFixture.StartAsync(
            workers: 2, configure: options => options.ConfigureWorker = (place, worker) => worker.Services = place == 1 ? services : null);

        var first = cluster.Client.Submit(static (TaskContext context) => context.Services, new SubmitOptions { Workers = ["0"] });
        var second = cluster.Client.Submit(static (TaskContext context) => context.Services, new SubmitOptions { Workers = ["1"] });

        Assert.Null(await first.AsTask().Within("the first"));
        Assert.Same(services, await second.AsTask().Within("the second"));
    }

    [Fact]
    public async Task A_retried_function_sees_a_higher_attempt()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var attempts = new ConcurrentQueue<int>();
        var future = cluster.Client.Submit(
            (TaskContext context) =>
            {
                attempts.Enqueue(context.Attempt);
                return context.Attempt > 2 ? context.Attempt : throw new InvalidOperationException("not yet");
            },
            new SubmitOptions { Retries = 2 });

        Assert.Equal(3, await future.AsTask().Within("the third attempt"));
        Assert.Equal([1, 2, 3], attempts);
    }

    [Fact]
    public async Task A_function_whose_future_is_given_up_sees_its_token_cancelled()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var seen = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var future = cluster.Client.Submit(async (TaskContext context) => await UntilCancelledAsync(context, gate, seen));
        await gate.Entered;

        future.Dispose();

        Assert.Equal(CancellationCause.Cancelled, await seen.Task.Within("the token is cancelled"));
        await Assert.ThrowsAsync<FutureCancelledException>(() => future.AsTask());
    }

    [Fact]
    public async Task A_synchronous_function_can_watch_its_token_too()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var entered = new Gate();
        var cause = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        var future = cluster.Client.Submit((TaskContext context) =>
        {
            _ = entered.PassAsync();
            context.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(60));
            cause.SetResult(context.Cause);
            return 0;
        });
        await entered.Entered;

        future.Dispose();

        Assert.Equal(CancellationCause.Cancelled, await cause.Task.Within("the token is cancelled"));
        entered.Open();
    }

    [Fact]
    public async Task A_token_that_is_asked_for_after_the_cancellation_is_cancelled_and_the_first_cause_stays()
    {
        await using var executor = new ExecutorFixture();
        var context = new TaskContext(executor, new WorkerTask());

        context.Cancel(CancellationCause.TimedOut);
        context.Cancel(CancellationCause.WorkerClosing);

        Assert.True(context.Token.IsCancellationRequested);
        Assert.Equal(CancellationCause.TimedOut, context.Cause);
    }

    [Fact]
    public async Task A_function_whose_worker_closes_sees_its_token_cancelled()
    {
        var gate = new Gate();
        var seen = new TaskCompletionSource<CancellationCause>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var cluster = await ClusterFixture.StartAsync(workers: 1))
        {
            using var held = cluster.Client.Submit(async (TaskContext context) => await UntilCancelledAsync(context, gate, seen));
            await gate.Entered;
            await cluster.Cluster.DisposeAsync().AsTask().Within("end of the cluster");
        }

        Assert.Equal(CancellationCause.WorkerClosing, await seen.Task.Within("the token is cancelled"));
    }

    [Fact]
    public virtual async Task A_function_that_begins_while_its_worker_closes_is_told_so()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var worker = cluster.Cluster.Workers[0];
        await worker.CloseAsync(CloseReason.UserRequest, "test").Within("end of the worker");

        var context = new TaskContext(worker, new WorkerTask());
        worker.Entered(context);

        Assert.True(context.Token.IsCancellationRequested);
        Assert.Equal(CancellationCause.WorkerClosing, context.Cause);
    }

    [Fact]
    public virtual async Task A_function_whose_worker_has_closed_gets_no_client_for_more_work()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var worker = cluster.Cluster.Workers[0];
        await worker.CloseAsync(CloseReason.UserRequest, "test").Within("end of the worker");

        var error = Assert.Throws<ConnectionClosedException>(() => worker.Client);

        Assert.Contains("token", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_an_event_of_its_topic()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var future = cluster.Client.Submit(static (TaskContext context) =>
        {
            context.Report(0.5);
            context.Report(1);
            return 1;
        });
        await future.AsTask().Within("the value");

        var events = await cluster.Client.AskAsync<IReadOnlyList<TopicEvent>>(new EventsRequest("progress"), default).Within("the events");

        Assert.Equal([0.5, 1], events.Select(logged => Assert.IsType<TaskProgress>(logged.Content).Fraction));
        Assert.All(events, logged => Assert.Equal(future.Key, ((TaskProgress)logged.Content!).Key));
    }

    [Fact]
    public async Task A_rescheduled_task_is_placed_anew_and_nothing_is_counted()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var runs = 0;
        var future = cluster.Client.Submit((TaskContext context) =>
        {
            if (Interlocked.Increment(ref runs) < 5)
            {
                context.Reschedule();
            }

            return context.Attempt;
        });

        Assert.Equal(5, await future.AsTask().Within("the fifth run")); // With Retries = 0: a retry would have failed it.
        Assert.Equal(5, runs);
    }

    [Fact]
    public async Task A_task_that_secedes_lets_another_run_on_the_only_thread()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var gate = new Gate();
        var waiting = cluster.Client.Submit((TaskContext context) =>
        {
            context.Secede();
            context.Secede(); // Leaving twice is leaving once.
            gate.Pass();
            return 1;
        });
        await gate.Entered;
        var other = cluster.Client.Submit(() =>
        {
            gate.Open();
            return 2;
        });

        Assert.Equal(2, await other.AsTask().Within("the other task"));
        Assert.Equal(1, await waiting.AsTask().Within("the task that seceded"));
    }

    [Fact]
    public async Task Many_tasks_that_have_seceded_wait_beside_one_slot()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        const int count = 50;
        using var all = new CountdownEvent(count);
        var futures = Enumerable.Range(0, count).Select(i => cluster.Client.Submit((TaskContext context) =>
        {
            context.Secede();
            all.Signal();
            return all.Wait(TimeSpan.FromSeconds(60)) ? i : -1; // All are in here at the same time.
        })).ToList();

        Assert.Equal(Enumerable.Range(0, count), await cluster.Client.GatherAsync(futures).Within("all"));
    }

    private static async Task<int> UntilCancelledAsync(TaskContext context, Gate gate, TaskCompletionSource<CancellationCause>? seen)
    {
        try
        {
            await gate.PassAsync(context.Token);
        }
        finally
        {
            seen?.TrySetResult(context.Cause);
        }

        return 0;
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
