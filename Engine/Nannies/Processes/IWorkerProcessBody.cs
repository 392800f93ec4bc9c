using Engine.Workers;

namespace Engine.Nannies.Processes;

/// <summary>What a worker process runs: the worker. Tests have others.</summary>
internal interface IWorkerProcessBody
{
    /// <summary>Starts the worker; ends when the scheduler has let it in.</summary>
    /// <param name="launch">What its nanny says.</param>
    /// <param name="nanny">Its nanny, who hears more.</param>
    Task<IProcessedWorker> StartAsync(LaunchDocument launch, INannyLine nanny);
}

/// <summary>What the worker of a worker process tells its nanny.</summary>
internal interface INannyLine
{
    /// <summary>Says, before anybody else is told, that the worker ends and why; ends when the nanny has heard it.</summary>
    Task TellClosingAsync(CloseReason reason, string detail);

    /// <summary>Says that the worker has come back as a new incarnation, after its connection broke.</summary>
    void TellReturned(WorkerId worker);
}

/// <summary>The worker of a worker process.</summary>
internal interface IProcessedWorker
{
    WorkerId Id { get; }

    /// <summary>Where it listens.</summary>
    string Address { get; }

    /// <summary>Ends when it has closed and its last words have left.</summary>
    Task<(WorkerEnd End, Status Status)> Ended { get; }

    /// <summary>Asks it to end. Must not throw.</summary>
    void Stop(CloseReason reason, string detail);
}
