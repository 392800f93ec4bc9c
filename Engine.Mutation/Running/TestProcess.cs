using System.Diagnostics;

namespace Engine.Mutation.Running;

/// <summary>The parent's side of a child that runs tests. One that is of no use any more is killed, and another one takes its place.</summary>
internal sealed class TestProcess(string testsFolder, string engine) : IDisposable
{
    private const string HeapLimit = "0x60000000"; // A mutant that never stops allocating is to end by that, and not by the machine.
    private Process? _process;
    private bool _isUsed;

    /// <summary>Runs tests or schedules against a mutant, until one notices it.</summary>
    public async Task<TestAnswer> TryAsync(TestRequest request)
    {
        var answer = await AskAsync(request);
        if (answer.Outcome == TestOutcome.Soiled)
        {
            var wasUsed = _isUsed;
            Stop();

            // In a fresh process the mutant itself did that. Else it is asked again, in one.
            answer = wasUsed ? await TryAsync(request) : answer with { Outcome = TestOutcome.Killed };
        }

        _isUsed = true;
        return answer;
    }

    /// <summary>Runs tests without a mutant.</summary>
    public async Task<IReadOnlyList<TestAnswer>> MeasureAsync(int first, int step)
    {
        List<TestAnswer> answers = [await AskAsync(new TestRequest(TestRequestKind.Measure, first, step, []))];
        while (answers[^1].Outcome is TestOutcome.Survived or TestOutcome.Killed)
        {
            answers.Add(await ReadAsync());
        }

        return answers;
    }

    public void Dispose() => Stop();

    private async Task<TestAnswer> AskAsync(TestRequest request)
    {
        _process ??= Start();
        await _process.StandardInput.WriteLineAsync(request.ToString());
        await _process.StandardInput.FlushAsync();
        return await ReadAsync();
    }

    private async Task<TestAnswer> ReadAsync()
    {
        var answer = await _process!.StandardOutput.ReadLineAsync() is { } line
            ? TestAnswer.Parse(line)
            : new TestAnswer(TestOutcome.Crashed, string.Empty, "the process that ran the tests broke down");
        if (answer.Outcome is TestOutcome.Hung or TestOutcome.Crashed)
        {
            Stop();
        }

        return answer;
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = testsFolder,
            Environment = { ["ENGINE_MUTATION"] = "1", ["DOTNET_TieredPGO"] = "0", ["DOTNET_GCHeapHardLimit"] = HeapLimit },
        };
        foreach (var argument in (string[])[.. OwnAssembly(), Program.WorkerCommand, testsFolder, engine])
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { }; // Read, so that nobody waits for room in the pipe.
        process.BeginErrorReadLine();
        _isUsed = false;
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
