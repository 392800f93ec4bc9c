namespace Engine.Transport.Sockets;

/// <summary>A connection that has not said who it is.</summary>
internal sealed class PendingHandshake(TimeSpan timeout, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _abort = new(timeout, time);

    public CancellationToken Token => _abort.Token;

    public void Abort()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself in the meantime.
        }
    }

    public void Dispose() => _abort.Dispose();
}

/// <summary>The connections of a listener that have not said who they are: so many and no more, the oldest goes first.</summary>
internal sealed class PendingHandshakes(int max, TimeSpan timeout, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingHandshake> _pending = new();
    private readonly TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _isClosed;

    /// <summary>Takes one in; the oldest is aborted if there are too many. After closing, the new one is aborted itself.</summary>
    public PendingHandshake Begin()
    {
        var added = new PendingHandshake(timeout, time);
        PendingHandshake? dropped = null;
        lock (_lock)
        {
            _running++;
            if (_isClosed)
            {
                dropped = added;
            }
            else
            {
                _pending.AddLast(added);
                if (_pending.Count > max)
                {
                    dropped = _pending.First!.Value; // There is at least the new one.
                    _pending.RemoveFirst();
                }
            }
        }

        dropped?.Abort();
        return added;
    }

    /// <summary>Takes one off, because its connection is made. From then on it is not aborted.</summary>
    /// <returns>False if it was aborted.</returns>
    public bool TryCommit(PendingHandshake handshake)
    {
        lock (_lock)
        {
            return !handshake.Token.IsCancellationRequested && _pending.Remove(handshake);
        }
    }

    /// <summary>A handshake has ended, well or not.</summary>
    public void End(PendingHandshake handshake)
    {
        lock (_lock)
        {
            _pending.Remove(handshake);
            _running--;
            if (_isClosed && _running == 0)
            {
                _none.TrySetResult();
            }
        }

        handshake.Dispose();
    }

    /// <summary>Aborts all, and waits until they have ended.</summary>
    public Task CloseAsync()
    {
        List<PendingHandshake> aborted;
        lock (_lock)
        {
            _isClosed = true;
            aborted = [.. _pending];
            _pending.Clear();
            if (_running == 0)
            {
                _none.TrySetResult();
            }
        }

        foreach (var handshake in aborted)
        {
            handshake.Abort();
        }

        return _none.Task;
    }
}
