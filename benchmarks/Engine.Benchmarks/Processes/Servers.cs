namespace Engine.Benchmarks.Processes;

/// <summary>The child processes of one contender, which end together: the last that came first.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<PeerProcess> _processes = [];

    private Servers()
    {
    }

    /// <summary>What they said when they were ready, in the order in which they were started.</summary>
    public IReadOnlyList<string> Said => [.. _processes.Select(static process => process.Said)];

    /// <summary>Starts the first.</summary>
    public static async Task<Servers> StartAsync(string kind, params IEnumerable<string> arguments)
    {
        var servers = new Servers();
        await servers.AddAsync(kind, arguments);
        return servers;
    }

    /// <summary>Starts one more; ends when it is ready.</summary>
    public async Task AddAsync(string kind, params IEnumerable<string> arguments) => _processes.Add(await PeerProcess.StartAsync(kind, arguments));

    public ValueTask DisposeAsync()
    {
        foreach (var process in _processes.AsEnumerable().Reverse())
        {
            process.Dispose();
        }

        _processes.Clear();
        return ValueTask.CompletedTask;
    }
}
