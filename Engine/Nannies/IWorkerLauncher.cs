namespace Engine.Nannies;

/// <summary>Starts workers for a nanny: as components of the process, or as processes.</summary>
internal interface IWorkerLauncher
{
    /// <summary>Starts a worker; ends when the scheduler has let it in.</summary>
    /// <param name="launch">What the worker has to know.</param>
    /// <param name="cancellationToken">Gives the start up; what was started is ended.</param>
    Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken);
}

/// <summary>What a worker has to know that a nanny starts.</summary>
/// <param name="Nanny">The nanny.</param>
/// <param name="TellNanny">Told, before anybody else, that the worker ends and why.</param>
/// <param name="Leaves">How long it will stay at most, or null.</param>
/// <param name="Environment">Variables of its environment.</param>
internal sealed record WorkerLaunch(
    NannyId Nanny, Func<CloseReason, string, Task> TellNanny, TimeSpan? Leaves, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Told that the worker has come back as a new incarnation, after its connection broke.</summary>
    public Action<WorkerId>? TellReturned { get; init; }
}

/// <summary>A worker that was started.</summary>
internal interface ILaunchedWorker
{
    /// <summary>Its incarnation; another one each time that it has come back.</summary>
    WorkerId Id { get; }

    /// <summary>Ends when it is gone for certain.</summary>
    Task<(CloseReason Reason, string Detail)> Exited { get; }

    /// <summary>Bytes that it has in memory.</summary>
    long MemoryBytes { get; }

    /// <summary>Asks it to end.</summary>
    void Stop(CloseReason reason, string detail);

    /// <summary>Ends it without asking. A worker within the process can't be killed: its functions are cancelled and left to themselves.</summary>
    void Kill(CloseReason reason, string detail);
}
