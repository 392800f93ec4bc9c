namespace Engine.Benchmarks.Processes;

/// <summary>The child processes of one contender, which end together: the last that came first.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly Stack<PeerProcess> _processes = new();

    public async Task<PeerProcess> AddAsync(string kind, params IEnumerable<string> arguments)
    {
        var process = await PeerProcess.StartAsync(kind, arguments);
        _processes.Push(process);
        return process;
    }

    public ValueTask DisposeAsync()
    {
        while (_processes.TryPop(out var process))
        {
            process.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
