using Engine.Clients.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Sessions.Machine;

namespace Engine;

/// <content>The client comes back when its connection to the scheduler broke. In process that doesn't happen, and nothing of this is there.</content>
public sealed partial class Client
{
    private readonly Lock _sessionGate = new(); // Of the session, and of which connection it goes over.
    private SessionLog? _session; // Null: the client goes with its connection.
    private SessionTicket? _ticket;
    private CancellationTokenSource? _away; // Null: it is there. Cancelled when it no longer is away.
    private IConnection? _returning; // Over which it says that it comes back.
    private int _tries;
    private volatile bool _isClosing;
    private volatile string? _sessionOver; // Why there is no way back.

    /// <summary>Messages that the scheduler has not said to have handled; for tests.</summary>
    internal int KeptCount
    {
        get
        {
            lock (_sessionGate)
            {
                return _session?.KeptCount ?? 0;
            }
        }
    }

    private void BeginSession(ClientId id, SessionTicket ticket)
    {
        Id = id;
        _ticket = ticket;
        _session = new SessionLog(); // Before anybody has the client, so nobody sends yet.
    }

    private void SendInSession(Message message)
    {
        lock (_sessionGate)
        {
            _scheduler.TrySend(_session!.Keep(message)); // If it is away now, it is sent when it is back.
        }
    }

    /// <summary>Counts what the scheduler says, and takes what is about the session. False: there is nothing else to do for it.</summary>
    private bool TakeIntoSession(IConnection? connection, Message message)
    {
        switch (message)
        {
            case Reached reached:
                OnReached(reached);
                return false;
            case GraceOver over:
                OnGraceOver(over.Away);
                return false;
            case Closing closing:
                OnClosing(closing.Reason);
                return false;
            case ClientResumed resumed when connection == _returning:
                OnResumed(resumed.Handled);
                return false;
            case SessionOver over when connection == _returning:
                EndSession(over.Detail);
                return false;
            case Acknowledgement acknowledgement when connection == _scheduler:
                OnAcknowledged(acknowledgement.Handled);
                return false;
            case ClientResumed or SessionOver or Acknowledgement:
                return false; // Of a connection that was given up.
        }

        if (connection == _scheduler && SessionLog.Counts(message))
        {
            lock (_sessionGate)
            {
                _session!.OnHandled();
            }
        }

        return true;
    }

    private void OnAcknowledged(long handled)
    {
        lock (_sessionGate)
        {
            if (!_session!.TryAcknowledge(handled))
            {
                _scheduler.Close(new Disconnect(DisconnectKind.ProtocolViolation, $"it says that it has handled {handled} messages, which can't be"));
            }
        }
    }

    /// <summary>What a turn has handled the scheduler need not keep.</summary>
    private void Acknowledge()
    {
        if (_session is null)
        {
            return;
        }

        lock (_sessionGate)
        {
            if (_away is null && _session.TakeAcknowledgement() is { } acknowledgement)
            {
                _scheduler.TrySend(acknowledgement);
            }
        }
    }

    /// <summary>Closes the connection, behind all that was sent.</summary>
    private void Close(Disconnect reason)
    {
        lock (_sessionGate)
        {
            _isClosing = true;
            if (_away is null)
            {
                _scheduler.Close(reason);
                return;
            }
        }

        _shell.Inbox.Post(new Closing(reason)); // There is no connection, so nobody else would tell the loop.
    }

    private void OnClosing(Disconnect reason)
    {
        if (_away is null)
        {
            _scheduler.Close(reason); // It came back meanwhile.
        }
        else
        {
            End(reason);
        }
    }

    /// <summary>The connection to the scheduler has ended. Says whether the client tries to come back.</summary>
    private bool TryGoAway(Disconnect reason)
    {
        if (_session is null || reason.Kind != DisconnectKind.Aborted)
        {
            return false;
        }

        lock (_sessionGate)
        {
            if (_isClosing)
            {
                return false;
            }

            _away = new CancellationTokenSource();
        }

        _tries = 0;
        _ = WaitForGraceAsync(_away);
        TryAgain();
        return true;
    }

    private void TryAgain()
    {
        _returning = null;
        if (_away is { } away)
        {
            _ = ReachAsync(ReturnPause.Before(_tries++), away);
        }
    }

    private async Task WaitForGraceAsync(CancellationTokenSource away)
    {
        await Task.Delay(_ticket!.Grace, _time, away.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _shell.Inbox.Post(new GraceOver(away));
    }

    private async Task ReachAsync(TimeSpan pause, CancellationTokenSource away)
    {
        IConnection? connection = null;
        try
        {
            await Task.Delay(pause, _time, away.Token);
            connection = await _transport.ConnectAsync(_schedulerAddress, _identity, _shell.Inbox, away.Token);
        }
#pragma warning disable CA1031 // Whatever a transport throws: it can't be reached now.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The next try may succeed.
        }

        if (!_shell.Inbox.Post(new Reached(connection, away)))
        {
            connection?.Close(new Disconnect(DisconnectKind.Closed, "the client has closed"));
        }
    }

    private void OnReached(Reached reached)
    {
        if (reached.Away != _away)
        {
            reached.Connection?.Close(new Disconnect(DisconnectKind.Closed, "it is not needed any more"));
        }
        else if (reached.Connection is { End: null } connection)
        {
            _returning = connection;
            connection.TrySend(new ResumeClient(Id, _ticket!.Token, _session!.Handled));
        }
        else
        {
            TryAgain();
        }
    }

    private void OnResumed(long handled)
    {
        string? refusal;
        var away = _away!; // Who comes back was away.
        lock (_sessionGate)
        {
            refusal = _session!.TryResume(handled, out var rest);
            if (refusal is null)
            {
                (_scheduler, _returning, _away) = (_returning!, null, null);
                foreach (var message in rest)
                {
                    _scheduler.TrySend(message);
                }
            }
        }

        if (refusal is null)
        {
            away.Cancel();
        }
        else
        {
            EndSession(refusal);
        }
    }

    private void OnGraceOver(CancellationTokenSource away)
    {
        if (away == _away)
        {
            EndSession($"the scheduler was out of reach for the grace of {_ticket!.Grace}");
        }

        away.Dispose();
    }

    /// <summary>There is no way back.</summary>
    private void EndSession(string why)
    {
        _sessionOver = $"The session of client {Name} is over: {why}. Its futures are lost. Connect a new client, and submit again.";
        End(new Disconnect(DisconnectKind.Closed, _sessionOver));
    }

    /// <summary>The client has ended: nobody tries to come back any more.</summary>
    private void EndSession()
    {
        _away?.Cancel();
        _returning?.Close(_end!);
    }

    private void ThrowIfSessionIsOver()
    {
        if (_sessionOver is { } detail)
        {
            throw new SessionOverException(detail);
        }
    }

    /// <summary>For the loop: the scheduler was reached; null: it was not.</summary>
    private sealed class Reached(IConnection? connection, CancellationTokenSource away) : Message
    {
        public CancellationTokenSource Away { get; } = away;

        public IConnection? Connection { get; } = connection;
    }

    /// <summary>For the loop: the time to come back is over, or no longer needed.</summary>
    private sealed class GraceOver(CancellationTokenSource away) : Message
    {
        public CancellationTokenSource Away { get; } = away;
    }

    /// <summary>For the loop: the client is to close while it is away.</summary>
    private sealed class Closing(Disconnect reason) : Message
    {
        public Disconnect Reason { get; } = reason;
    }
}
