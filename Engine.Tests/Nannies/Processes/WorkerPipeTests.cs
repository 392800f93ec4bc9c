using System.Net.Sockets;
using Engine.Nannies.Processes;
using Engine.Tests.TestKit;

namespace Engine.Tests.Nannies.Processes;

/// <summary>The nanny's end of the pipe to its worker process.</summary>
public sealed class WorkerPipeTests
{
    [Fact]
    public async Task A_wait_that_is_given_up_ends_when_nobody_has_come()
    {
        using var pipe = new WorkerPipe();
        var connecting = pipe.ConnectAsync();

        pipe.GiveUp();

        await connecting.Within("end of the wait");
        Assert.Null(await pipe.ReadAsync().Within("nothing was said"));
    }

    [Fact]
    public async Task A_wait_that_is_given_up_ends_although_the_pipe_can_not_be_reached()
    {
        using var pipe = new WorkerPipe();
        var connecting = pipe.ConnectAsync();
        File.Delete(pipe.Name);
        using var other = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(pipe.Name)); // To connect to that is an error of the socket, as it is without handles.

        pipe.GiveUp();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Within("end of the wait"));
        File.Delete(pipe.Name);
    }
}
