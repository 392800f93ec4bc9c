using Engine.Nannies.Processes;

namespace Engine.Host;

/// <summary>Keeps workers until they have ended, or the host asks: then they are retired, and closed when their time is over or the host hurries.</summary>
internal static class WorkerRun
{
    /// <param name="workers">The workers.</param>
    /// <param name="shutdown">What the host asks for.</param>
    /// <param name="limit">How long retiring may take.</param>
    public static async Task<WorkerExitCode> KeepAsync(IReadOnlyList<LocalWorker> workers, Shutdown shutdown, TimeSpan limit)
    {
        var ended = Task.WhenAll(workers.Select(static worker => worker.WhenEndedAsync()));
        await Task.WhenAny(ended, shutdown.WhenAsked());
        if (!ended.IsCompleted)
        {
            await Task.WhenAll(workers.Where(static worker => !worker.WhenEndedAsync().IsCompleted).Select(worker => LeaveAsync(worker, limit, shutdown.Hurried)));
        }

        return (await ended).Select(WorkerExitCodes.Of).Max();
    }

    private static async Task LeaveAsync(LocalWorker worker, TimeSpan limit, CancellationToken hurried)
    {
        using var late = new CancellationTokenSource(limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, hurried);
        try
        {
            var row = await worker.CloseGracefullyAsync(new RetirementOptions { Deadline = limit }, either.Token);
            Console.WriteLine(row);
        }
        catch (Exception exception) when (exception is EngineException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{worker.Name} was not retired: {exception.Message}");
        }

        await worker.CloseAsync(CloseReason.HostStopping, "its host stops");
    }
}
