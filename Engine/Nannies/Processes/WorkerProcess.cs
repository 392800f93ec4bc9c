namespace Engine.Nannies.Processes;

/// <summary>A process that runs one worker, and nothing else of its program. See docs/processes.md.</summary>
internal static class WorkerProcess
{
    /// <summary>The variable with the name of the pipe to the nanny; a process that has it is a worker.</summary>
    public const string PipeVariable = "ENGINE_WORKER_PIPE";

    /// <summary>The variable that has the runtime call a startup hook. The last of its hooks is the engine's.</summary>
    public const string HooksVariable = "DOTNET_STARTUP_HOOKS";

    /// <summary>Runs the worker to its end and ends the process, if this is a worker process; otherwise does nothing.</summary>
    /// <param name="createBody">Makes what is run.</param>
    public static void RunIfAsked(Func<IWorkerProcessBody> createBody)
    {
        if (Environment.GetEnvironmentVariable(PipeVariable) is not { Length: > 0 } pipe)
        {
            return;
        }

        // First of all: what functions start shall not become a worker too.
        Environment.SetEnvironmentVariable(PipeVariable, null);
        Environment.SetEnvironmentVariable(HooksVariable, WithoutLast(Environment.GetEnvironmentVariable(HooksVariable)));
        ProcessGroup.Lead();
        Environment.Exit((int)Run(createBody, pipe));
    }

    /// <summary>The hooks without the last one; null if there are no others.</summary>
    internal static string? WithoutLast(string? hooks) =>
        hooks?.LastIndexOf(Path.PathSeparator) is { } end and > 0 ? hooks[..end] : null;

    private static WorkerExitCode Run(Func<IWorkerProcessBody> createBody, string pipeName)
    {
        ParentPipe pipe;
        try
        {
            pipe = ParentPipe.Connect(pipeName);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"This process is to be a worker, but its nanny can't be reached: {exception.Message}");
            return WorkerExitCode.BadUsage;
        }

#pragma warning disable VSTHRD002 // The thread that would run Main has nothing else to do.
        return RunAsync(createBody, pipe).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    private static async Task<WorkerExitCode> RunAsync(Func<IWorkerProcessBody> createBody, ParentPipe pipe)
    {
        LaunchDocument launch;
        try
        {
            launch = await pipe.Launch;
        }
        catch (ProtocolViolationException exception)
        {
            pipe.Send(FailureOf(exception));
            return WorkerExitCode.BadUsage;
        }

        foreach (var name in launch.Unset)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        IProcessedWorker worker;
        try
        {
            worker = await createBody().StartAsync(launch, pipe);
        }
#pragma warning disable CA1031 // Whatever kept the worker from starting, the nanny is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = FailureOf(exception);
            pipe.Send(failure);
            return WorkerExitCodes.Of(failure.Reason);
        }

        pipe.OnStop(worker.Stop);
        pipe.Send(new ReadyMessage(worker.Id, worker.Address, Environment.ProcessId));
        var (end, status) = await worker.Ended;
        pipe.Send(new EndedMessage(end.Reason, end.Detail, status));
        return WorkerExitCodes.Of(end.Reason);
    }

    private static FailedMessage FailureOf(Exception exception) => new(
        exception is WorkerRefusedException ? CloseReason.Refused : CloseReason.StartFailed,
        exception.GetType().FullName!, exception.Message, exception.StackTrace);
}
