namespace CloudManager;

/// <summary>How a cloud behaves.</summary>
internal sealed record CloudOptions
{
    /// <summary>From an order to a machine.</summary>
    public TimeSpan BootTime { get; init; }

    /// <summary>A machine that was returned is taken at some time between at once and this.</summary>
    public TimeSpan ReclaimTimeMax { get; init; }

    /// <summary>What those times follow from.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>
/// A cloud that rents machines. One that was returned is not gone: it is taken some seconds later, and what runs on it runs on
/// until then. Whoever starts something there meanwhile loses it.
/// </summary>
/// <param name="options">How it behaves.</param>
/// <param name="time">The clock of its delays.</param>
internal sealed class SimulatedCloud(CloudOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(options.Seed);
    private readonly Dictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    private bool _isHurried;
    private int _count;

    /// <summary>Called when a machine that was returned has been taken.</summary>
    public Action<Machine>? Reclaimed { get; set; }

    /// <summary>Rents a machine; it has booted when the task ends.</summary>
    /// <param name="tag">What it is for; unique among the machines.</param>
    /// <param name="cancellationToken">Cancels the order.</param>
    public async Task<Machine> RentAsync(string tag, CancellationToken cancellationToken)
    {
        await Task.Delay(options.BootTime, time, cancellationToken);
        lock (_gate)
        {
            return _machines[tag] = new Machine($"m-{++_count}", tag);
        }
    }

    /// <summary>The machine that was rented for something, or null. One that is gone is not forgotten.</summary>
    public Machine? Find(string tag)
    {
        lock (_gate)
        {
            return _machines.GetValueOrDefault(tag);
        }
    }

    /// <summary>Says that a machine is no longer needed. Idempotent.</summary>
    /// <returns>Ends when it is gone.</returns>
    public Task ReturnAsync(Machine machine)
    {
        lock (_gate)
        {
            if (!machine.IsReturned)
            {
                machine.IsReturned = true;
                _ = ReclaimAsync(machine, _isHurried ? TimeSpan.Zero : options.ReclaimTimeMax * _random.NextDouble());
            }
        }

        return machine.Gone;
    }

    /// <summary>From now on machines go when they are returned: at the end of a program nobody wants to wait.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            _isHurried = true;
        }
    }

    private async Task ReclaimAsync(Machine machine, TimeSpan delay)
    {
        await Task.Delay(delay, time);
        machine.PowerOff();
        Reclaimed?.Invoke(machine);
    }
}
