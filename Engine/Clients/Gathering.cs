using Engine.Protocol;

namespace Engine.Clients;

/// <summary>
/// When an open batch has to leave. The first addition after a wait leaves at once, as the program may wait for just that;
/// then twice as many gather each time, so that a loop soon sends full batches.
/// </summary>
internal struct Gathering
{
    private int _mostMinusOne; // Zero from the start, as one addition is enough then.

    /// <summary>Asked after each addition, with the entries of the open batch. True if they are to leave.</summary>
    public bool IsDue(int gathered)
    {
        var most = _mostMinusOne + 1;
        if (gathered < most)
        {
            return false;
        }

        _mostMinusOne = Math.Min(2 * most, SubmitBatch.Capacity) - 1;
        return true;
    }

    /// <summary>What was open has left because the program waits.</summary>
    public void Restart() => _mostMinusOne = 0;
}
