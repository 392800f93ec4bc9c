using System.Diagnostics;

namespace Engine.Nannies.Processes;

/// <summary>Starts workers as processes that run this program's assemblies, but not its <c>Main</c>. See docs/processes.md.</summary>
internal sealed class ProcessWorkerLauncher(ProcessPlace place, WorkerOptions options) : IWorkerLauncher
{
    public async Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken) =>
        await StartProcessAsync(launch, cancellationToken);

    /// <summary>Starts a process; ends when its worker is let in. If it isn't, the process has ended for certain before that is thrown.</summary>
    /// <exception cref="WorkerRefusedException">The scheduler did not let it in.</exception>
    /// <exception cref="StartFailedException">It did not come up; with what the process said, and how it ended.</exception>
    internal async Task<ChildProcess> StartProcessAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (start, unset) = Describe(place.Command ?? WorkerCommand.Derive(ProgramFacts.OfThisProcess()), launch.Environment);
        var child = ChildProcess.Start(start, WorkerLaunchCodec.Encode(options, place, launch, unset), launch, place.Time);
        using var limit = new CancellationTokenSource(place.StartLimit, place.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await child.Ready.WaitAsync(either.Token);
            return child;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            child.Kill(CloseReason.StartFailed, cancellationToken.IsCancellationRequested
                ? "its start was given up"
                : $"it was not ready within {place.StartLimit}, so it was killed");
            await child.Exited;
            cancellationToken.ThrowIfCancellationRequested();
            await child.Ready;
            throw new StartFailedException($"Worker {options.Name} did not start: it was ready when its time was over.");
        }
    }

    /// <summary>The process to start, and the variables that its worker has to forget.</summary>
    private (ProcessStartInfo Start, IReadOnlyList<string> Unset) Describe(WorkerCommand command, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(command.FileName, command.Arguments) { RedirectStandardInput = true, UseShellExecute = false };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var unset = WorkerCommand.MissingIn(start.Environment.ContainsKey);
        foreach (var name in unset)
        {
            start.Environment[name] = WorkerCommand.Tuning[name];
        }

        // The last one, which doesn't return: others have to have run.
        start.Environment[WorkerProcess.HooksVariable] =
            start.Environment.TryGetValue(WorkerProcess.HooksVariable, out var others) && others is { Length: > 0 }
                ? $"{others}{Path.PathSeparator}{place.HookAssembly}"
                : place.HookAssembly;
        return (start, unset);
    }
}
