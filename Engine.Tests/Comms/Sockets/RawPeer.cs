using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Engine.Plugins.Transports;
using Engine.Tests.TestKit;
using Engine.Transport.Sockets.Framing;
using Engine.Transport.Sockets.Handshakes;

namespace Engine.Tests.Comms.Sockets;

/// <summary>The other side of a tcp connection, byte by byte: it says what no connection of ours would say.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawPeer(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Hello? Theirs { get; private set; }

    public static async Task<RawPeer> DialAsync(string address)
    {
        var uri = new Uri(address);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Parse(uri.Host), uri.Port);
        return new RawPeer(socket);
    }

    /// <summary>Connects as a client, up to the first frame.</summary>
    public static async Task<RawPeer> ConnectAsync(string address, uint windowBytes = 1 << 20)
    {
        var peer = await DialAsync(address);
        peer.Theirs = await new Handshake(peer._stream, NewHello(windowBytes), SocketTransports.Secret.Secret, null)
            .CallAsync(address, CancellationToken.None).Within("a handshake");
        return peer;
    }

    public static Hello NewHello(uint windowBytes = 1 << 20, ComponentRole role = ComponentRole.Client, int formatVersion = 1) => new(
        formatVersion, ComponentIdentity.New(role), Authentication.Secret, windowBytes, PayloadBytes(Hello.NonceBytes));

    /// <summary>Begins a handshake, and waits until the listener has answered.</summary>
    public async Task BeginHandshakeAsync()
    {
        var hello = new byte[Hello.Bytes];
        NewHello().Write(hello);
        await SendAsync(hello);
        await ReadAsync(Hello.Bytes + 1);
    }

    public async Task SendAsync(params byte[] bytes) => await _stream.WriteAsync(bytes);

    public Task SendFrameAsync(FrameType type, params byte[] payload)
    {
        var frame = new byte[FrameLayout.HeaderBytes + payload.Length];
        FrameLayout.WriteHeader(frame, type, payload.Length);
        payload.CopyTo(frame, FrameLayout.HeaderBytes);
        return SendAsync(frame);
    }

    public Task SendNumberAsync(int number, int bodyBytesMore = 0)
    {
        var payload = new byte[6 + bodyBytesMore];
        payload[0] = bodyBytesMore == 0 ? (byte)TestFormat.Numbered : (byte)TestFormat.Payload;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(1), number);
        return SendFrameAsync(FrameType.DataMessage, payload);
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).AsTask().Within("bytes come");
        return bytes;
    }

    public async Task<(FrameType Type, byte[] Payload)> ReadFrameAsync()
    {
        var header = await ReadAsync(FrameLayout.HeaderBytes);
        return ((FrameType)header[4], await ReadAsync(BinaryPrimitives.ReadInt32LittleEndian(header) - 1));
    }

    /// <summary>Reads frames up to the other side's close.</summary>
    public async Task<Disconnect> ReadCloseAsync()
    {
        while (true)
        {
            var (type, payload) = await ReadFrameAsync();
            if (type == FrameType.Close)
            {
                return new Disconnect((DisconnectKind)payload[0], Encoding.UTF8.GetString(payload, 1, payload.Length - 1));
            }
        }
    }

    /// <summary>Whether the other side ends the connection without another byte.</summary>
    public async Task<bool> IsEndedAsync()
    {
        try
        {
            return await _stream.ReadAsync(new byte[1]).AsTask().Within("a connection ends") == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] PayloadBytes(int count) => Conformance.PayloadMessage.Bytes(count, 1);
}
