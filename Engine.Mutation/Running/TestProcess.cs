using System.Diagnostics;

namespace Engine.Mutation.Running;

/// <summary>The parent's side of a child that runs tests. One that doesn't answer in time is killed, and another one takes its place.</summary>
internal sealed class TestProcess(string testsFolder) : IDisposable
{
    private Process? _process;

    /// <param name="request">What to run.</param>
    /// <param name="limit">How long it may take.</param>
    /// <returns>What came of it; a hang counts as noticed.</returns>
    public async Task<string> AskAsync(TestRequest request, TimeSpan limit)
    {
        _process ??= Start();
        await _process.StandardInput.WriteLineAsync(request.ToString());
        await _process.StandardInput.FlushAsync();
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            return await _process.StandardOutput.ReadLineAsync(timeout.Token) ?? Crash();
        }
        catch (OperationCanceledException)
        {
            Stop();
            return $"{TestAnswer.Killed} it hung: no test ended within {limit.TotalSeconds:0} s";
        }
    }

    public void Dispose() => Stop();

    private string Crash()
    {
        Stop();
        return $"{TestAnswer.Killed} the process that ran the tests broke down";
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = testsFolder,
            Environment = { ["ENGINE_MUTATION"] = "1", ["DOTNET_TieredPGO"] = "0" },
        };
        foreach (var argument in (string[])[.. OwnAssembly(), Program.WorkerCommand, testsFolder])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { }; // Read, so that nobody waits for room in the pipe.
        process.BeginErrorReadLine();
        return process;
    }

    // Run by its own executable, or by "dotnet".
    private static string[] OwnAssembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "Engine.Mutation.dll")] : [];

    private void Stop()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }
}
