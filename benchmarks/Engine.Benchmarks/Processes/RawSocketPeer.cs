using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Engine.Benchmarks.Processes;

/// <summary>
/// Sockets with nothing above them, what the machine allows: a question of four bytes, and for an answer the next number, or as many
/// bytes as were asked for.
/// </summary>
internal sealed class RawSocketPeer(string name, string family, bool isFresh) : Contender(name)
{
    public const string ServerKind = "raw";
    public const string Unix = "unix";
    public const string Tcp = "tcp";

    private Servers? _servers;
    private Socket? _socket;
    private byte[] _used = [];

    // What was used before makes no difference to four bytes.
    public override bool Supports(Scenario scenario) =>
        scenario.Shape == Shape.LargeValue || (scenario.Shape == Shape.RoundTrip && isFresh);

    /// <summary>In the server's process.</summary>
    public static (IAsyncDisposable? Server, string Said) StartServer(string family)
    {
        var listener = SocketOf(family);
        listener.Bind(family == Unix
            ? new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"engine-benchmark-{Environment.ProcessId}"))
            : new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ = ServeAsync(listener);
        return (null, family == Unix ? listener.LocalEndPoint!.ToString()! : $"{((IPEndPoint)listener.LocalEndPoint!).Port}");
    }

    public override async Task StartAsync()
    {
        _servers = await Servers.StartAsync(ServerKind, family);
        var place = _servers.Said[0];
        _socket = SocketOf(family);
        await _socket.ConnectAsync(family == Unix ? new UnixDomainSocketEndPoint(place) : IPEndPoint.Parse($"127.0.0.1:{place}"));
        if (family == Unix)
        {
            File.Delete(place);
        }
    }

    public override Func<Task<object>> Prepare(Shape shape, int size) => throw Unsupported(shape);

    public override async Task RoundTripsAsync(long[] ticks)
    {
        var buffer = new byte[sizeof(int)];
        for (var i = 0; i < ticks.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            BinaryPrimitives.WriteInt32LittleEndian(buffer, i);
            await _socket!.SendAsync(buffer);
            await FillAsync(_socket, buffer);
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, BinaryPrimitives.ReadInt32LittleEndian(buffer), Name);
        }
    }

    public override async Task<Func<Task<byte[]>>> PrepareTransferAsync(int bytes)
    {
        if (!isFresh && _used.Length != bytes)
        {
            _used = LargeValue.Make(bytes);
        }

        // The server makes the value at the first question, which is in the warm-up.
        var question = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(question, -bytes);
        await Task.CompletedTask;
        return async () =>
        {
            await _socket!.SendAsync(question);
            var value = isFresh ? GC.AllocateUninitializedArray<byte>(bytes) : _used;
            await FillAsync(_socket, value);
            return value;
        };
    }

    public override async Task StopAsync()
    {
        _socket?.Dispose();
        _socket = null;
        _used = [];
        if (_servers is not null)
        {
            await _servers.DisposeAsync();
            _servers = null;
        }
    }

    private static Socket SocketOf(string family) => family == Unix
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static async Task ServeAsync(Socket listener)
    {
        using var socket = await listener.AcceptAsync();
        if (socket.ProtocolType == ProtocolType.Tcp)
        {
            socket.NoDelay = true;
        }

        var buffer = new byte[sizeof(int)];
        byte[] value = [];
        while (await FillAsync(socket, buffer))
        {
            var question = BinaryPrimitives.ReadInt32LittleEndian(buffer);
            if (question < 0)
            {
                value = value.Length == -question ? value : LargeValue.Make(-question);
                await SendAllAsync(socket, value);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(buffer, question + 1);
                await socket.SendAsync(buffer);
            }
        }
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    private static async Task<bool> FillAsync(Socket socket, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = await socket.ReceiveAsync(buffer);
            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }
}
