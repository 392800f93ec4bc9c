using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Engine.Tests.TestKit.Networks;

/// <summary>
/// Hosts with a kernel's TCP each, joined by lines of this process's: every host is a network namespace with one device, and its packets
/// are carried from device to device here, late, or not at all, as a test wants it. One host is the namespace of this process.
/// </summary>
/// <remarks>It needs Linux, the right to make namespaces and devices, and <c>ip</c>; <see cref="NetworkFactAttribute"/> skips tests where it can't be.</remarks>
internal sealed class VirtualNetwork : IDisposable
{
    private const string Prefix = "engine-";
    private const int PacketBytesMax = 2048;
    private const int HostsMax = 14;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static int s_number;

    private readonly int _seed;
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly object _gate = new();
    private readonly PriorityQueue<Action, (TimeSpan Due, long Number)> _due = new();
    private readonly List<Thread> _threads = [];
    private readonly List<NetworkHost> _hosts = [];
    private readonly Dictionary<uint, NetworkHost> _byAddress = [];
    private long _dueNumber;
    private volatile bool _isOver;

    /// <param name="seed">Which packets are lost, and how late others are. What the kernels send when is theirs.</param>
    public VirtualNetwork(int seed)
    {
        _seed = seed;
        StartThread("network", CarryOut);
    }

    private TimeSpan Now => TimeProvider.System.GetElapsedTime(_started);

    /// <summary>Namespaces that a process of tests left behind which is gone.</summary>
    public static IEnumerable<string> LeftBehind() => Ip("netns", "list").Split('\n')
        .Select(static line => line.Split(' ')[0])
        .Where(static name => name.Split('-') is [_, var process, _] && name.StartsWith(Prefix, StringComparison.Ordinal) && !Directory.Exists($"/proc/{process}"));

    public static void RemoveNamespace(string name) => Ip("netns", "delete", name);

    /// <summary>Adds the host that is a namespace of its own.</summary>
    public NetworkHost AddHost() => Add(isOutside: false);

    /// <summary>Adds the host on which this process is.</summary>
    public NetworkHost AddThisProcess() => Add(isOutside: true);

    /// <summary>Does something later.</summary>
    public void After(TimeSpan time, Action action) => At(Now + time, action);

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }

        _threads.ForEach(static thread => thread.Join());
        foreach (var host in _hosts)
        {
            host.Dispose();
            if (host.Namespace is { } name)
            {
                RemoveNamespace(name);
            }
        }
    }

    private static string Ip(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!; // It is executed.
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {errors.Result.Trim()}");
    }

    private NetworkHost Add(bool isOutside)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_hosts.Count, HostsMax);
        var number = Interlocked.Increment(ref s_number);
        var address = AddressOf(_hosts.Count + 1);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{number}");
        var deviceName = string.Create(CultureInfo.InvariantCulture, $"en{Environment.ProcessId}x{number}");
        var host = new NetworkHost(this, address.ToString(), isOutside ? null : name, new TunDevice(deviceName), _seed + _hosts.Count);
        string[] where = [];
        if (!isOutside)
        {
            try
            {
                Ip("netns", "add", name);
            }
            catch
            {
                host.Dispose();
                throw;
            }
        }

        _hosts.Add(host); // From here on it is removed with the network.
        if (!isOutside)
        {
            Ip("link", "set", deviceName, "netns", name);
            where = ["-n", name];
            Ip([.. where, "link", "set", "lo", "up"]);
        }

        Ip([.. where, "address", "add", $"{address}/28", "dev", deviceName]);
        Ip([.. where, "link", "set", deviceName, "up"]);
        lock (_gate)
        {
            _byAddress.Add(BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()), host);
        }

        StartThread(deviceName, () => Carry(host));
        return host;
    }

    /// <summary>Addresses that are set aside for tests of networks (RFC 2544), others for each process.</summary>
    private static IPAddress AddressOf(int host)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, 0xc612_0000u | ((uint)(Environment.ProcessId & 0x1fff) << 4) | (uint)host);
        return new IPAddress(bytes);
    }

    private void StartThread(string name, Action body)
    {
        var thread = new Thread(() => body()) { IsBackground = true, Name = name };
        _threads.Add(thread);
        thread.Start();
    }

    private void At(TimeSpan due, Action action)
    {
        lock (_gate)
        {
            _due.Enqueue(action, (due, _dueNumber++));
            Monitor.Pulse(_gate);
        }
    }

    private void Carry(NetworkHost from)
    {
        var buffer = new byte[PacketBytesMax];
        while (!_isOver)
        {
            var bytes = from.Read(buffer, s_look);
            if (bytes >= 20 && buffer[0] >> 4 == 4 && Find(BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(16))) is { } to && from.Send(bytes, Now) is { } due)
            {
                var packet = buffer[..bytes];
                At(due, () => to.Receive(packet));
            }
        }
    }

    private NetworkHost? Find(uint address)
    {
        lock (_gate)
        {
            return _byAddress.GetValueOrDefault(address);
        }
    }

    private void CarryOut()
    {
        while (Next() is { } action)
        {
            action();
        }
    }

    private Action? Next()
    {
        lock (_gate)
        {
            while (!_isOver)
            {
                if (!_due.TryPeek(out var action, out var priority))
                {
                    Monitor.Wait(_gate);
                }
                else if (priority.Due > Now)
                {
                    Monitor.Wait(_gate, (int)Math.Ceiling((priority.Due - Now).TotalMilliseconds));
                }
                else
                {
                    _due.Dequeue();
                    return action;
                }
            }

            return null;
        }
    }
}
