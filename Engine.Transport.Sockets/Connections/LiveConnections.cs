using System.Collections.Concurrent;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Connections;

/// <summary>The connections of a transport that are not over, so that a process can wait with its end until what was said last has left.</summary>
internal sealed class LiveConnections
{
    private readonly ConcurrentDictionary<WireConnection, byte> _live = new();

    /// <summary>Starts a connection, and keeps it until it is over.</summary>
    public void Start(WireConnection connection)
    {
        _live.TryAdd(connection, 0);
        connection.Start();
        _ = ForgetAsync();

        async Task ForgetAsync()
        {
            await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _live.TryRemove(connection, out _);
        }
    }

    /// <summary>Ends all; ends itself when nothing is left of them, for which each has its time limit.</summary>
    public async Task CloseAsync(Disconnect reason)
    {
        foreach (var connection in _live.Keys)
        {
            connection.Close(reason);
            await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
