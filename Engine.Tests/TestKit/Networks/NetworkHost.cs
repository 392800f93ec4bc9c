namespace Engine.Tests.TestKit.Networks;

/// <summary>A host of a <see cref="VirtualNetwork"/> and the line that joins it to the others. The line may be changed at any time.</summary>
/// <param name="network">The network.</param>
/// <param name="address">The host's IPv4 address.</param>
/// <param name="networkNamespace">The namespace that it is; null: the one of this process.</param>
/// <param name="device">Where its packets come from and go to.</param>
/// <param name="seed">Which packets are lost, and how late others are.</param>
internal sealed class NetworkHost(VirtualNetwork network, string address, string? networkNamespace, TunDevice device, int seed) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private TimeSpan _lastDue;
    private long _cutAfter = long.MaxValue;
    private TaskCompletionSource? _cut;

    public string Address => address;

    public string? Namespace => networkNamespace;

    /// <summary>How long each packet that leaves is under way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How much longer it may be under way. Packets don't overtake each other.</summary>
    public TimeSpan Jitter { get; set; }

    /// <summary>What part of the packets that leave is lost, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>Whether nothing leaves and nothing comes; nobody is told.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Packets that were lost on the way out, those of a cut not counted.</summary>
    public int LostCount { get; private set; }

    public void Cut() => IsCut = true;

    public void Heal() => IsCut = false;

    /// <summary>Cuts it off when so many bytes more have left.</summary>
    /// <returns>Ends when it is cut off.</returns>
    public Task CutAfterAsync(long bytes)
    {
        lock (_gate)
        {
            (_cutAfter, _cut) = (bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return _cut.Task;
        }
    }

    /// <summary>Cuts it off for some time.</summary>
    /// <returns>Ends when it is joined again.</returns>
    public Task CutForAsync(TimeSpan time)
    {
        var healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Cut();
        network.After(time, () =>
        {
            Heal();
            healed.SetResult();
        });
        return healed.Task;
    }

    /// <summary>A packet has left the host.</summary>
    /// <param name="bytes">How many bytes it has.</param>
    /// <param name="now">The network's time.</param>
    /// <returns>When it is there; null: never.</returns>
    public TimeSpan? Send(int bytes, TimeSpan now)
    {
        lock (_gate)
        {
            if ((_cutAfter -= bytes) < 0)
            {
                Cut();
                _cutAfter = long.MaxValue;
                _cut!.SetResult(); // Set with the number.
            }

            var isLost = _random.NextDouble() < Loss;
            LostCount += isLost ? 1 : 0;
            var due = now + Delay + (Jitter * _random.NextDouble());
            return isLost || IsCut ? null : _lastDue = due > _lastDue ? due : _lastDue;
        }
    }

    /// <summary>Waits for a packet that leaves.</summary>
    public int Read(byte[] packet, TimeSpan atMost) => device.Read(packet, atMost);

    /// <summary>A packet comes.</summary>
    public void Receive(byte[] packet)
    {
        if (!IsCut)
        {
            device.Write(packet);
        }
    }

    public void Dispose() => device.Dispose();
}
