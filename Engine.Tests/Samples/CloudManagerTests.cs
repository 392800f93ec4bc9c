using CloudManager;
using Engine.Plugins;
using Engine.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Samples;

/// <summary>The sample loses nothing on a cloud that takes machines away, and its cloud does what it is to show.</summary>
public sealed class CloudManagerTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Nothing_is_lost_when_the_cluster_shrinks_and_when_a_machine_is_taken_away()
    {
        var (code, output, error) = await RunAsync("--fast");
        Assert.Equal((0, string.Empty), (code, error));
        Assert.Contains("All of the 80 values can be read; 0 results were computed again.", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split("All of the 80 values can be read").Length - 1);
        Assert.Equal(3, output.Split(": Retired, expected, ").Length - 1);
        Assert.Equal(1, output.Split(": Crashed, unexpected, ").Length - 1);
        Assert.Contains("has taken its place.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_was_returned_goes_a_little_later_and_what_runs_on_it_with_it()
    {
        var cloud = new SimulatedCloud(new CloudOptions { ReclaimTimeMax = TimeSpan.FromSeconds(3) }, _time);
        var machine = await cloud.RentAsync("worker", CancellationToken.None);
        var ends = 0;
        machine.Run(() => ends++);

        var gone = cloud.ReturnAsync(machine);
        _ = cloud.ReturnAsync(machine);
        Assert.Equal((false, 0), (gone.IsCompleted, ends));
        _time.Advance(TimeSpan.FromSeconds(3));

        await gone.Within("end of the machine");
        Assert.Equal(1, ends);
        machine.Run(() => ends++);
        Assert.Equal(2, ends); // What comes up too late goes at once.
    }

    [Fact]
    public async Task A_machine_whose_worker_does_not_start_is_returned()
    {
        var cloud = new SimulatedCloud(new CloudOptions(), _time);
        var provisioner = new CloudProvisioner(cloud, static (_, _, _) => throw new IOException("no worker"));
        var spec = new WorkerSpec { Name = "0", SchedulerAddress = "inproc://none" };

        await Assert.ThrowsAsync<IOException>(() => provisioner.StartAsync(spec, CancellationToken.None));

        await cloud.Find("0")!.Gone.Within("end of the machine");
    }

    [Theory]
    [InlineData(CloseReason.Retired, true)]
    [InlineData(CloseReason.Crashed, false)]
    [InlineData(CloseReason.Restart, false)]
    public async Task The_plugin_returns_the_machines_of_retired_workers_only(CloseReason reason, bool isReturned)
    {
        var cloud = new SimulatedCloud(new CloudOptions { ReclaimTimeMax = TimeSpan.FromSeconds(3) }, _time);
        var machine = await cloud.RentAsync("0", CancellationToken.None);
        var worker = new WorkerInfo { Id = new WorkerId(1), Name = "0", Address = "inproc://0", Threads = 1 };

        await new CloudPlugin(cloud).RemoveWorkerAsync(new WorkerRemoved { Worker = worker, Reason = reason, IsExpected = true }, CancellationToken.None);

        Assert.Equal(isReturned, machine.IsReturned);
    }

    [Fact]
    public async Task Bad_usage_ends_with_2_and_help_names_the_option()
    {
        Assert.Equal(2, (await RunAsync("--slow")).Code);
        Assert.Contains("--fast", (await RunAsync("--help")).Output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new StringWriter { NewLine = "\n" };
        var code = await App.RunAsync(args, TextWriter.Synchronized(output), error, CancellationToken.None).Within("the program");
        return (code, output.ToString(), error.ToString());
    }
}
