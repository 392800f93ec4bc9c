using System.Security.Cryptography;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Sessions.Machine;

namespace Engine.Scheduling;

/// <content>Clients that come back: what is said to them is kept until they have handled it.</content>
internal sealed partial class Scheduler
{
    private readonly HashSet<ClientState> _heard = []; // Those with a session of whom a message was handled in this turn.

    /// <summary>Sends a message to a client; to one that is away when it comes back.</summary>
    internal static void Tell(ClientState client, Message message)
    {
        if (client.Session is { } session && SessionLog.Counts(message))
        {
            message = session.Keep(message);
        }

        client.Connection?.TrySend(message);
    }

    /// <summary>Counts what a client says. False: there is nothing else to do for it.</summary>
    private bool TakeIntoSession(ClientState client, IConnection connection, Message message)
    {
        switch (client.Session)
        {
            case null when message is Acknowledgement:
                Break(connection, "it has no session");
                return false;
            case null:
                return true;
            case var session when message is Acknowledgement acknowledgement:
                if (!session.TryAcknowledge(acknowledgement.Handled))
                {
                    Break(connection, $"it says that it has handled {acknowledgement.Handled} messages, which can't be");
                }

                return false;
            case var session:
                session.OnHandled();
                _heard.Add(client);
                return true;
        }
    }

    /// <summary>What a turn has handled its clients need not keep.</summary>
    private void Acknowledge()
    {
        if (_heard.Count == 0)
        {
            return;
        }

        foreach (var client in _heard)
        {
            if (client.Session!.TakeAcknowledgement() is { } acknowledgement)
            {
                client.Connection?.TrySend(acknowledgement);
            }
        }

        _heard.Clear();
    }

    private void Resume(IConnection connection, ResumeClient resume)
    {
        var older = _clients.FirstOrDefault(pair => pair.Value.Id == resume.Id).Key;
        var (client, rest, refusal) = _machine.ResumeClient(resume, connection, _now);
        if (client is null)
        {
            connection.TrySend(new SessionOver(refusal!));
            connection.Close(new Disconnect(DisconnectKind.Closed, refusal!));
            return;
        }

        if (older is not null)
        {
            // Its end was not noticed here yet. What still comes over it is not counted, so the client sends it again.
            _clients.Remove(older);
            older.Close(new Disconnect(DisconnectKind.Closed, "its client has come back over another connection"));
        }

        _clients[connection] = client;
        connection.TrySend(new ClientResumed(client.Session!.Handled));
        foreach (var message in rest)
        {
            connection.TrySend(message);
        }
    }

    /// <summary>A number that nobody can guess, unlike that of a client.</summary>
    private static Guid NewToken() => new(RandomNumberGenerator.GetBytes(16));
}
