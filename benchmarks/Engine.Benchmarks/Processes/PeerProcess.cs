using System.Diagnostics;

namespace Engine.Benchmarks.Processes;

/// <summary>This program once more, as a peer's server: a child that says one line when it is ready, and ends when it is let go.</summary>
internal sealed class PeerProcess : IDisposable
{
    /// <summary>The first argument of a process that is a server.</summary>
    public const string Option = "--peer-server";

    private readonly Process _process;

    private PeerProcess(Process process, string said) => (_process, Said) = (process, said);

    /// <summary>What it said when it was ready: usually where it listens.</summary>
    public string Said { get; }

    /// <summary>Starts one; ends when it is ready.</summary>
    public static async Task<PeerProcess> StartAsync(string kind, params IEnumerable<string> arguments)
    {
        // Either the program's own executable, or dotnet with the program's assembly.
        var path = Environment.ProcessPath!;
        string[] assembly = Path.GetFileNameWithoutExtension(path) == "dotnet" ? [typeof(PeerProcess).Assembly.Location] : [];
        var process = Process.Start(new ProcessStartInfo(path, [.. assembly, Option, kind, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync();
        return line is null
            ? throw new InvalidOperationException($"The server {kind} ended before it was ready.")
            : new PeerProcess(process, line);
    }

    public static async Task<PeerProcess[]> StartManyAsync(int count, string kind) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAsync(kind)));

    public void Dispose()
    {
        // The end of its input is what it waits for. There is nothing in it that would have to be closed.
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
