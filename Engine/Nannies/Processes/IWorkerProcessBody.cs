using Engine.Workers;

namespace Engine.Nannies.Processes;

/// <summary>What a worker process runs: the worker. Tests have others.</summary>
internal interface IWorkerProcessBody
{
    /// <summary>Starts the worker; ends when the scheduler has let it in.</summary>
    /// <param name="launch">What its nanny says.</param>
    /// <param name="tellNanny">Tells the nanny, before anybody else, that the worker ends and why.</param>
    Task<IProcessedWorker> StartAsync(LaunchDocument launch, Func<CloseReason, string, Task> tellNanny);
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
