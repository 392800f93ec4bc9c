namespace Engine.Clients.Machine;

/// <summary>When a client or a worker whose connection broke tries to come back: at once, then after pauses that grow.</summary>
internal static class ReturnPause
{
    private const int DoublingsMax = 5;
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);

    /// <param name="tries">Tries that failed.</param>
    /// <returns>The pause before the next: none, 0.1 s, and up to 3.2 s.</returns>
    public static TimeSpan Before(int tries) => tries == 0 ? TimeSpan.Zero : s_first * (1 << Math.Min(tries - 1, DoublingsMax));
}
