namespace Engine.Benchmarks.Processes;

/// <summary>What runs in a child process: one of the servers, until its input ends.</summary>
internal static class PeerServers
{
    public static async Task<int> RunAsync(string kind, IReadOnlyList<string> arguments)
    {
        IAsyncDisposable? server;
        string said;
        (server, said) = kind switch
        {
            AkkaRemotePeer.ServerKind => AkkaRemotePeer.StartServer(),
            BareProcessPeer.ServerKind => (null, "ready"),
            EngineTcpContender.SchedulerKind => await EngineTcpContender.StartSchedulerAsync(),
            EngineTcpContender.WorkerKind => await EngineTcpContender.StartWorkerAsync(arguments[0], arguments[1]),
            OrleansPeer.ServerKind => await OrleansPeer.StartServerAsync(arguments),
            RawSocketPeer.ServerKind => RawSocketPeer.StartServer(arguments[0]),
            SocketConnectionPeer.ServerKind => SocketConnectionPeer.StartServer(),
            _ => throw new ArgumentException($"There is no server {kind}.", nameof(kind)),
        };
        Console.WriteLine(said);
        while (await Console.In.ReadLineAsync() is not null)
        {
            // It is only waited for the end.
        }

        GC.KeepAlive(server);
        return 0;
    }
}
