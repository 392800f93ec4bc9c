using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Sessions.Machine;

/// <summary>
/// One end of a session: a conversation that outlives its connections. Problem: what was sent when a connection breaks may have
/// arrived or not, and neither to lose it nor to do it twice is right. Idea: both ends count. What is sent is kept until the other
/// end has said that it handled it; over the next connection each says how far it is, and gets the rest, in order.
/// </summary>
/// <remarks>
/// Numbers don't travel with messages: a lane keeps order, so the n-th that arrives is the n-th that was sent. Only the data lane is used.
/// </remarks>
internal sealed class SessionLog
{
    /// <summary>Connections that may break over one message, before it counts as what breaks them.</summary>
    public const int ReturnsMax = 3;

    private readonly Queue<KeptMessage> _kept = new();
    private long _done; // Of what was sent, handled by the other end.
    private long _told; // Of what was handled, said to the other end.
    private long _firstAtReturn = -1;
    private int _returns;

    /// <summary>Messages of the other end that were handled.</summary>
    public long Handled { get; private set; }

    /// <summary>Messages that the other end has not said to have handled.</summary>
    public int KeptCount => _kept.Count;

    /// <summary>Whether a message is part of the conversation; the others are about the session itself.</summary>
    public static bool Counts(Message message) =>
        message is not (RegisterClient or ClientRegistered or ResumeClient or ClientResumed or SessionOver or Acknowledgement);

    /// <summary>Keeps a message that is to be sent now.</summary>
    /// <returns>What is to be sent: the connection doesn't give its content back to a pool.</returns>
    public KeptMessage Keep(Message message)
    {
        var kept = new KeptMessage(message);
        _kept.Enqueue(kept);
        return kept;
    }

    /// <summary>A message of the other end was handled.</summary>
    public void OnHandled() => Handled++;

    /// <summary>What the other end is to be told, so that it keeps no more than it has to; null: nothing new.</summary>
    public Acknowledgement? TakeAcknowledgement()
    {
        if (_told == Handled)
        {
            return null;
        }

        _told = Handled;
        return new Acknowledgement(Handled);
    }

    /// <summary>The other end says how many messages it has handled.</summary>
    /// <returns>False: it can't be so many, or so few.</returns>
    public bool TryAcknowledge(long handled)
    {
        if (handled < _done || handled > _done + _kept.Count)
        {
            return false;
        }

        for (; _done < handled; _done++)
        {
            _kept.Dequeue();
        }

        return true;
    }

    /// <summary>The conversation goes on over another connection.</summary>
    /// <param name="handled">How many messages the other end has handled.</param>
    /// <param name="rest">What it has not handled, to be sent first.</param>
    /// <returns>Why it can't go on; null: it can.</returns>
    public string? TryResume(long handled, out IReadOnlyCollection<KeptMessage> rest)
    {
        rest = _kept;
        if (!TryAcknowledge(handled))
        {
            return $"it can't have handled {handled} messages: {_done + _kept.Count} were sent, and it had handled {_done} before";
        }

        _returns = _firstAtReturn == _done && _kept.Count > 0 ? _returns + 1 : 1;
        _firstAtReturn = _done;
        _told = Handled; // It is part of what is said over the new connection.
        return _returns <= ReturnsMax ? null
            : $"{ReturnsMax} connections have broken before a {_kept.Peek().Content.GetType().Name} was handled, so that is what breaks them";
    }
}
