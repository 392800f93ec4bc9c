using System.Security.Cryptography;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Sessions;
using Engine.Sessions.Machine;

namespace Engine.Scheduling.Machine;

/// <summary>Clients come and go, and come back: what a client holds outlives a connection that broke for the grace of its session.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>A client has connected.</summary>
    /// <param name="name">Its name, for people.</param>
    /// <param name="connection">Where what is meant for it is sent; opaque here.</param>
    /// <param name="now">The time of the step.</param>
    /// <param name="token">What it shows when it comes back, random; null: it goes with its connection.</param>
    public ClientState AddClient(string name, IConnection? connection, TimeSpan now, Guid? token = null)
    {
        Begin(now);
        var ticket = token is { } secret && _settings.SessionGrace > TimeSpan.Zero ? new SessionTicket(secret, _settings.SessionGrace) : null;
        var client = new ClientState(new ClientId(++_clientNumber), name)
        {
            Connection = connection,
            Session = ticket is null ? null : new SessionLog(),
            Token = ticket?.Token ?? default,
        };
        _clients.Add(client.Id, client);
        _outbox.Send(client, new ClientRegistered(client.Id, _settings.CrossesProcesses, ticket));
        _outbox.Publish(new ClientAdded(client.Id));
        return client;
    }

    /// <summary>A client's connection has ended. One that has a session may come back, unless somebody meant the end.</summary>
    public void LoseClient(ClientState client, Disconnect end, TimeSpan now)
    {
        if (client.Session is null || end.Kind != DisconnectKind.Aborted)
        {
            RemoveClient(client, now);
            return;
        }

        Begin(now);
        (client.Connection, client.AwaySince) = (null, now);
        _deadlines.Add(now + _settings.SessionGrace, DeadlineKind.Session, client.Id.Number);
    }

    /// <summary>
    /// A client comes back, over a connection that goes on with its session. Whether the one before is known to have ended doesn't
    /// matter: whoever has the token decides.
    /// </summary>
    /// <returns>The client, and what it has not handled; or why there is no way back.</returns>
    public (ClientState? Client, IReadOnlyCollection<KeptMessage> Unhandled, string? Refusal) ResumeClient(ResumeClient resume, IConnection? connection, TimeSpan now)
    {
        Begin(now);
        if (_clients.GetValueOrDefault(resume.Id) is not { Session: { } session } client || !IsSame(client.Token, resume.Token))
        {
            return (null, [], $"the scheduler knows no session of {resume.Id}: the client was away for longer than its grace, or the scheduler is another one");
        }

        if (session.TryResume(resume.Handled, out var rest) is { } refusal)
        {
            return (null, [], refusal); // What it holds goes when its grace is over.
        }

        (client.Connection, client.AwaySince) = (connection, null);
        return (client, rest, null);
    }

    /// <summary>Removes a client: its futures are given up.</summary>
    public void RemoveClient(ClientState client, TimeSpan now)
    {
        Begin(now);
        _stimulus = Stimulus.ClientRemoved;
        if (!_clients.Remove(client.Id))
        {
            return;
        }

        _workerWaits.RemoveAll(wait => wait.Client == client);
        StopCutWaits(client);
        _replicateWaits.RemoveAll(wait => wait.Client == client);
        foreach (var handle in _tasks.HandlesOf(client.Id).ToList())
        {
            if (_tasks[handle].State != SchedulerTaskState.Forgotten)
            {
                Unwant(handle, client);
            }
        }

        foreach (var key in client.ForeignWants.ToList())
        {
            Unwant(_tasks.HandleOf(key), client);
        }

        _outbox.Publish(new ClientRemoved(client.Id));
        Drain();
    }

    private void OnSessionDeadline(ClientId id)
    {
        if (_clients.GetValueOrDefault(id) is { AwaySince: { } since } client && since + _settings.SessionGrace <= _now)
        {
            RemoveClient(client, _now);
        }
    }

    /// <summary>Compares in a time that says nothing of where they differ.</summary>
    private static bool IsSame(Guid first, Guid second)
    {
        Span<byte> bytes = stackalloc byte[32];
        first.TryWriteBytes(bytes);
        second.TryWriteBytes(bytes[16..]);
        return CryptographicOperations.FixedTimeEquals(bytes[..16], bytes[16..]);
    }
}

/// <summary>For plugins: a client has connected.</summary>
internal sealed record ClientAdded(ClientId Client);

/// <summary>For plugins: a client has gone.</summary>
internal sealed record ClientRemoved(ClientId Client);
