using Engine.Plugins.Transports;

namespace Engine.Nannies.Machine;

/// <summary>Carries out what a nanny has decided: the shell, the simulator or a recording test.</summary>
internal interface INannySink
{
    /// <summary>Starts a worker. Comes back as one "started" or "start failed", and if started later as one "exited", with the same number.</summary>
    void StartWorker(long number);

    /// <summary>Asks the worker to end, for a reason.</summary>
    void StopWorker(long number, CloseReason reason, string detail);

    /// <summary>Ends the worker without asking.</summary>
    void KillWorker(long number, CloseReason reason, string detail);

    void SendToScheduler(Message message);

    /// <summary>Connects to the scheduler and registers. Comes back as one "registered", "refused" or "connection lost".</summary>
    void Connect();

    /// <summary>Has the worker retired, with a successor or without. Comes back as one "retirement ended".</summary>
    void RetireWorker(WorkerId worker, bool restart);

    /// <summary>The nanny has ended. Nothing follows.</summary>
    void End(Status status, CloseReason reason, string detail, Exception? error);
}
