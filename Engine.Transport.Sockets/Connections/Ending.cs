using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Connections;

/// <summary>
/// How the two sides agree on one reason. Each says one farewell: a close with its reason, or, when it has been told one, an
/// acknowledgement. When both close at once, the reason of the side that was connected to stays.
/// </summary>
internal sealed class Ending(bool accepted)
{
    private readonly Lock _lock = new();
    private Disconnect? _reason;
    private Disconnect? _own;
    private bool _isTold;
    private bool _isSettled;
    private bool _hasSaidClose;

    /// <summary>Why the connection ends, as far as is known here; null while it is open.</summary>
    public Disconnect? Reason => Volatile.Read(ref _reason);

    /// <summary>Whether the other side has ended the connection: it sends and takes nothing more.</summary>
    public bool IsTold => Volatile.Read(ref _isTold);

    /// <summary>This side ends the connection.</summary>
    /// <returns>False if it was ending already.</returns>
    public bool Close(Disconnect reason)
    {
        lock (_lock)
        {
            if (_reason is not null)
            {
                return false;
            }

            _reason = _own = reason;
            return true;
        }
    }

    /// <summary>The connection broke. The other side may have said why, before.</summary>
    /// <returns>False if it was ending already.</returns>
    public bool Break(Disconnect reason)
    {
        lock (_lock)
        {
            if (_reason is not null)
            {
                return false;
            }

            _reason = reason;
            return true;
        }
    }

    /// <summary>The other side ends the connection.</summary>
    public void BeTold(Disconnect reason)
    {
        lock (_lock)
        {
            _isTold = true;
            _isSettled = true;
            if (_own is null || !accepted)
            {
                _reason = reason;
            }
        }
    }

    /// <summary>The other side knows that this side ended the connection.</summary>
    public void BeAcknowledged()
    {
        lock (_lock)
        {
            if (!_hasSaidClose)
            {
                throw new ProtocolViolationException("The end of the connection was acknowledged, which nobody had announced.");
            }

            _isSettled = true;
        }
    }

    /// <summary>What this side has to say last.</summary>
    /// <returns>The reason of a close; null for an acknowledgement.</returns>
    public Disconnect? TakeFarewell()
    {
        lock (_lock)
        {
            if (_isTold && (_own is null || !accepted))
            {
                return null;
            }

            _hasSaidClose = true;
            return _reason;
        }
    }

    /// <summary>Nothing more comes from the other side.</summary>
    /// <param name="fallback">The reason if nobody gave one.</param>
    /// <returns>The reason that the component is told; it stays.</returns>
    public Disconnect Settle(Disconnect fallback)
    {
        lock (_lock)
        {
            if (!_isSettled)
            {
                _isSettled = true;
                _reason = _own ?? _reason ?? fallback;
            }

            return _reason!; // Set by whoever settled it.
        }
    }
}
