using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>A connection may say only what its role says, whatever transport let it in.</summary>
public sealed class RoleTests
{
    public static TheoryData<ComponentRole, string> Impostors => new()
    {
        { ComponentRole.Client, "worker" },
        { ComponentRole.Nanny, "worker" },
        { ComponentRole.Unknown, "worker" },
        { ComponentRole.Client, "nanny" },
        { ComponentRole.Worker, "nanny" },
        { ComponentRole.Worker, "client" },
        { ComponentRole.Scheduler, "client" },
    };

    [Theory]
    [MemberData(nameof(Impostors))]
    public async Task Who_registers_as_something_else_than_it_was_let_in_as_is_cut_off(ComponentRole role, string claim)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(
            cluster.Cluster.Scheduler.Address, ComponentIdentity.New(role), inbox, CancellationToken.None);

        raw.TrySend(claim switch
        {
            "worker" => new RegisterWorker("impostor", "inproc://nowhere", 1, new Dictionary<string, double>()),
            "nanny" => new RegisterNanny(NannyId.New(), "impostor", null),
            _ => new RegisterClient("impostor"),
        });

        var end = await inbox.NextEndAsync();
        Assert.Equal(DisconnectKind.ProtocolViolation, end.Kind);
        Assert.Contains($"a {role} can't register", end.Detail, StringComparison.Ordinal);
        Assert.Single(await cluster.Client.GetWorkersAsync().Within("the workers"));
    }

    [Theory]
    [InlineData(ComponentRole.Client)]
    [InlineData(ComponentRole.Nanny)]
    [InlineData(ComponentRole.Worker)]
    public async Task Who_registers_twice_is_cut_off_and_the_scheduler_goes_on(ComponentRole role)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(
            cluster.Cluster.Scheduler.Address, ComponentIdentity.New(role), inbox, CancellationToken.None);

        for (var i = 0; i < 2; i++)
        {
            raw.TrySend(role switch
            {
                ComponentRole.Client => new RegisterClient("twice"),
                ComponentRole.Nanny => new RegisterNanny(NannyId.New(), "twice", null),
                _ => new RegisterWorker("twice", "inproc://nowhere", 1, new Dictionary<string, double>()),
            });
        }

        Assert.Equal(DisconnectKind.ProtocolViolation, (await inbox.NextEndAsync()).Kind);
        Assert.Equal(3, await cluster.Client.Submit(static () => 3, new SubmitOptions { Workers = ["0"] }).AsTask().Within("a task"));
    }

    [Fact]
    public async Task A_worker_takes_orders_from_its_scheduler_only()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(
            cluster.Cluster.Workers[0].Self.Address, ComponentIdentity.New(ComponentRole.Client), inbox, CancellationToken.None);

        raw.TrySend(new CloseWorker(CloseReason.SchedulerRequest, "a stranger says so"));

        Assert.Equal(DisconnectKind.ProtocolViolation, (await inbox.NextEndAsync()).Kind);
        Assert.Equal(3, await cluster.Client.Submit(static () => 3));
    }

    [Fact]
    public async Task A_scheduler_listens_at_further_addresses_too()
    {
        var transport = new InProcTransport();
        var scheduler = new Scheduler(new SchedulerOptions(), transport, TimeProvider.System, ["inproc://", "inproc://second", "inproc://third"]);
        await scheduler.StartAsync(TaskScheduler.Default, CancellationToken.None).Within("start");

        Assert.Equal([scheduler.Address, "inproc://second", "inproc://third"], scheduler.Addresses);
        await using (var client = await Client.ConnectAsync(transport, "inproc://third", new ClientOptions(), CancellationToken.None).Within("connection"))
        {
            Assert.Empty(await client.GetWorkersAsync().Within("the workers"));
        }

        await scheduler.CloseAsync().Within("the end");
        await Assert.ThrowsAsync<ConnectionClosedException>(
            async () => await transport.ConnectAsync("inproc://second", new RecordingInbox(), CancellationToken.None));
    }
}
