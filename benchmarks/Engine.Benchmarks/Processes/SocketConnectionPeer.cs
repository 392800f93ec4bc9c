using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace Engine.Benchmarks.Processes;

/// <summary>A ping-pong over TCP by the pipes that the engine's sockets are made of, with nothing above them.</summary>
internal sealed class SocketConnectionPeer() : Contender("raw SocketConnection")
{
    public const string ServerKind = "socket-connection";

    private Servers? _servers;
    private SocketConnection? _connection;

    public override bool Supports(Scenario scenario) => scenario.Shape == Shape.RoundTrip;

    /// <summary>In the server's process.</summary>
    public static (IAsyncDisposable? Server, string Said) StartServer()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = ServeAsync(listener);
        return (null, listener.LocalEndpoint.ToString()!);
    }

    public override async Task StartAsync()
    {
        _servers = await Servers.StartAsync(ServerKind);
        _connection = await SocketConnection.ConnectAsync(IPEndPoint.Parse(_servers.Said[0]));
    }

    public override Func<Task<object>> Prepare(Shape shape, int size) => throw Unsupported(shape);

    public override async Task RoundTripsAsync(long[] ticks)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await SendAsync(_connection!.Output, i);
            var answer = await ReceiveAsync(_connection.Input);
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, answer ?? -1, Name);
        }
    }

    public override async Task StopAsync()
    {
        _connection?.Dispose();
        _connection = null;
        if (_servers is not null)
        {
            await _servers.DisposeAsync();
            _servers = null;
        }
    }

    private static async Task ServeAsync(TcpListener listener)
    {
        using var connection = SocketConnection.Create(await listener.AcceptSocketAsync());
        while (await ReceiveAsync(connection.Input) is { } question)
        {
            await SendAsync(connection.Output, question + 1);
        }
    }

    private static ValueTask<FlushResult> SendAsync(PipeWriter output, int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), number);
        output.Advance(sizeof(int));
        return output.FlushAsync();
    }

    /// <summary>Returns null at the end.</summary>
    private static async ValueTask<int?> ReceiveAsync(PipeReader input)
    {
        var result = await input.ReadAtLeastAsync(sizeof(int));
        if (result.Buffer.Length < sizeof(int))
        {
            return null;
        }

        var number = NumberOf(result.Buffer);
        input.AdvanceTo(result.Buffer.GetPosition(sizeof(int)));
        return number;
    }

    private static int NumberOf(ReadOnlySequence<byte> buffer)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        buffer.Slice(0, sizeof(int)).CopyTo(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }
}
