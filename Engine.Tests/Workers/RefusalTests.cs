using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;
using Engine.Workers;

namespace Engine.Tests.Workers;

/// <summary>A worker that the scheduler doesn't let in: its shell, with a scheduler that the test plays.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task It_ends_for_the_reason_that_it_was_told_whatever_the_end_of_the_connection_behind_it_looks_like()
    {
        var (transport, inbox) = (new InProcTransport(), new RecordingInbox());
        await using var listener = await transport.ListenAsync("inproc://", inbox, CancellationToken.None);
        var hears = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new List<CloseReason>();
        var host = new WorkerHost
        {
            TellNanny = (reason, _) =>
            {
                told.Add(reason);
                return hears.Task;
            },
        };
        var worker = new Worker(new WorkerOptions { Name = "w" }, transport, listener.Address, TimeProvider.System, validate: true, host);
        var started = worker.StartAsync(TaskScheduler.Default, CancellationToken.None);
        var (scheduler, _, _) = await inbox.NextAsync();

        scheduler.TrySend(new RegistrationRefused(CloseReason.Restart, "another one is to be started"));
        scheduler.Close(new Disconnect(DisconnectKind.Closed, "it was refused"));
        await worker.PostedAsync().Within("the end of the connection is noticed");
        hears.SetResult();

        Assert.Equal(CloseReason.Restart, (await worker.Ended.Within("its end")).Reason);
        Assert.Equal([CloseReason.Restart], told);
        await Assert.ThrowsAsync<WorkerRefusedException>(() => started);
    }
}
