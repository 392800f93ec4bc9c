using System.Net.Sockets;

namespace Engine.Tests.TestKit.Processes;

/// <summary>
/// A gate for functions of other processes: they connect to it and stop their thread until it lets them go. The test hears of each that
/// has come.
/// </summary>
internal sealed class Hold : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _held = [];
    private readonly Lock _gate = new();
    private bool _isOpen;

    public Hold()
    {
        Name = Path.Combine(Path.GetTempPath(), $"engine-hold-{Environment.ProcessId}-{Path.GetRandomFileName()}");
        _listener.Bind(new UnixDomainSocketEndPoint(Name));
        _listener.Listen(64);
    }

    /// <summary>What a function is given to find it.</summary>
    public string Name { get; }

    /// <summary>In a function: stops the thread until the test lets it go, or the test's process has ended.</summary>
    public static void Wait(string name)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(name));
            socket.Receive(new byte[1]);
        }
        catch (SocketException)
        {
            // It was let go before the test had heard of it.
        }
    }

    /// <summary>Ends when one more function has come.</summary>
    public async Task EnteredAsync()
    {
        var held = await _listener.AcceptAsync().Within("a function comes to its hold");
        lock (_gate)
        {
            _held.Add(held);
            if (_isOpen)
            {
                held.Dispose();
            }
        }
    }

    /// <summary>Lets all go; those that come later don't stop.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isOpen = true;
            _held.ForEach(static held => held.Dispose());
        }

        _listener.Dispose(); // Those that were not heard of yet.
    }

    public ValueTask DisposeAsync()
    {
        Release();
        File.Delete(Name);
        return default;
    }
}
