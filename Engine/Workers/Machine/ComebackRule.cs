using Engine.Clients.Machine;

namespace Engine.Workers.Machine;

/// <summary>Whether a worker whose connection broke comes back, and when it tries.</summary>
internal sealed class ComebackRule
{
    /// <summary>How long it tries. The scheduler keeps its place for as long, from when it notices the break.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Breaks within <see cref="Window"/> that it comes back from; after one more it ends, as something of its own may be what breaks them.</summary>
    public const int BreaksMax = 5;

    /// <summary>See <see cref="BreaksMax"/>.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Queue<TimeSpan> _breaks = new();

    /// <summary>Its connection has broken. Says whether it may come back.</summary>
    public bool TakeBreak(TimeSpan now)
    {
        while (_breaks.TryPeek(out var first) && first + Window <= now)
        {
            _breaks.Dequeue();
        }

        if (_breaks.Count >= BreaksMax)
        {
            return false;
        }

        _breaks.Enqueue(now);
        return true;
    }

    /// <summary>The pause before the next try; null: it gives up.</summary>
    /// <param name="tries">Tries that failed.</param>
    /// <param name="away">Time since the break.</param>
    public static TimeSpan? PauseBefore(int tries, TimeSpan away) =>
        ReturnPause.Before(tries) is var pause && away + pause < Limit ? pause : null;
}
