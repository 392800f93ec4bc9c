namespace Engine.Clients;

/// <summary>
/// When what is open has to leave. The first addition after a wait leaves at once, as the program may wait for just that;
/// then twice as many gather each time, so that a loop soon sends full batches.
/// </summary>
internal struct Gathering
{
    private int _exponent;
    private int _count;

    /// <summary>Counts an addition. True if enough has gathered, or all that fits.</summary>
    public bool Add(bool isFull)
    {
        if (++_count < 1 << _exponent && !isFull)
        {
            return false;
        }

        _exponent = Math.Min(_exponent + 1, 8);
        _count = 0;
        return true;
    }

    /// <summary>What was open has left because the program waits.</summary>
    public void Restart() => (_exponent, _count) = (0, 0);
}
