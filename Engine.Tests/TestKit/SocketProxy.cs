using System.Net.Sockets;

namespace Engine.Tests.TestKit;

/// <summary>A way to a socket that a test can break: what is under way then is lost, in the middle of a frame too, and neither end is told.</summary>
internal sealed class SocketProxy : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("proxy").FullName;
    private readonly UnixDomainSocketEndPoint _target;
    private readonly Socket _listener = New();
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly List<Task> _pumps = [];
    private readonly Task _accepting;
    private long _left = long.MaxValue;
    private bool _isBlocked;

    /// <param name="target">Where it leads: a <c>unix</c> address.</param>
    public SocketProxy(string target)
    {
        _target = new UnixDomainSocketEndPoint(PathOf(target));
        Address = $"unix://{Path.Combine(_directory, "s")}";
        _listener.Bind(new UnixDomainSocketEndPoint(PathOf(Address)));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>Connections that were made over it.</summary>
    public int Count { get; private set; }

    /// <summary>Breaks the connections that there are.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _open.ForEach(static socket => socket.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Breaks the connection when so many more bytes have passed, in either direction.</summary>
    public void CutAfter(long bytes) => Interlocked.Exchange(ref _left, bytes);

    /// <summary>Breaks the connections that there are, and lets none through until it is opened.</summary>
    public void Block()
    {
        lock (_gate)
        {
            _isBlocked = true;
        }

        Cut();
    }

    public void Open()
    {
        lock (_gate)
        {
            _isBlocked = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Block();
        _listener.Dispose();
        await _accepting.Within("end of the proxy");
        await Task.WhenAll(_pumps).Within("end of the proxy's pumps");
        Directory.Delete(_directory, recursive: true);
    }

    private static string PathOf(string address) => address["unix://".Length..];

    private static Socket New() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync();
                var far = New();
                await far.ConnectAsync(_target);
                lock (_gate)
                {
                    if (_isBlocked)
                    {
                        near.Dispose();
                        far.Dispose();
                        continue;
                    }

                    Count++;
                    _open.AddRange([near, far]);
                    _pumps.AddRange([PumpAsync(near, far), PumpAsync(far, near)]);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was disposed, or the target is gone.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var buffer = new byte[4096];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                var left = Interlocked.Add(ref _left, -count);
                if (left <= 0)
                {
                    CutAfter(long.MaxValue);
                    await to.SendAsync(buffer.AsMemory(0, (int)Math.Max(0, count + left)));
                    Break();
                    return;
                }

                await to.SendAsync(buffer.AsMemory(0, count));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Break();
        }

        void Break() // This connection only: the next one may be there already.
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
