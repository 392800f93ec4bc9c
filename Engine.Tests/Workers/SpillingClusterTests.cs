using Engine.Tests.TestKit;
using Engine.Workers;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Workers;

/// <summary>Clusters whose workers have less memory than their data needs. A value has 64 KiB, of which nine fit below the target.</summary>
public class SpillingClusterTests
{
    private const int Size = 1 << 16;
    private const int Limit = 16 * Size;
    private const int Count = 4 * 16;
    private const int Spilled = Count - 9;

    [Fact]
    public async Task A_worker_computes_more_than_it_can_hold_and_every_result_arrives()
    {
        var store = new WatchedStore(Spilled);
        await using (var cluster = await StartAsync(store))
        {
            var futures = Enumerable.Range(0, Count).Select(i => cluster.Client.Submit(ValueOf, i)).ToList();
            await store.Written;

            AssertValues(await cluster.Client.GatherAsync(futures).Within("gathering"));

            Assert.True(store.Reads >= Spilled, $"{store.Reads} values were read");
            var worker = cluster.Cluster.Workers[0];
            Assert.InRange(worker.ManagedBytes, 1, Limit);
            Assert.InRange(worker.SpilledBytes, (long)Spilled * Size, (long)Count * Size);
            cluster.Client.Release(futures);
            await cluster.NothingIsKnownAsync();
        }

        AssertGone(store);
    }

    [Fact]
    public async Task Scattered_data_of_four_times_the_limit_is_gathered_by_another_client()
    {
        var store = new WatchedStore(Spilled);
        await using (var cluster = await StartAsync(store))
        {
            var data = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, Count).Select(ValueOf)).Within("scatter");
            await cluster.Client.PublishAsync("data", data);
            await store.Written;
            var other = await cluster.ConnectAsync();

            AssertValues(await other.GatherAsync(await other.GetDatasetListAsync<byte[]>("data")).Within("gathering"));

            Assert.InRange(cluster.Cluster.Workers[0].ManagedBytes, 1, Limit);
        }

        AssertGone(store);
    }

    [Fact]
    public async Task Tasks_here_and_on_other_workers_read_what_is_spilled()
    {
        var store = new WatchedStore(Spilled);
        await using var cluster = await StartAsync(store, workers: 2);
        var here = new SubmitOptions { Workers = ["0"] };
        var there = new SubmitOptions { Workers = ["1"] };
        var futures = Enumerable.Range(0, Count).Select(i => cluster.Client.Submit(ValueOf, i, here)).ToList();
        await store.Written;

        var firsts = futures.Select(future => cluster.Client.Submit(static (byte[] value) => (int)value[0], future, here)).ToList();
        var all = cluster.Client.Submit(static (IReadOnlyList<byte[]> values) => values.Sum(static value => value[^1]), futures, there);

        Assert.Equal(Enumerable.Range(0, Count), await cluster.Client.GatherAsync(firsts).Within("tasks on the same worker"));
        Assert.Equal(Enumerable.Range(0, Count).Sum(), await all.AsTask().Within("a task on another worker"));
    }

    [Fact]
    public async Task What_the_store_can_not_write_stays_and_the_scheduler_is_told()
    {
        var store = new WatchedStore { Writing = static _ => throw new IOException("the disk is full") };
        await using (var cluster = await StartAsync(store))
        {
            using var told = await cluster.Client.SubscribeAsync("spill").Within("subscription");
            var futures = Enumerable.Range(0, 16).Select(i => cluster.Client.Submit(ValueOf, i)).ToList();

            AssertValues(await cluster.Client.GatherAsync(futures).Within("gathering"));
            await using var events = told.GetAsyncEnumerator();
            Assert.True(await events.MoveNextAsync().AsTask().Within("an event"));
            Assert.Contains("the disk is full", $"{events.Current.Content}", StringComparison.Ordinal);
        }

        AssertGone(store);
    }

    [Fact]
    public async Task A_result_that_the_store_has_lost_is_computed_again()
    {
        var store = new WatchedStore(Spilled);
        await using var cluster = await StartAsync(store);
        var futures = Enumerable.Range(0, Count).Select(i => cluster.Client.Submit(ValueOf, i)).ToList();
        await store.Written;
        Directory.Delete(store.Files.Directory, recursive: true);
        Directory.CreateDirectory(store.Files.Directory);

        AssertValues(await cluster.Client.GatherAsync(futures).Within("gathering"));
    }

    [Fact]
    public async Task A_worker_that_closes_gives_up_what_its_store_is_doing()
    {
        var writing = new TaskCompletionSource();
        var store = new WatchedStore
        {
            Writing = async cancelled =>
            {
                writing.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(cancelled);
            },
        };
        await using (var cluster = await StartAsync(store))
        {
            var futures = Enumerable.Range(0, 16).Select(i => cluster.Client.Submit(ValueOf, i)).ToList();
            await writing.Task.Within("a value is written");
            GC.KeepAlive(futures); // Or a collection would give the values up before there are too many.
        }

        AssertGone(store);
    }

    [Fact]
    public async Task A_store_that_hangs_has_what_is_left_of_the_time_for_closing_and_no_more()
    {
        var gate = new Gate();
        var store = new WatchedStore { Writing = _ => gate.PassAsync(CancellationToken.None) };
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var time = new FakeTimeProvider();
        var closing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = new Worker(
            new WorkerOptions { Name = "full", MemoryLimit = Limit, MemoryPause = null, SpillStore = _ => store, CloseTimeout = TimeSpan.FromSeconds(5) },
            cluster.Cluster.Transport, cluster.Cluster.Scheduler.Address, time, validate: true,
            new WorkerHost
            {
                TellNanny = (_, _) =>
                {
                    closing.TrySetResult();
                    return Task.CompletedTask;
                },
            });
        await worker.StartAsync(TaskScheduler.Default, CancellationToken.None).Within("start of the worker");
        var futures = Enumerable.Range(0, 16).Select(i => cluster.Client.Submit(ValueOf, i, new SubmitOptions { Workers = ["full"] })).ToList();
        await gate.Entered;

        var closed = worker.CloseAsync(CloseReason.UserRequest, "a test");
        await closing.Task.Within("closing has begun");
        Assert.False(closed.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(5));

        await closed.Within("end of the worker");
        Assert.False(store.IsDisposed);
        gate.Open();
        await worker.LanesEnded.Within("end of its threads");
        GC.KeepAlive(futures);
    }

    private static Task<ClusterFixture> StartAsync(WatchedStore store, int workers = 1) => ClusterFixture.StartAsync(workers, configure: options =>
        options.ConfigureWorker = (place, worker) =>
        {
            if (place == 0)
            {
                (worker.MemoryLimit, worker.MemoryPause, worker.SpillStore) = (Limit, null, _ => store);
            }
        });

    private static byte[] ValueOf(int number)
    {
        var value = new byte[Size];
        Array.Fill(value, (byte)number);
        return value;
    }

    private static void AssertValues(IEnumerable<byte[]> values) => Assert.All(values, static (value, i) =>
    {
        Assert.Equal(Size, value.Length);
        Assert.Equal((i, i), (value[0], value[^1]));
    });

    private static void AssertGone(WatchedStore store)
    {
        Assert.True(store.IsDisposed);
        Assert.False(Directory.Exists(store.Files.Directory));
    }
}
