using Engine.Collections;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;
using Engine.Tests.TestKit;

namespace Engine.Tests.Robustness;

/// <summary>A client that is let in and doesn't keep to the rules is cut off; the others go on.</summary>
public class BrokenClientTests
{
    [Fact]
    public Task A_client_that_submits_a_key_twice_is_cut_off() => IsCutOffAsync(static client => [Batch(new TaskKey(client, 5)), Batch(new TaskKey(client, 5))]);

    [Fact]
    public Task A_client_that_submits_keys_of_another_is_cut_off() => IsCutOffAsync(static _ => [Batch(new TaskKey(new ClientId(1), 1 << 20))]);

    [Fact]
    public Task A_client_whose_map_begins_among_its_tasks_is_cut_off() =>
        IsCutOffAsync(static client => [Batch(new TaskKey(client, 5)), new SubmitMap(new TaskKey(client, 0), 10, new ConstantWork(DataValue.From(1)), null)]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_client_that_has_handled_what_was_never_sent_is_cut_off(bool hasSession) => IsCutOffAsync(static _ => [new Acknowledgement(1)], hasSession);

    protected static async Task IsCutOffAsync(Func<ClientId, Message[]> send, bool hasSession = false)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);
        var held = cluster.Client.Submit(static () => 3);
        var inbox = new RecordingInbox();
        var raw = await cluster.Cluster.Transport.ConnectAsync(cluster.Cluster.Scheduler.Address, inbox, CancellationToken.None);
        raw.TrySend(new RegisterClient("broken", hasSession));
        var registered = await inbox.NextAsync<ClientRegistered>();

        foreach (var message in send(registered.Id))
        {
            raw.TrySend(message);
        }

        Assert.Equal(DisconnectKind.ProtocolViolation, (await inbox.NextEndAsync()).Kind);
        var next = cluster.Client.Submit(static (int value) => value + 1, held);
        Assert.Equal(4, await next.AsTask().Within("a task"));
        held.Dispose();
        next.Dispose();
        await cluster.NothingIsKnownAsync();
    }

    private static SubmitBatch Batch(TaskKey first)
    {
        var batch = BatchPool<SubmitBatch>.Get();
        batch.First = first;
        batch.Add(new ConstantWork(DataValue.From(1)), null);
        return batch;
    }
}
