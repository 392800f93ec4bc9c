using Engine.Diagnostics;
using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.TestKit;

namespace Engine.Tests.Diagnostics;

/// <summary>What is measured of a running cluster. Who has been told of something finds it measured.</summary>
public class MeterTests : IDisposable
{
    private const int Large = 4096; // Too large to travel with the news.
    private readonly Measurements _measured = new();

    public void Dispose()
    {
        _measured.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Tasks_are_counted_in_their_states_and_workers_by_their_status()
    {
        await using var cluster = await StartAsync(workers: 2);
        var gate = new Gate<int>();
        var future = cluster.Client.Submit(gate.RunAsync);
        await gate.Entered;

        Assert.Equal((1, 0), (Tasks("Processing"), Tasks("Memory")));
        gate.Open(1);
        await future.AsTask().Within("the value");
        Assert.Equal((0, 1), (Tasks("Processing"), Tasks("Memory")));
        var workers = _measured.Observe("engine.scheduler.workers");
        Assert.Equal((2, 2), (workers["engine.worker.status=Running"], workers.Values.Sum()));
    }

    [Fact]
    public async Task A_retirement_is_counted_with_the_values_that_were_moved()
    {
        await using var cluster = await StartAsync(workers: 2);
        var data = await cluster.Client.ScatterManyAsync([new byte[Large], new byte[Large], new byte[Large]], new ScatterOptions { Workers = ["0"] }).Within("scatter");

        await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the retirement");

        Assert.Equal(2, _measured.SumsOf("engine.scheduler.workers.joined")[string.Empty]);
        Assert.Equal(1, Assert.Single(_measured.SumsOf("engine.scheduler.workers.left"), static pair => pair.Key == "engine.close.reason=Retired").Value);
        Assert.Equal(
            new() { ["engine.retirement.outcome=Retired engine.retirement.refusal=None"] = 1 }, _measured.SumsOf("engine.scheduler.retirements"));
        Assert.Equal(
            new() { ["engine.key.fate=moved engine.close.reason=Retired"] = 3 }, _measured.SumsOf("engine.scheduler.departure.keys"));
        Assert.Equal(1, _measured.Observe("engine.scheduler.workers").Values.Sum());
        GC.KeepAlive(data);
    }

    [Fact]
    public async Task A_death_is_counted_with_the_values_that_are_lost_or_computed_again()
    {
        await using var cluster = await StartAsync(workers: 1);
        var data = await cluster.Client.ScatterAsync(new byte[Large]).Within("scatter");
        Future[] computed = [cluster.Client.Submit(Bytes), cluster.Client.Submit(Bytes)];
        await cluster.Client.WaitAsync(computed).Within("values");
        var left = await cluster.ListenAsync("workers", "left");

        await cluster.CrashWorkerAsync("0", "a test");
        await left;

        Assert.Equal(new() { ["engine.close.reason=Crashed"] = 1 }, _measured.SumsOf("engine.scheduler.workers.left"));
        Assert.Equal(
            new() { ["engine.key.fate=lost engine.close.reason=Crashed"] = 1, ["engine.key.fate=recomputed engine.close.reason=Crashed"] = 2 },
            _measured.SumsOf("engine.scheduler.departure.keys"));
        Assert.Equal(0, _measured.Observe("engine.scheduler.workers").Values.Sum());
        GC.KeepAlive((data, computed));
    }

    [Fact]
    public async Task A_refused_retirement_is_counted_with_its_reason_and_nobody_leaves()
    {
        await using var cluster = await StartAsync(workers: 1);
        var data = await cluster.Client.ScatterAsync(new byte[Large]).Within("scatter");

        await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the refusal");

        Assert.Equal(
            new() { ["engine.retirement.outcome=Refused engine.retirement.refusal=NoRecipient"] = 1 }, _measured.SumsOf("engine.scheduler.retirements"));
        Assert.Empty(_measured.SumsOf("engine.scheduler.workers.left"));
        Assert.Equal(1, _measured.Observe("engine.scheduler.workers")["engine.worker.status=Running"]);
        GC.KeepAlive(data);
    }

    [Fact]
    public async Task Functions_are_measured_under_their_names_those_that_throw_too()
    {
        await using var cluster = await StartAsync(workers: 2);
        var values = Enumerable.Range(0, 50).Select(number => cluster.Client.Submit(Double, number)).ToList();
        await cluster.Client.GatherAsync(values).Within("the values");
        await Assert.ThrowsAsync<TaskFailedException>(() => cluster.Client.Submit(Throw).AsTask().Within("the error"));

        Assert.Equal(
            new() { ["engine.task.prefix=MeterTests.Double"] = 50, ["engine.task.prefix=MeterTests.Throw"] = 1 },
            _measured.CountsOf("engine.worker.task.duration"));
    }

    [Fact]
    public async Task Bytes_that_go_from_worker_to_worker_are_counted_at_both()
    {
        await using var cluster = await StartAsync(workers: 2);
        var bytes = cluster.Client.Submit(Bytes, new SubmitOptions { Workers = ["0"] });
        var length = cluster.Client.Submit((byte[] value) => value.Length, bytes, new SubmitOptions { Workers = ["1"] });
        Assert.Equal(Large, await length.AsTask().Within("the length"));

        var moved = _measured.SumsOf("engine.worker.transfer.io");
        Assert.InRange(moved["network.io.direction=transmit"], Large, 2 * Large);
        Assert.Equal(moved["network.io.direction=transmit"], moved["network.io.direction=receive"]);
    }

    [Fact]
    public async Task What_the_scheduler_is_told_is_measured_by_kind_and_so_is_what_it_settles()
    {
        await using var cluster = await StartAsync(workers: 1);
        await cluster.Client.Submit(Bytes).AsTask().Within("the value");

        var stimuli = _measured.CountsOf("engine.scheduler.stimulus.duration").Keys;
        Assert.Contains("engine.stimulus=SubmitBatch", stimuli);
        Assert.Contains("engine.stimulus=FinishedBatch", stimuli);
        Assert.Contains("engine.stimulus=Settle", stimuli);
    }

    [Fact]
    public async Task The_end_of_a_connection_is_counted_with_its_reason()
    {
        await using var cluster = await StartAsync(workers: 1);
        var second = await cluster.ConnectAsync();
        await second.DisposeAsync().AsTask().Within("end of the client");
        await second.Completion.Within("end of its loop");

        Assert.Equal(1, _measured.SumsOf("engine.connection.closed")["engine.component=client engine.close.reason=Closed"]);
    }

    [Fact]
    public async Task What_has_ended_is_observed_no_longer()
    {
        await using (await StartAsync(workers: 2))
        {
            Assert.Equal(
                ["client", "cluster", "scheduler", "worker"],
                _measured.Observe("engine.component.mailbox.depth").Keys.Select(static tag => tag.Split('=')[1]).Order());
        }

        Assert.Empty(_measured.Observe("engine.component.mailbox.depth"));
        Assert.Empty(_measured.Observe("engine.scheduler.tasks"));
        Assert.Empty(_measured.Observe("engine.scheduler.workers"));
    }

    [Fact]
    public async Task Clusters_of_one_meter_factory_are_added_up_under_one_instrument_of_each_name()
    {
        await using var first = await StartAsync(workers: 1);
        await using var second = await StartAsync(workers: 2);

        Assert.Equal(3, _measured.Observe("engine.scheduler.workers")["engine.worker.status=Running"]);
        Assert.Equal(_measured.Instruments.Count, _measured.Instruments.Select(static instrument => instrument.Name).Distinct().Count());
    }

    [Fact]
    public void Messages_that_wait_are_observed_for_each_kind_of_component()
    {
        var components = EngineMeter.Of(_measured).Components;
        var (first, second, other) = (new Mailbox(components, "worker"), new Mailbox(components, "worker"), new Mailbox(components, "nanny"));
        components.Add(first, "worker");
        components.Add(second, "worker");
        components.Add(other, "nanny");
        first.Post(new Note());
        second.Post(new Note());
        second.Post(new Note());

        Assert.Equal(
            new() { ["engine.component=worker"] = 3, ["engine.component=nanny"] = 0 }, _measured.Observe("engine.component.mailbox.depth"));
    }

    [Fact]
    public void Who_gives_no_factory_shares_the_meter_of_the_process() => Assert.Same(EngineMeter.Own, EngineMeter.Of(null));

    private static byte[] Bytes() => new byte[Large];

    private static int Double(int number) => number * 2;

    private static int Throw() => throw new InvalidOperationException("as planned");

    private double Tasks(string state) => _measured.Observe("engine.scheduler.tasks")[$"engine.task.state={state}"];

    private Task<ClusterFixture> StartAsync(int workers) => ClusterFixture.StartAsync(workers, configure: options => options.MeterFactory = _measured);

    private sealed class Note : Message;
}
