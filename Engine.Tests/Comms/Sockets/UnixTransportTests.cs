using System.Net.Sockets;
using Engine.Plugins.Transports;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms.Sockets;

public sealed class UnixTransportTests : SocketConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("engine-unix-").FullName;

    protected override string FreePlace => Path.Combine(_folder, "place");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_socket_is_its_owners_only_and_goes_with_its_listener()
    {
        var listener = await CreateTransport().ListenAsync("unix://", new RecordingInbox(), CancellationToken.None);
        var path = listener.Address["unix://".Length..];
        var folder = Path.GetDirectoryName(path)!;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(folder));

        await listener.DisposeAsync();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_named_socket_is_its_owners_only()
    {
        await using var listener = await CreateTransport().ListenAsync($"unix://{FreePlace}", new RecordingInbox(), CancellationToken.None);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(FreePlace));
    }

    [Fact]
    public async Task A_socket_whose_listener_is_gone_is_replaced()
    {
        LeaveStaleSocket(FreePlace);
        var transport = CreateTransport();

        await using var listener = await transport.ListenAsync($"unix://{FreePlace}", new RecordingInbox(), CancellationToken.None);
        await transport.ConnectAsync(listener.Address, new RecordingInbox(), CancellationToken.None);
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        await File.WriteAllTextAsync(FreePlace, "");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await CreateTransport().ListenAsync($"unix://{FreePlace}", new RecordingInbox(), CancellationToken.None));
        Assert.Contains("is no socket", exception.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(FreePlace));
    }

    protected override ITransport CreateListening(TransportLimits? limits) => SocketTransports.Create("unix", new TransportSecurity(), limits);

    protected override ITransport CreateConnecting(TransportLimits? limits) => SocketTransports.Create("unix", new TransportSecurity(), limits);

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException("Unix sockets of tests need file modes.") : File.GetUnixFileMode(path);

    private static void LeaveStaleSocket(string path)
    {
        var elsewhere = path + "-before";
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(elsewhere));
        File.Move(elsewhere, path); // So that it is not found when the socket is closed.
    }
}
