using Engine.Nannies;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;
using Engine.Tests.TestKit;

namespace Engine.Tests.Nannies.Processes;

/// <summary>What goes through the pipe between a nanny and its worker, and what is refused because it can't.</summary>
public sealed class WorkerLaunchTests
{
    private static readonly WorkerLaunch s_launch = new(
        NannyId.New(), static (_, _) => Task.CompletedTask, TimeSpan.FromHours(2), new Dictionary<string, string> { ["A"] = "b\nc\u2028\"" });

    [Fact]
    public void All_options_that_are_data_arrive()
    {
        var options = new WorkerOptions
        {
            Name = "name",
            Threads = 3,
            Host = "host",
            CloseTimeout = TimeSpan.FromSeconds(7),
            Resources = { ["gpu"] = 0.1 },
            MemoryLimit = long.MaxValue,
            MemoryTarget = 0.5,
            MemoryPause = null,
            MemoryTerminate = 1,
        };
        var place = new ProcessPlace("tcp://scheduler:1", new TransportSecurity
        {
            Secret = new byte[] { 1, 2, 255 },
            CertificateFile = "cert",
            KeyFile = "key",
            AuthorityFile = "authority",
            AllowInsecure = true,
        })
        {
            ListenAddress = "tcp://127.0.0.1:0",
            Validate = true,
        };

        var sent = (LaunchDocument)Roundtrip(WorkerLaunchCodec.Encode(options, place, s_launch, ["X"]))!;
        var arrived = WorkerLaunchCodec.OptionsOf(sent);
        var security = WorkerLaunchCodec.SecurityOf(sent);

        Assert.Equal(("tcp://scheduler:1", s_launch.Nanny.Value, s_launch.Leaves, true), (sent.Scheduler, sent.Nanny, sent.Leaves, sent.Validate));
        Assert.Equal("b\nc\u2028\"", sent.Environment["A"]);
        Assert.Equal(["X"], sent.Unset);
        Assert.Equal(("name", 3, "host", TimeSpan.FromSeconds(7)), (arrived.Name, arrived.Threads, arrived.Host, arrived.CloseTimeout));
        Assert.Equal(
            (long.MaxValue, 0.5, null, 1), (arrived.MemoryLimit, arrived.MemoryTarget, arrived.MemoryPause, arrived.MemoryTerminate));
        Assert.Equal(0.1, arrived.Resources["gpu"]);
        Assert.Equal("tcp://127.0.0.1:0", arrived.ListenAddress);
        Assert.Equal([1, 2, 255], security.Secret!.Value.ToArray());
        Assert.Equal(("cert", "key", "authority", true), (security.CertificateFile, security.KeyFile, security.AuthorityFile, security.AllowInsecure));
        Assert.DoesNotContain("AQL/", sent.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_public_option_of_a_worker_either_goes_along_or_is_refused()
    {
        // A new option has to be thought of: add it to WorkerDocument and WorkerLaunchCodec, then here.
        string[] known =
        [
            "CloseTimeout", "Host", "MemoryLimit", "MemoryPause", "MemoryTarget", "MemoryTerminate", "Name", "Plugins", "Resources", "Services", "SpillStore",
            "Threads",
        ];
        Assert.Equal(known, typeof(WorkerOptions).GetProperties().Select(static property => property.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_message_arrives_as_it_was()
    {
        PipeMessage[] messages =
        [
            new StopMessage(CloseReason.Retired, "line\nbreak"),
            new HeardMessage(),
            new ReadyMessage(new WorkerId(7), "unix://somewhere", 99),
            new ReturnedMessage(new WorkerId(8)),
            new FailedMessage(CloseReason.Refused, "type", "message", null),
            new FailedMessage(CloseReason.StartFailed, "type", "message", "stack"),
            new ClosingMessage(CloseReason.Missing, "detail"),
            new EndedMessage(CloseReason.Missing, "detail", Status.Failed),
        ];
        Assert.All(messages, static message => Assert.Equal(message, Roundtrip(message)));
    }

    [Fact]
    public async Task Messages_come_one_after_the_other_until_the_pipe_is_let_go_even_within_a_message()
    {
        byte[] sent = [.. PipeCodec.Write(new HeardMessage()), .. PipeCodec.Write(new ClosingMessage(CloseReason.Missing, "detail"))];
        foreach (var end in (int[])[sent.Length, sent.Length - 1])
        {
            using var pipe = new MemoryStream(sent, 0, end);
            using var other = new MemoryStream(sent, 0, end);
            Assert.Equal(new HeardMessage(), PipeCodec.Read(pipe));
            Assert.Equal(new HeardMessage(), await PipeCodec.ReadAsync(other));
            Assert.Equal(end == sent.Length, PipeCodec.Read(pipe) is ClosingMessage);
            Assert.Equal(end == sent.Length, await PipeCodec.ReadAsync(other) is ClosingMessage);
            Assert.Null(PipeCodec.Read(pipe));
            Assert.Null(await PipeCodec.ReadAsync(other));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 127 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 99 })] // No such kind.
    [InlineData(new byte[] { 1, 0, 0, 0, 1 })] // A stop without a reason.
    [InlineData(new byte[] { 2, 0, 0, 0, 2, 0 })] // More than there should be.
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 1 })] // A launch of version 1.
    public async Task What_is_no_message_is_an_error(byte[] bytes)
    {
        Assert.Throws<ProtocolViolationException>(() => PipeCodec.Read(new MemoryStream(bytes)));
        await Assert.ThrowsAsync<ProtocolViolationException>(() => PipeCodec.ReadAsync(new MemoryStream(bytes)));
    }

    [Theory]
    [InlineData("Plugins")]
    [InlineData("Services")]
    [InlineData("SpillStore")]
    public void An_option_that_can_not_leave_the_process_is_refused_by_name(string option)
    {
        var options = new WorkerOptions { Name = "name" };
        switch (option)
        {
            case "Plugins":
                options.Plugins["p"] = static () => throw new NotSupportedException();
                break;
            case "Services":
                options.Services = new NoServices();
                break;
            default:
                options.SpillStore = static _ => throw new NotSupportedException();
                break;
        }

        Assert.Contains(option, Assert.Throws<ArgumentException>(() => WorkerLaunchCodec.Check(options)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<LocalClusterOptions>> Refused => new()
    {
        { "Nannies", static options => options.Nannies = false },
        { "Services", static options => options.Services = new NoServices() },
        { "TimeProvider", static options => options.TimeProvider = new WatchedTimeProvider(TimeProvider.System) },
        { "TaskScheduler", static options => options.TaskScheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_cluster_of_processes_refuses_what_can_not_leave_this_one(string option, Action<LocalClusterOptions> set)
    {
        var options = new LocalClusterOptions { Processes = true };
        set(options);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => LocalCluster.StartAsync(options));

        Assert.Equal(option, error.ParamName);
    }

    private static PipeMessage? Roundtrip(PipeMessage message) => PipeCodec.Read(new MemoryStream(PipeCodec.Write(message)));

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
