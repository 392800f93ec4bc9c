namespace Engine.Scheduling.Machine;

/// <summary>
/// Who left and why. Problem: a worker that was retired may speak up again, or something that is no nanny (systemd,
/// Kubernetes, a job queue) may start another one in its place, on a host that is about to go. Idea: its nanny and the
/// label of its host are barred until whoever owns the host takes them off; bounded, and forgotten after a time.
/// </summary>
internal sealed class DepartureLedger(int capacity, TimeSpan expiry)
{
    private readonly Queue<Departure> _order = new();
    private readonly Dictionary<WorkerId, Departure> _byWorker = [];
    private readonly Dictionary<NannyId, Departure> _barredNannies = [];
    private readonly Dictionary<string, Departure> _barredHosts = new(StringComparer.Ordinal);

    public int Count => _byWorker.Count;

    /// <summary>All that is remembered, oldest first.</summary>
    public IEnumerable<Departure> All => _order;

    /// <summary>Enters a departure.</summary>
    /// <param name="departure">Who left, and why.</param>
    /// <param name="barsHost">Whether the label of its host is retired with it: it was the last worker there.</param>
    public void Record(Departure departure, bool barsHost)
    {
        Trim(departure.Time, room: 1);
        _order.Enqueue(departure);
        _byWorker[departure.Worker] = departure;
        if (departure.Disposition != Disposition.Retired)
        {
            return;
        }

        // Guard I1: a retired nanny is remembered.
        if (departure.Nanny is { } nanny)
        {
            _barredNannies[nanny] = departure;
        }

        // Guard I1: a retired host is remembered.
        if (barsHost && departure.Host is { } host)
        {
            _barredHosts[host] = departure;
        }
    }

    public Departure? Find(WorkerId worker) => _byWorker.GetValueOrDefault(worker);

    /// <summary>Why a nanny, a host or a worker of theirs is not let in; null: it is.</summary>
    public Departure? FindBar(NannyId? nanny, string? host, TimeSpan now)
    {
        Trim(now, room: 0);
        return (nanny is { } id ? _barredNannies.GetValueOrDefault(id) : null)
            ?? (host is not null ? _barredHosts.GetValueOrDefault(host) : null);
    }

    /// <summary>Lets a nanny in again. Says whether it was barred.</summary>
    public bool Readmit(NannyId nanny) => _barredNannies.Remove(nanny);

    /// <summary>Lets a host and the nannies that left it in again. Says whether it was barred.</summary>
    public bool Readmit(string host)
    {
        var nannies = _barredNannies.Where(pair => pair.Value.Host == host).Select(static pair => pair.Key).ToList();
        foreach (var nanny in nannies)
        {
            _barredNannies.Remove(nanny);
        }

        return _barredHosts.Remove(host) | (nannies.Count > 0);
    }

    // Guard I12: the ledger forgets.
    private void Trim(TimeSpan now, int room)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count + room > capacity || oldest.Time + expiry <= now))
        {
            _order.Dequeue();
            _byWorker.Remove(oldest.Worker);
            if (oldest.Nanny is { } nanny && _barredNannies.GetValueOrDefault(nanny) == oldest)
            {
                _barredNannies.Remove(nanny);
            }

            if (oldest.Host is { } host && _barredHosts.GetValueOrDefault(host) == oldest)
            {
                _barredHosts.Remove(host);
            }
        }
    }
}

/// <summary>What a worker's departure means for what may come after it.</summary>
internal enum Disposition
{
    /// <summary>It is gone for good; nothing takes its place on its host.</summary>
    Retired,

    /// <summary>A successor is wanted.</summary>
    Restarting,

    /// <summary>It was silent for too long.</summary>
    Expired,

    /// <summary>It ended by itself, in order or not.</summary>
    Failed,
}

/// <summary>A line of the ledger.</summary>
internal sealed record Departure(
    WorkerId Worker, string Name, NannyId? Nanny, string? Host, Disposition Disposition, CloseReason Reason, string Detail, TimeSpan Time)
{
    /// <summary>What its retirement came to, if it was retired.</summary>
    public RetirementRow? Row { get; init; }
}
